// What is measured: how each is started, and what it is asked for.

import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as latchkey from './latchkey.mjs'
import { operations as betterAuth } from './better-auth/operations.mjs'
import { operations as oidcProvider } from './oidc-provider/operations.mjs'
import { operations as torii } from './torii/operations.mjs'
import { freePort, start } from './process.mjs'

const here = import.meta.dirname
const onFreePort = (command, args, ready) => async () => {
  const port = await freePort()
  return start(command, args(port), port, ready)
}

/** `release` has Latchkey's programs; `scratch` gets tables, and a signing key, so that no start waits for one. */
export function subjects(release, scratch) {
  const [privateKey, publicKey] = [join(scratch, 'private.pem'), join(scratch, 'public.pem')]
  const pair = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  writeFileSync(privateKey, pair.privateKey)
  writeFileSync(publicKey, pair.publicKey)

  const ours = (name, engine, algorithm) => ({
    name,
    operations: latchkey.operations,
    start: () => engine(release, algorithm, scratch),
  })
  const node = (name, operations, args, ready) => ({
    name,
    operations,
    start: onFreePort('node', (port) => [join(here, name, 'server.mjs'), port, ...args], ready),
  })
  const rust = (name, ...args) => ({
    name,
    operations: torii,
    start: onFreePort(join(here, 'torii/target/release/torii-peer'), (port) => [port, ...args], '/auth/health'),
  })
  return {
    latchkey: [
      ours('Latchkey', latchkey.whole, 'RS256'),
      ours('Latchkey, ES256', latchkey.whole, 'ES256'),
      ours('Latchkey without its engine', latchkey.withoutEngine, 'RS256'),
      ours('Latchkey without its engine, ES256', latchkey.withoutEngine, 'ES256'),
    ],
    peers: [
      node('better-auth', betterAuth, [], '/api/auth/ok'),
      node('oidc-provider', oidcProvider, [privateKey], '/.well-known/openid-configuration'),
      rust('torii'),
      rust('torii, JWT', privateKey, publicKey),
    ],
  }
}
