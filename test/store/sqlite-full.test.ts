// A full disk, by the database's own limit of pages: 507, nothing half written, and work again when there is room.
import { join } from 'node:path'
import t from 'tap'
import type { Change } from '../../src/access/plan.ts'
import { openConnection } from '../../src/store/sqlite/connection.ts'
import { createGroups } from '../../src/store/sqlite/group.ts'
import type { FromWriter } from '../../src/store/sqlite/message.ts'
import { migrate } from '../../src/store/sqlite/migrate.ts'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import { createPacker } from '../../src/store/sqlite/pack.ts'
import { checkStore } from '../support/check-store.ts'
import { everything, toPlan, toPut } from '../support/plans.ts'

const MAX_PAGES = 300
const LONG = 'x'.repeat(3000)

function put(id: string): Change {
  return toPut('Patient', id, 'v1', [{ param: 'p', lo: `${id}${LONG}`, hi: `${id}${LONG}` }])
}

t.test('a full store answers storage-full, keeps serving, and writes again when there is room', async (t) => {
  const folder = t.testdir()
  const store = await openSqliteStore(folder, { maxPages: MAX_PAGES })
  const read = (id: string) => store.read(toPlan({ kind: 'read', select: everything('Patient'), id }))
  await store.records.put({ collection: 'ballast', key: '1', value: LONG.repeat(100) })
  let written = 0
  const full = await t.rejects(
    (async () => {
      for (;;) {
        await store.commit([put(`n${written}`)])
        written++
      }
    })(),
    { name: 'FhirError', code: 'storage-full', status: 507 },
  )
  t.ok(full && written > 0)
  t.ok(await read(`n${written - 1}`))
  t.equal(await read(`n${written}`), undefined)
  await t.rejects(store.commit([put('again')]), { code: 'storage-full' })
  await store.records.delete('ballast', '1')
  await store.commit([put('again')])
  t.ok(await read('again'))
  await store.close()
  t.same(checkStore(join(folder, 'musubi.db')), [])
})

t.test('where a large commit does not fit, the small ones that wait with it do', async (t) => {
  const folder = t.testdir()
  const store = await openSqliteStore(folder, { maxPages: MAX_PAGES })
  const large = Array.from({ length: 200 }, (_, i) => put(`large${i}`))
  const results = await Promise.allSettled([
    store.commit([toPut('Patient', 'a', 'v1')]),
    store.commit(large),
    store.commit([toPut('Patient', 'b', 'v1')]),
  ])
  t.same(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  t.match(results[1], { reason: { code: 'storage-full' } })
  await store.close()
  t.same(checkStore(join(folder, 'musubi.db')), [])
})

t.test('a disk that is enlarged is used without opening the store anew', (t) => {
  const file = join(t.testdir(), 'musubi.db')
  const connection = openConnection(file)
  migrate(connection)
  const answers: FromWriter[] = []
  const groups = createGroups(connection, new BigInt64Array(2), (some) => answers.push(...some))
  const pack = createPacker()
  const commit = (id: number) => {
    groups.accept({ kind: 'commit', id, commit: pack([put(`n${id}`)], []), hold: false })
    groups.run()
    return answers.at(-1)!
  }
  t.match(commit(0), { id: 0, value: { outcomes: [2] } })
  connection.get('PRAGMA max_page_count = 1', [])
  const refused = Array.from({ length: 50 }, (_, i) => commit(i + 1)).find(({ failure }) => failure)
  t.match(refused, { failure: { code: 'storage-full' } })
  connection.get('PRAGMA max_page_count = 100000', [])
  t.match(commit(99), { id: 99, value: { outcomes: [2] } })
  connection.close()
  t.same(checkStore(file), [])
  t.end()
})
