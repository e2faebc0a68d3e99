// The embedded store keeps the contract of the journal, and notices what was done to its file.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import type { Verdict } from '../../src/store/store.ts'
import { audited, provided } from '../support/journal.ts'
import { journalContract } from './journal-contract.ts'

journalContract(t, (t) => openSqliteStore(t.testdir()))

const ROWS = 5

/** Runs `sql` on the file of a journal of five rows in each chain, as somebody with the file could. */
async function tamper(t: Test, sql: string): Promise<Verdict> {
  const folder = t.testdir()
  const first = await openSqliteStore(folder)
  for (let i = 0; i < ROWS; i++) await first.journal.append([audited(), provided()], { durable: true })
  await first.close()
  const database = new DatabaseSync(join(folder, 'musubi.db'))
  for (const chain of ['audit', 'provision'])
    database.exec(`DROP TRIGGER ${chain}_unchanged; DROP TRIGGER ${chain}_kept`)
  database.exec(sql)
  database.close()
  const store = await openSqliteStore(folder)
  t.teardown(() => store.close())
  const verdict = await store.journal.verify()
  // It goes on, and says the same afterwards.
  await store.journal.append([audited(), provided()], { durable: true })
  t.same((await store.journal.verify()).broken, verdict.broken)
  return verdict
}

const CASES: readonly [what: string, sql: string, chain: string, seq: number][] = [
  ['a changed row', `UPDATE audit SET row = json_set(row, '$.outcome', 4) WHERE seq = 3`, 'audit', 3],
  ['a changed hash', `UPDATE audit SET hash = zeroblob(32) WHERE seq = 2`, 'audit', 2],
  ['a changed time beside the row', `UPDATE audit SET at = at + 1 WHERE seq = 4`, 'audit', 4],
  ['a row that is not found by its id', `UPDATE audit SET mark = 1 WHERE seq = 4`, 'audit', 4],
  ['a removed row', `DELETE FROM audit WHERE seq = 3`, 'audit', 3],
  ['a removed first row', `DELETE FROM audit WHERE seq = 1`, 'audit', 1],
  ['a row taken out of the lists', `DELETE FROM audit_key WHERE key = 'pPatient/1' AND seq = 2`, 'audit', 2],
  [
    'a row put in',
    `UPDATE audit SET seq = seq + 100 WHERE seq > 2; UPDATE audit SET seq = seq - 99 WHERE seq > 100;
     INSERT INTO audit SELECT 3, at, mark, row, hash FROM audit WHERE seq = 2`,
    'audit',
    3,
  ],
  [
    'a row put behind the last',
    'INSERT INTO audit SELECT 6, at, mark, row, hash FROM audit WHERE seq = 5',
    'audit',
    6,
  ],
  [
    'rows in another order',
    `UPDATE audit SET seq = 9 WHERE seq = 1; UPDATE audit SET seq = 1 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 9`,
    'audit',
    1,
  ],
  [
    'a changed record',
    `UPDATE provision SET row = replace(row, 'Organization/2', 'Organization/3') WHERE seq = 5`,
    'provision',
    5,
  ],
]

for (const [what, sql, chain, seq] of CASES)
  t.test(`${what} is found at its place`, async (t) => {
    t.same((await tamper(t, sql)).broken, { chain, seq })
  })

t.test('a removed last row is found, and stays found when more come', async (t) => {
  t.same((await tamper(t, 'DELETE FROM provision WHERE seq = 5')).broken, { chain: 'provision', seq: 5 })
})

t.test('a chain made anew is whole in itself: its head tells', async (t) => {
  const folder = t.testdir()
  const store = await openSqliteStore(folder)
  t.teardown(() => store.close())
  await store.journal.append([audited()])
  const before = (await store.journal.verify()).heads
  await store.journal.append([audited()])
  const after = (await store.journal.verify()).heads
  t.not(after.audit, before.audit)
  t.equal(after.provision, before.provision)
})

t.test('rows are neither changed nor deleted by a statement', async (t) => {
  const folder = t.testdir()
  const store = await openSqliteStore(folder)
  await store.journal.append([audited(), provided()])
  await store.close()
  const database = new DatabaseSync(join(folder, 'musubi.db'))
  for (const table of ['audit', 'provision']) {
    t.throws(() => database.exec(`DELETE FROM ${table}`), /only ever added/)
    t.throws(() => database.exec(`UPDATE ${table} SET at = 0`), /only ever added/)
  }
  database.close()
})

t.test('several processes append to one chain', async (t) => {
  const folder = t.testdir()
  const stores = await Promise.all([openSqliteStore(folder), openSqliteStore(folder)])
  await Promise.all(
    Array.from({ length: 100 }, (_, i) => stores[i % 2]!.journal.append([audited()], { durable: true })),
  )
  t.match(await stores[0]!.journal.verify(), { rows: 100, broken: undefined })
  for (const store of stores) await store.close()
})
