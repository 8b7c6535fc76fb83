// What the checks in JavaScript share: the demo tenant's tokens, forgeries of them, and one line a check.

import { createHmac, generateKeyPairSync, randomUUID, sign } from 'node:crypto'

export const issuer = process.argv[2]
export const audience = 'https://api.example.test/v1/accounts/T00000001'
export const portalAudience = `${issuer}/T00000001/intermediaries`

/** One line for each check; the process fails when one does. */
export async function check(what, work) {
  try {
    await work()
    console.log(`ok      ${what}`)
  } catch (failure) {
    console.log(`FAILED  ${what}: ${failure}`)
    process.exitCode = 1
  }
}

/** That `work` is refused, by an error that `isIt` knows. */
export async function refused(work, isIt = () => true) {
  try {
    await work()
  } catch (error) {
    if (isIt(error)) return
    throw error
  }
  throw new Error('was accepted')
}

/** Signs a broker of the demo tenant in. */
export async function person() {
  const call = (path, headers, body) =>
    fetch(issuer + path, {
      method: 'POST',
      headers: { 'api-key': 'local-api-key', 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    }).then((answer) => answer.json())
  const record = await call('/intermediaries', {}, { variables: {} })
  const email = `interop-${record.id}@example.com`
  return call('/intermediaries/accounts', {}, { email, password: '123QW@qwe!', intermediaryId: record.id })
}

/** Signs a customer of the demo tenant in by a client that gets refresh tokens: the answer of its token endpoint. */
export async function customer(clientToken) {
  const call = (path, body) =>
    fetch(`${issuer}/v1/accounts/T00000001/customers/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${clientToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'customer', password: 'Correct-horse-7-battery', ...body }),
    }).then((answer) => answer.json())
  const email = `interop-${randomUUID()}@example.com`
  await call('users', { email })
  return call('login', { email, audience })
}

const encode = (part) => Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')
const decode = (part) => JSON.parse(Buffer.from(part, 'base64url').toString())

/** By name, tokens that nobody but an attacker would make of a good one. */
export function forgeries(token, jwk, pem) {
  const [header, claims, signature] = token.split('.')
  const with_ = (change) => encode({ ...decode(header), ...change })
  const hmac = (secret) => {
    const signed = `${with_({ alg: 'HS256' })}.${claims}`
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
  }
  const own = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const embedded = `${with_({ jwk: own.publicKey.export({ format: 'jwk' }) })}.${claims}`
  return {
    'tampered claims': `${header}.${encode({ ...decode(claims), sub: 'somebody-else' })}.${signature}`,
    'alg none': `${with_({ alg: 'none' })}.${claims}.`,
    'alg none with our signature': `${with_({ alg: 'none' })}.${claims}.${signature}`,
    'HS256 by our public key as PEM': hmac(pem),
    'HS256 by our public key as JWK': hmac(JSON.stringify(jwk)),
    'a key of their own in the header': `${embedded}.${sign('sha256', Buffer.from(embedded), own.privateKey).toString('base64url')}`,
  }
}
