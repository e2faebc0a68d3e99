// A process that writes to the store in the folder given to it, many commits at once, and says which are acknowledged.
import { randomBytes } from 'node:crypto'
import { writeSync } from 'node:fs'
import type { Change } from '../../src/access/plan.ts'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import { audited, provided } from './journal.ts'
import { toDelete, toPut } from './plans.ts'

const AT_ONCE = 12
const IDS = 40
const [folder, label, limit] = process.argv.slice(2)

const store = await openSqliteStore(folder!)
writeSync(1, 'open\n')

let written = 0
await Promise.all(Array.from({ length: AT_ONCE }, (_, lane) => write(lane)))
await store.close()
writeSync(1, 'closed\n')

// Each lane writes to resources of its own: creates, updates, deletions, several in one commit now and then.
async function write(lane: number): Promise<void> {
  for (let turn = 0; written < Number(limit); turn++) {
    const size = turn % 5 === 0 ? 4 : 1
    const changes = Array.from({ length: size }, (_, i) => toChange(lane, turn * 4 + i))
    written += size
    const entry = provided({ requestId: changes.at(-1)!.data.versionId })
    const { versions } = await store.commit(changes, { journal: [audited(), entry] })
    if (turn % 3 === 0) await store.journal.append([audited()])
    writeSync(1, `provision ${entry.row.requestId}\n`)
    for (const version of versions)
      if (version) writeSync(1, `${version.type}/${version.id} ${version.versionId}\n`)
  }
}

function toChange(lane: number, turn: number): Change {
  const id = `${label}-${lane}-${(turn * 7) % IDS}`
  const versionId = randomBytes(8).toString('hex')
  if (turn % 6 === 5) return toDelete('Patient', id, versionId)
  const entries = Array.from({ length: 8 }, (_, i) => {
    const value = (turn * 31 + i * 17) % 100
    return { param: `p${i}`, lo: `value ${value}`, hi: `value ${value}` }
  })
  return toPut('Patient', id, versionId, entries)
}
