// Latchkey: the intermediaries' surface, and introspection.

import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { send } from './http.mjs'
import { PASSWORD } from './password.mjs'
import { freePort, start } from './process.mjs'

const READY = '/.well-known/jwks.json'
const headers = { 'api-key': 'local-api-key' }

const session = ({ text }) => {
  const { accessToken, refreshToken } = JSON.parse(text)
  return { accessToken, refreshToken }
}

export const operations = {
  // Each account needs a record of its own, which the portal's back end makes.
  async prepare(url, email) {
    const record = await send('POST', `${url}/intermediaries`, { headers, body: { variables: {} } })
    return { email, intermediaryId: JSON.parse(record.text).id }
  },
  'sign-up': (url, person) =>
    send('POST', `${url}/intermediaries/accounts`, { headers, body: { ...person, password: PASSWORD } }),
  'sign-in': async (url, { email }) =>
    session(await send('POST', `${url}/intermediaries/sessions`, { headers, body: { email, password: PASSWORD } })),
  'session check': (url, { accessToken }) =>
    send('PUT', `${url}/intermediaries/sessions/token-status`, {
      headers: { ...headers, accountAccessToken: accessToken },
    }),
  introspection: async (url, { accessToken }) => {
    const body = `token=${accessToken}&client_id=local-verifier&client_secret=local-verifier-secret`
    const { text } = await send('POST', `${url}/oauth/introspect`, { body })
    if (!JSON.parse(text).active) throw new Error('Latchkey introspected a live token as dead')
  },
  refresh: async (url, { refreshToken }) => {
    const withToken = { ...headers, accountRefreshToken: refreshToken }
    return session(await send('POST', `${url}/intermediaries/sessions`, { headers: withToken }))
  },
}

/** With its own engine inside. */
export async function whole(folder, algorithm) {
  const [port, dynamodb, kms] = [await freePort(), await freePort(), await freePort()]
  const args = ['--memory', '--port', port, '--dynamodb-port', dynamodb, '--kms-port', kms]
  const server = await start(join(folder, 'local'), args, port, READY)
  await signBy(algorithm, folder, { dynamodb, kms }, server)
  return server
}

/** With the engine in a local server of its own; the folder that both have holds the key of the key ring. */
export async function withoutEngine(folder, algorithm, scratch) {
  const data = mkdtempSync(join(scratch, 'latchkey-'))
  const [port, dynamodb, kms] = [await freePort(), await freePort(), await freePort()]
  const local = join(folder, 'local')
  const engineArgs = ['--data', data, '--port', port, '--dynamodb-port', dynamodb, '--kms-port', kms]
  const engine = await start(local, engineArgs, port, READY)
  const own = await freePort()
  const args = ['--data', data, '--port', own, '--dynamodb-endpoint', `http://127.0.0.1:${dynamodb}`]
  const server = await start(local, args, own, READY)
  await signBy(algorithm, folder, { dynamodb, kms }, server)
  const stop = async () => {
    await server.stop()
    await engine.stop()
  }
  return { ...server, stop }
}

/** What the demo tenant's tokens are signed by from now on; a minute has to pass before the server believes it. */
async function signBy(algorithm, folder, { dynamodb, kms }, server) {
  const env = {
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_REGION: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${dynamodb}`,
    AWS_ENDPOINT_URL_KMS: `http://127.0.0.1:${kms}`,
    TABLE_NAME: 'latchkey',
    KEY_RING_KEY: 'alias/latchkey-local',
    ISSUER: 'https://accounts.example.test',
  }
  const args = ['tenant', 'set', 'T00000001', '--signing-algorithm', algorithm]
  execFileSync(join(folder, 'latchkey'), args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  await send('POST', `${server.url}/local/clock`, { body: { advance_seconds: 61 } })
}
