// Rounds of requests: each operation of each subject in turn, by one caller and by eight.

import { cpuSince, cpuTimes } from './process.mjs'

export const OPERATIONS = ['sign-up', 'sign-in', 'session check', 'introspection', 'refresh']
export const CALLERS = [1, 8]
const HASHES = new Set(['sign-up', 'sign-in'])

let people = 0

/** One that runs, and what its rounds showed, in milliseconds. */
export class Subject {
  constructor({ name, operations }, server) {
    this.name = name
    this.operations = operations
    this.server = server
    this.people = []
    this.sessions = []
    /** CPU time per request by operation, of each round. */
    this.cpu = {}
    /** By operation and number of callers, all of each round. */
    this.latencies = {}
  }

  /** Nothing of a warm-up is kept. */
  async round(operation, { hashes, others }, isKept) {
    if (operation === 'sign-up') await this.prepare(hashes * CALLERS.length)
    if (!this.operations[operation]) return
    if (operation === 'sign-in') this.sessions = []
    const requests = HASHES.has(operation) ? hashes : others
    const { pid } = this.server
    let cpu = 0
    for (const [turn, callers] of CALLERS.entries()) {
      const before = cpuTimes(pid)
      const act = (caller, number) => this.act(operation, callers, caller, turn * requests + number)
      const latencies = await load(requests, callers, act)
      cpu += cpuSince(before, pid)
      if (isKept) ((this.latencies[operation] ??= {})[callers] ??= []).push(latencies)
    }
    if (isKept) (this.cpu[operation] ??= []).push(cpu / (requests * CALLERS.length))
  }

  /** People who are not there yet; what they need beforehand is none of the operation's. */
  async prepare(number) {
    this.people = []
    for (let made = 0; made < number; made++) {
      const email = `person${++people}@example.com`
      this.people.push(await this.operations.prepare(this.server.url, email))
    }
  }

  async act(operation, callers, caller, number) {
    const act = this.operations[operation]
    const { url } = this.server
    if (operation === 'sign-up') return act(url, this.people[number])
    if (operation === 'sign-in') return this.sessions.push(await act(url, this.people[number]))
    // No two callers share a session: one of them would refresh by a token that the other has used.
    const own = Math.floor(this.sessions.length / callers)
    const index = (number % own) * callers + caller
    const answer = await act(url, this.sessions[index])
    if (operation === 'refresh') this.sessions[index] = answer
  }
}

/** The latencies of `requests` acts, so many at once. */
async function load(requests, callers, act) {
  const latencies = []
  let next = 0
  const call = async (_, caller) => {
    while (next < requests) {
      const number = next++
      const began = performance.now()
      await act(caller, number)
      latencies.push(performance.now() - began)
    }
  }
  await Promise.all(Array.from({ length: callers }, call))
  return latencies
}

export function quantile(numbers, share) {
  const sorted = [...numbers].sort((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}

export const median = (numbers) => quantile(numbers, 0.5)
