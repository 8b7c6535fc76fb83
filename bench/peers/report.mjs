// What was measured, as Markdown, and which goals it meets.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { CALLERS, median, OPERATIONS, quantile } from './measure.mjs'

/** Of what the best RS256 peer takes, so much by ES256. */
const QUARTER = 0.25

const table = (head, rows) => [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
const digits = (number) => (number < 1000 ? number.toPrecision(3) : number.toFixed(0))
const shown = (milliseconds) => (milliseconds === undefined ? '' : `${digits(milliseconds)} ms`)
const verdict = (isMet) => (isMet ? 'met' : '**not met**')
const cpu = (subject, operation) => subject.cpu[operation] && median(subject.cpu[operation])

export function machine() {
  const { dependencies } = JSON.parse(readFileSync(join(import.meta.dirname, 'package.json'), 'utf8'))
  const lock = readFileSync(join(import.meta.dirname, 'torii/Cargo.lock'), 'utf8')
  const locked = (name) => [name, lock.match(new RegExp(`name = "${name}"\nversion = "(.*)"`))[1]]
  const versions = [...Object.entries(dependencies), locked('torii'), locked('torii-axum')]
  const rustc = execFileSync('rustc', ['--version'], { encoding: 'utf8' }).split(' ').slice(0, 2).join(' ')
  return [
    `On ${availableParallelism()} cores of ${cpus()[0].model}, load ${loadavg()[0].toFixed(2)}`,
    rustc,
    `Node.js ${process.version}`,
    ...versions.map((version) => version.join(' ')),
  ].join(', ')
}

export function cpuTable(subjects) {
  const rows = OPERATIONS.map((operation) => [operation, ...subjects.map((subject) => shown(cpu(subject, operation)))])
  return table(['CPU time per request', ...subjects.map(({ name }) => name)], rows)
}

/** Whether Latchkey takes less than each peer at RS256, and by ES256 a quarter of the best. */
export function goals([whole, wholeEs256, without, withoutEs256], peers) {
  const rows = []
  const judge = (operation, [subject, without], beside, base, most) => {
    const [ours, bare] = [cpu(subject, operation), cpu(without, operation)]
    const ratio = (time) => (time / base).toFixed(2)
    const isMet = most === 1 ? ours < base : ours <= base * most
    const goal = most === 1 ? 'below 1' : `at most ${most}`
    rows.push([operation, subject.name, beside, ratio(ours), ratio(bare), `${goal}: ${verdict(isMet)}`])
  }
  for (const operation of OPERATIONS) {
    const sharing = peers.filter((peer) => cpu(peer, operation) !== undefined)
    for (const peer of sharing) judge(operation, [whole, without], peer.name, cpu(peer, operation), 1)
  }
  // Where a token is signed or verified, the algorithm tells.
  for (const operation of ['sign-in', 'session check', 'introspection', 'refresh']) {
    const base = Math.min(...peers.map((peer) => cpu(peer, operation) ?? Infinity))
    judge(operation, [wholeEs256, withoutEs256], 'the best peer', base, QUARTER)
  }
  return table(['operation', '', 'beside', 'ratio', 'without its engine', 'goal'], rows)
}

export function hashLine(verifications) {
  const times = Object.entries(verifications).map(([library, time]) => `${shown(time)} by ${library}`)
  return `One verification alone, in Node.js: ${times.join(', ')}.`
}

export function latencyTable(subjects) {
  const rows = OPERATIONS.flatMap((operation) =>
    subjects
      .filter((subject) => subject.latencies[operation])
      .map((subject) => {
        const times = CALLERS.flatMap((callers) => {
          const rounds = subject.latencies[operation][callers]
          return [0.5, 0.95].map((share) => shown(median(rounds.map((latencies) => quantile(latencies, share)))))
        })
        return [operation, subject.name, ...times]
      }),
  )
  const quantiles = CALLERS.flatMap((callers) => [`p50, ${callers} at once`, `p95, ${callers} at once`])
  return table(['latency', '', ...quantiles], rows)
}

export function processTable(subjects, startUps, peaks) {
  const rows = subjects.map(({ name }, index) => [name, shown(median(startUps[index])), `${peaks[index].toFixed(0)} MiB`])
  return table(['', 'start to the first answer', 'peak memory'], rows)
}
