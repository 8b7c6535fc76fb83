// What one verification takes by itself, in each of Node.js's two common libraries.

import argon2 from 'argon2'
import { median } from './measure.mjs'
import { hashed, PASSWORD, verify } from './password.mjs'

const ROUNDS = 30

/** Milliseconds of CPU time, by library; in turn. */
export async function verifications() {
  const stored = await hashed(PASSWORD)
  const times = { '@node-rs/argon2': [], argon2: [] }
  for (let round = 0; round < ROUNDS; round++) {
    for (const [library, verifyBy] of Object.entries({ '@node-rs/argon2': verify, argon2: argon2.verify })) {
      const before = process.cpuUsage()
      await verifyBy(stored, PASSWORD)
      const { user, system } = process.cpuUsage(before)
      times[library].push((user + system) / 1000)
    }
  }
  return Object.fromEntries(Object.entries(times).map(([library, rounds]) => [library, median(rounds)]))
}
