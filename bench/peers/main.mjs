// What `run` calls once everything is built: `node main.mjs FOLDER-OF-LATCHKEY'S-PROGRAMS [--quick]`.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { verifications } from './libraries.mjs'
import { OPERATIONS, Subject } from './measure.mjs'
import { peakMemory } from './process.mjs'
import { cpuTable, goals, hashLine, latencyTable, machine, processTable } from './report.mjs'
import { subjects } from './subjects.mjs'

const USUAL = { rounds: 7, starts: 15, requests: { hashes: 80, others: 1000 } }
const QUICK = { rounds: 3, starts: 3, requests: { hashes: 16, others: 200 } }

const scratch = mkdtempSync(join(tmpdir(), 'peers-'))
process.on('exit', () => rmSync(scratch, { recursive: true }))

async function main() {
  const [release, quick] = process.argv.slice(2)
  const { rounds, starts, requests } = quick ? QUICK : USUAL
  const { latchkey, peers } = subjects(release, scratch)
  const all = [...latchkey, ...peers]
  console.log(`${machine()}.\n`)

  const startUps = all.map(() => [])
  for (let start = 0; start < starts; start++) {
    for (const [index, subject] of all.entries()) {
      const server = await subject.start()
      startUps[index].push(server.startUp)
      await server.stop()
    }
  }
  const running = []
  for (const subject of all) running.push(new Subject(subject, await subject.start()))
  for (let round = 0; round <= rounds; round++) {
    for (const operation of OPERATIONS) {
      for (const subject of running) await subject.round(operation, requests, round > 0)
    }
  }

  const measured = { latchkey: running.slice(0, latchkey.length), peers: running.slice(latchkey.length) }
  console.log(`${cpuTable(running)}\n\n${hashLine(await verifications())}\n`)
  console.log(`${goals(measured.latchkey, measured.peers)}\n`)
  console.log(`${latencyTable(running)}\n`)
  const peaks = running.map(({ server }) => peakMemory(server.pid))
  console.log(`${processTable(running, startUps, peaks)}\n`)
  const { hashes, others } = requests
  console.log(
    `Medians of ${rounds} rounds in turn, after one that is not kept, of ${2 * hashes} requests where a password is hashed\n` +
      `and ${2 * others} elsewhere, half of them one by one and half 8 at once; of ${starts} starts.`,
  )
  for (const { server } of running) await server.stop()
}

await main().catch((error) => {
  console.error(`error: ${error.message.trim().replaceAll('\n', ': ')}`)
  process.exitCode = 1
})
process.exit()
