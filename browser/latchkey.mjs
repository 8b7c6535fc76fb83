// The demo tenant as the walks need it: a third party that asks, people who can sign in, the clock and the outbox.

import { createHmac, randomUUID } from 'node:crypto'
import { audience, issuer } from '../interop/demo.mjs'

const PASSWORD = 'Correct-horse-7-battery'
const TENANT = `${issuer}/v1/accounts/T00000001`

async function call(url, { method = 'POST', token, headers, body } = {}) {
  const answer = await fetch(url, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body && JSON.stringify(body),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`)
  return text ? JSON.parse(text) : undefined
}

const basic = (client) => ({ authorization: `Basic ${btoa(`${client}:${client}-secret`)}` })

/** Moves the server's time, and says what it is then, in seconds. */
export const advance = (seconds) =>
  call(`${issuer}/local/clock`, { body: { advance_seconds: seconds } }).then((answer) => answer.now)

/** The code of the last message that was sent to this address or number. */
export async function sentCode(to) {
  const outbox = await call(`${issuer}/local/outbox`, { method: 'GET' })
  return outbox.findLast((message) => message.to === to && message.code).code
}

async function thirdParty() {
  const answer = await fetch(`${issuer}/auth/v2/token`, {
    method: 'POST',
    headers: basic('local-verifier'),
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  return (await answer.json()).access_token
}

/** Asks for data, as document 003 does: `{ session_id, session_token, url }`. */
export async function ask(scope, optional_scope = '') {
  const body = { scope, optional_scope, vendor_data: 'walk' }
  return call(`${issuer}/auth/v2/session`, { token: await thirdParty(), body })
}

/** What the third party reads of a request; once, as it may ask again in 5 seconds only. */
export async function decision({ session_id }) {
  return call(`${issuer}/auth/v2/session/${session_id}/decision/`, { method: 'GET', token: await thirdParty() })
}

export async function statusOf({ session_id }) {
  const answer = await call(`${issuer}/auth/v2/session/${session_id}/status`, { method: 'GET', token: await thirdParty() })
  return answer.status
}

const backEnd = () =>
  call(`${TENANT}/auth/token`, {
    headers: basic('local-backend'),
    body: { grant_type: 'client_credentials', audience },
  }).then((answer) => answer.access_token)

let numbers = 90000000 + Math.floor(Math.random() * 9000000)

/** A customer who can sign in, and of whom more may be known. */
export async function person(more = {}) {
  numbers += 1
  const one = {
    email: `kari.${randomUUID().slice(0, 8)}@example.com`,
    phone_number: `+47${numbers}`,
    first_name: 'Kari',
    last_name: 'Nordmann',
    password: PASSWORD,
    ...more,
  }
  await call(`${TENANT}/customers/users`, { token: await backEnd(), body: one })
  return one
}

/** A customer with an authenticator app, whose codes `totp` makes, and recovery codes. */
export async function personWithApp() {
  const one = await person()
  const signIn = { type: 'customer', email: one.email, password: PASSWORD, audience }
  const { access_token: token } = await call(`${TENANT}/customers/login`, { token: await backEnd(), body: signIn })
  one.secret = (await call(`${TENANT}/auth/mfa/totp`, { token })).secret
  const confirmed = await call(`${TENANT}/auth/mfa/totp/confirm`, { token, body: { code: await totp(one) } })
  // Each code works once.
  await advance(30)
  return { ...one, recoveryCodes: confirmed.recovery_codes }
}

/** Whether the tenant wants a second factor of everybody; the functions know of it a minute later. */
export async function wantSecondFactors(enabled) {
  const body = { users: { mfa: { enabled } } }
  await call(`${TENANT}/customers/settings`, { method: 'PUT', token: await backEnd(), body })
  await advance(61)
}

/** What somebody's authenticator app shows now (RFC 6238). */
export async function totp({ secret }) {
  const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
  const key = Buffer.from(bits.join('').match(/.{8}/g).map((byte) => parseInt(byte, 2)))
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor((await advance(0)) / 30)))
  const hash = createHmac('sha1', key).update(step).digest()
  const offset = hash[hash.length - 1] & 15
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}
