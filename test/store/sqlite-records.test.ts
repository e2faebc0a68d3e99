// The embedded store keeps the contract of records.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import { recordsContract } from './records-contract.ts'

recordsContract(t, (t) => openSqliteStore(t.testdir()))

t.test('expired rows are swept from the file', async (t) => {
  const folder = t.testdir()
  const first = await openSqliteStore(folder)
  await first.records.put({ collection: 'token', key: 'old', value: 1, expiresAt: Date.now() - 1 })
  await first.close()
  const second = await openSqliteStore(folder)
  await second.records.put({ collection: 'token', key: 'new', value: 1 })
  await second.close()
  const database = new DatabaseSync(join(folder, 'musubi.db'), { readOnly: true })
  t.same(
    database
      .prepare('SELECT key FROM record')
      .all()
      .map(({ key }) => key),
    ['new'],
  )
  database.close()
})

t.test('a change of a record by another process is noticed', async (t) => {
  const folder = t.testdir()
  const server = await openSqliteStore(folder)
  const command = await openSqliteStore(folder)
  for (let i = 0; i < 3; i++) {
    const before = server.epoch()
    await command.records.put({ collection: 'token', key: String(i), value: 1 })
    // A write of our own in between hides nothing.
    await server.commit([])
    t.ok(server.epoch() > before)
    t.same((await server.records.get('token', String(i)))?.value, 1)
  }
  await command.close()
  await server.close()
})
