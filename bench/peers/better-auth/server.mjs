// better-auth on SQLite in memory, hashing as Latchkey does: `node server.mjs PORT`.

import { createServer } from 'node:http'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import { jwt } from 'better-auth/plugins'
import Database from 'better-sqlite3'
import { hashed, verify } from '../password.mjs'

const port = Number(process.argv[2])
const auth = betterAuth({
  baseURL: `http://127.0.0.1:${port}`,
  secret: 'a secret of thirty-two characters',
  database: new Database(':memory:'),
  emailAndPassword: {
    enabled: true,
    password: {
      hash: hashed,
      verify: ({ hash, password }) => verify(hash, password),
    },
  },
  // A limit by address would stop the only caller there is.
  rateLimit: { enabled: false },
  // The header would sign a token whenever a session is looked at.
  plugins: [jwt({ jwks: { keyPairConfig: { alg: 'RS256', modulusLength: 2048 } }, disableSettingJwtHeader: true })],
})
await (await getMigrations(auth.options)).runMigrations()
createServer(toNodeHandler(auth)).listen(port, '127.0.0.1')
