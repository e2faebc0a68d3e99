// Groups of commits on one connection: open transactions have an end, a lock held elsewhere is waited out.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { openConnection } from '../../src/store/sqlite/connection.ts'
import { createGroups } from '../../src/store/sqlite/group.ts'
import type { FromWriter } from '../../src/store/sqlite/message.ts'
import { migrate } from '../../src/store/sqlite/migrate.ts'
import { createPacker } from '../../src/store/sqlite/pack.ts'
import { checkStore } from '../support/check-store.ts'
import { everything, toPut } from '../support/plans.ts'

const HOLD_MS = 40

function open(t: Test) {
  const file = join(t.testdir(), 'musubi.db')
  const connection = openConnection(file)
  migrate(connection)
  const answers = new Map<number, FromWriter>()
  const groups = createGroups(
    connection,
    new BigInt64Array(2),
    (some) => some.forEach((answer) => void answers.set(answer.id, answer)),
    HOLD_MS,
  )
  const pack = createPacker()
  const accept = (id: number, hold = false) =>
    groups.accept({ kind: 'commit', id, hold, commit: pack([toPut('Patient', `${id}`, 'v1')], []) })
  return { file, connection, answers, groups, accept }
}

t.test('a transaction that is held open too long is rolled back, and those behind it go on', async (t) => {
  const { file, connection, answers, groups, accept } = open(t)
  accept(1, true)
  accept(2)
  let released = false
  groups.onReleased(() => {
    released = true
  })
  t.equal(groups.run(), true)
  t.same(answers.get(1), { id: 1 })
  const question = { kind: 'read', select: everything('Patient'), id: '1' } as const
  groups.accept({ kind: 'ask', id: 3, held: 1, question })
  t.match(answers.get(3), { value: { id: '1', versionId: 'v1' } })
  t.equal(groups.run(), false, 'nothing runs beside it')
  await sleep(HOLD_MS * 3)
  t.equal(released, true)
  groups.accept({ kind: 'release', id: 4, held: 1, keep: true })
  t.match(answers.get(4), { failure: { code: 'unavailable' } })
  groups.accept({ kind: 'ask', id: 5, held: 1, question })
  t.match(answers.get(5), { failure: { code: 'unavailable' } })
  t.equal(groups.run(), true)
  t.match(answers.get(2), { value: { outcomes: [2] } })
  t.same(connection.all('SELECT ref FROM resource', []), [['Patient/2']])
  connection.close()
  t.same(checkStore(file), [])
})

t.test(
  'a lock that another process does not let go of is unavailable, and only as long as it is held',
  (t) => {
    const { file, connection, answers, groups, accept } = open(t)
    connection.exec('PRAGMA busy_timeout = 20')
    const other = openConnection(file)
    other.exec('BEGIN IMMEDIATE')
    for (const hold of [false, true]) {
      accept(1, hold)
      groups.run()
      t.match(answers.get(1), { failure: { code: 'unavailable' } })
    }
    other.exec('ROLLBACK')
    other.close()
    accept(2)
    groups.run()
    t.match(answers.get(2), { value: { outcomes: [2] } })
    connection.close()
    t.end()
  },
)

t.test('time does not fall where the clock does', (t) => {
  const { file, connection, answers, groups, accept } = open(t)
  const future = Date.now() + 3_600_000
  accept(1)
  groups.run()
  connection.run('UPDATE version SET at = ?', [future])
  accept(2)
  groups.run()
  t.match(answers.get(2), { value: { at: future } })
  connection.close()
  t.match(checkStore(file).join(), /time/, 'the check of a store sees the row that was tampered with')
  t.end()
})
