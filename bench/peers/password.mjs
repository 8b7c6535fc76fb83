// The same for all: what a password hash costs, Latchkey's `Cost::FLOOR`, 19456 KiB and 2 passes in one lane; and a
// password that each takes. The peers on Node.js hash by the faster of its two common libraries.

import { Algorithm, hash, verify } from '@node-rs/argon2'

export const PASSWORD = '123QW@qwe!'
export const hashed = (password) =>
  hash(password, { algorithm: Algorithm.Argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 })
export { verify }
