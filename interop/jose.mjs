// Tokens verified by `jose`, from discovery to the key set to the claims.

import { createPublicKey } from 'node:crypto'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { audience, check, customer, forgeries, issuer, person, portalAudience, refused } from './demo.mjs'

const metadata = await fetch(`${issuer}/.well-known/openid-configuration`).then((answer) => answer.json())
const keys = createRemoteJWKSet(new URL(metadata.jwks_uri))
const verify = (token, aud, change = {}) =>
  jwtVerify(token, keys, {
    issuer: metadata.issuer,
    audience: aud,
    typ: 'at+jwt',
    requiredClaims: ['sub', 'exp', 'iat', 'jti', 'client_id'],
    ...change,
  })

const clientToken = (id) => {
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: `${id}-secret` })
  return fetch(metadata.token_endpoint, { method: 'POST', body }).then((answer) => answer.json())
}
const client = await clientToken('local-backend')
const signedIn = await person()
const signedInCustomer = await customer((await clientToken('local-refresh')).access_token)

await check('jose: the issuer is the one that was asked', () => {
  if (metadata.issuer !== issuer) throw new Error(metadata.issuer)
})
for (const [kind, token, aud] of [
  ["a client's token", client.access_token, audience],
  ["a broker's token", signedIn.accessToken, portalAudience],
  ["a customer's token", signedInCustomer.access_token, audience],
]) {
  await check(`jose: ${kind} verifies`, () => verify(token, aud))
  const { kid } = decodeProtectedHeader(token)
  const set = await fetch(metadata.jwks_uri).then((answer) => answer.json())
  const jwk = set.keys.find((key) => key.kid === kid)
  const pem = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
  await check(`jose: ${kind} is refused for another audience`, () =>
    refused(() => verify(token, 'https://other.example.test'), (error) => error.claim === 'aud'))
  await check(`jose: ${kind} is refused from another issuer`, () =>
    refused(() => verify(token, aud, { issuer: `${issuer}/` }), (error) => error.claim === 'iss'))
  for (const [name, forged] of Object.entries(forgeries(token, jwk, pem))) {
    await check(`jose: ${kind} is refused: ${name}`, () => refused(() => verify(forged, aud), (error) => error.code?.startsWith('ERR_J')))
  }
}
