// oidc-provider with its own in-memory adapter, and a sign-in that holds a password against one Argon2id hash:
// `node server.mjs PORT RSA-KEY.pem`.

import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { Provider } from 'oidc-provider'
import MemoryAdapter from 'oidc-provider/lib/adapters/memory_adapter.js'
import { hashed, PASSWORD, verify } from '../password.mjs'

const [port, key] = process.argv.slice(2)
const hash = await hashed(PASSWORD)
const rows = new Map()
const jwk = createPrivateKey(readFileSync(key)).export({ format: 'jwk' })

const provider = new Provider(`http://127.0.0.1:${port}`, {
  // The adapter that it has by default, which would keep the last thousand rows only.
  adapter: (model) => new MemoryAdapter(model, rows),
  clients: [
    {
      client_id: 'portal',
      client_secret: 'portal-secret',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['http://127.0.0.1/signed-in'],
    },
  ],
  cookies: { keys: ['a key of cookies'] },
  features: { devInteractions: { enabled: false }, introspection: { enabled: true } },
  findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  interactions: { url: (_, { uid }) => `/sign-in/${uid}` },
  issueRefreshToken: () => true,
  jwks: { keys: [{ ...jwk, alg: 'RS256', use: 'sig' }] },
  // Nobody is asked for consent to a portal of one's own.
  async loadExistingGrant({ oidc }) {
    const grant = new oidc.provider.Grant({ accountId: oidc.session.accountId, clientId: oidc.client.clientId })
    grant.addOIDCScope('openid')
    await grant.save()
    return grant
  },
  pkce: { required: () => false },
  rotateRefreshToken: true,
})

const callback = provider.callback()
createServer(async (request, response) => {
  if (request.method !== 'POST' || !request.url.startsWith('/sign-in/')) return callback(request, response)
  const chunks = await request.toArray()
  const form = new URLSearchParams(Buffer.concat(chunks).toString())
  if (!(await verify(hash, form.get('password')))) return response.writeHead(401).end()
  await provider.interactionFinished(request, response, { login: { accountId: form.get('email') } })
}).listen(Number(port), '127.0.0.1')
