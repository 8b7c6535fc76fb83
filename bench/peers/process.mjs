// A server as the operating system sees it: when it answers, what CPU time it took, what memory at most.

import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { readdirSync, readFileSync } from 'node:fs'
import { untilAnswered } from './http.mjs'

const running = new Set()
process.on('exit', () => running.forEach((child) => child.kill()))

export async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Starts a program that listens on `port`, and waits until it answers `ready` by 200. */
export async function start(command, args, port, ready) {
  const began = performance.now()
  const env = { ...process.env, NODE_ENV: 'production' }
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], env })
  running.add(child)
  let said = ''
  child.stderr.on('data', (chunk) => (said = (said + chunk).slice(-500)))
  child.on('error', (error) => (said = error.message))
  const ended = new Promise((resolve) => child.on('close', resolve).on('error', resolve))
  let isAlive = true
  ended.then(() => (isAlive = false))
  const url = `http://127.0.0.1:${port}`
  await untilAnswered(url + ready, () => isAlive).catch((error) => {
    throw new Error(`${error.message}: ${said.trim().split('\n').at(-1)}`)
  })
  const startUp = performance.now() - began
  const stop = async () => {
    child.kill()
    await ended
    running.delete(child)
  }
  return { url, pid: child.pid, startUp, stop }
}

/** Nanoseconds of CPU time by thread. */
export function cpuTimes(pid) {
  const threads = readdirSync(`/proc/${pid}/task`)
  const time = (thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0])
  return new Map(threads.map((thread) => [thread, time(thread)]))
}

/** Milliseconds of CPU time since `before`. What ended in between were threads that had nothing to do. */
export function cpuSince(before, pid) {
  const times = [...cpuTimes(pid)]
  return times.reduce((sum, [thread, time]) => sum + time - (before.get(thread) ?? 0), 0) / 1e6
}

/** The most memory that it had at once, in MiB. */
export function peakMemory(pid) {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024
}
