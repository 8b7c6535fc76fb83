// The token, introspection and revocation endpoints as `openid-client` finds and calls them.

import * as client from 'openid-client'
import { audience, check, customer, issuer, person, refused } from './demo.mjs'

const discover = (algorithm, id, secret, authentication) =>
  client.discovery(new URL(issuer), id, secret, authentication?.(secret), {
    algorithm,
    // The local server speaks http; a deployment does not.
    execute: [client.allowInsecureRequests],
  })
const same = (found, wanted) => {
  if (found !== wanted) throw new Error(`${found}, not ${wanted}`)
}
const oauthError = (name) => (error) => error.error === name
// Every 401 has a challenge, and where there is one the library looks no further.
const challenged = (error) => error.status === 401 && error.cause[0].scheme === 'basic'

for (const algorithm of ['oauth2', 'oidc']) {
  await check(`openid-client: discovery by ${algorithm}`, async () => {
    const found = await discover(algorithm, 'local-backend', 'local-backend-secret')
    same(found.serverMetadata().issuer, issuer)
  })
}
for (const [name, authentication] of [
  ['client_secret_basic', client.ClientSecretBasic],
  ['client_secret_post', client.ClientSecretPost],
]) {
  const backend = await discover('oauth2', 'local-backend', 'local-backend-secret', authentication)
  let token
  await check(`openid-client: client_credentials by ${name}`, async () => {
    token = await client.clientCredentialsGrant(backend, { scope: 'read:customers', resource: audience })
    same(token.token_type, 'bearer')
    same(token.scope, 'read:customers')
    same(token.refresh_token, undefined)
  })
  await check(`openid-client: introspection by ${name}`, async () => {
    const found = await client.tokenIntrospection(backend, token.access_token)
    same(found.active, true)
    same(found.iss, issuer)
    same(found.aud, audience)
    same(found.client_id, 'local-backend')
    same((await client.tokenIntrospection(backend, `${token.access_token}x`)).active, false)
  })
  await check(`openid-client: revocation by ${name}`, async () => {
    await client.tokenRevocation(backend, 'unknown')
    await client.tokenRevocation(backend, 'unknown', { token_type_hint: 'refresh_token' })
    await refused(() => client.tokenRevocation(backend, token.access_token), oauthError('unsupported_token_type'))
  })
  await check(`openid-client: a refusal by ${name} is understood`, async () => {
    await refused(() => client.clientCredentialsGrant(backend, { scope: 'nothing' }), oauthError('invalid_scope'))
    await refused(() => client.clientCredentialsGrant(backend, { resource: 'https://other.example.test' }), oauthError('invalid_target'))
    await refused(() => client.refreshTokenGrant(backend, 'unknown'), oauthError('invalid_grant'))
    await refused(() => client.genericGrantRequest(backend, 'password', {}), oauthError('unsupported_grant_type'))
    const stranger = await discover('oauth2', 'local-backend', 'wrong', authentication)
    await refused(() => client.clientCredentialsGrant(stranger), challenged)
  })
}
await check("openid-client: a person's token, until they sign out", async () => {
  const verifier = await discover('oidc', 'local-verifier', 'local-verifier-secret')
  const { accessToken } = await person()
  const found = await client.tokenIntrospection(verifier, accessToken)
  same(found.active, true)
  same(typeof found.sid, 'string')
  await client.tokenRevocation(verifier, accessToken)
  same((await client.tokenIntrospection(verifier, accessToken)).active, true)
  const headers = { 'api-key': 'local-api-key', accountAccessToken: accessToken }
  await fetch(`${issuer}/intermediaries/sessions`, { method: 'DELETE', headers })
  same((await client.tokenIntrospection(verifier, accessToken)).active, false)
})
await check("openid-client: a customer's tokens, refreshed and revoked", async () => {
  const backend = await discover('oauth2', 'local-refresh', 'local-refresh-secret')
  const active = async (token) => (await client.tokenIntrospection(backend, token)).active
  const first = await customer((await client.clientCredentialsGrant(backend)).access_token)
  same(await active(first.refresh_token), true)
  const next = await client.refreshTokenGrant(backend, first.refresh_token, { scope: first.scope })
  same(next.refresh_token === first.refresh_token, false)
  same(await active(next.access_token), true)
  await refused(() => client.refreshTokenGrant(backend, next.refresh_token, { scope: 'more' }), oauthError('invalid_scope'))
  await client.tokenRevocation(backend, next.refresh_token)
  for (const token of [first.access_token, first.refresh_token, next.access_token, next.refresh_token]) {
    same(await active(token), false)
  }
  await refused(() => client.refreshTokenGrant(backend, next.refresh_token), oauthError('invalid_grant'))
})
