// Opening: the folder, its permissions, migrations, and copies made while it is in use.
import { existsSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openConnection } from '../../src/store/sqlite/connection.ts'
import { migrate } from '../../src/store/sqlite/migrate.ts'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import { MIGRATIONS } from '../../src/store/sqlite/schema.ts'
import type { Store } from '../../src/store/store.ts'
import { checkStore, listVersions } from '../support/check-store.ts'
import { everything, toPlan, toPut } from '../support/plans.ts'

async function countScanned(store: Store): Promise<number> {
  let count = 0
  for await (const _ of store.scan(toPlan({ kind: 'scan', select: [everything('Patient')] }))) count++
  return count
}

t.test('the folder is made, and only its owner can read what is in it', async (t) => {
  const folder = join(t.testdir(), 'deep', 'data')
  const store = await openSqliteStore(folder)
  await store.commit([toPut('Patient', '1', 'v1')])
  if (process.platform !== 'win32') {
    t.equal(statSync(folder).mode & 0o777, 0o700)
    for (const suffix of ['', '-wal', '-shm'])
      t.equal(statSync(join(folder, `musubi.db${suffix}`)).mode & 0o777, 0o600)
  }
  await store.close()
})

t.test('a store is found again as it was left', async (t) => {
  const folder = t.testdir()
  const first = await openSqliteStore(folder)
  await first.commit([toPut('Patient', '1', 'v1')])
  await first.close()
  const second = await openSqliteStore(folder)
  t.equal(await countScanned(second), 1)
  await second.commit([toPut('Patient', '1', 'v2', [], { version: 'v1' })])
  await second.close()
  t.same([...listVersions(join(folder, 'musubi.db'))], ['Patient/1 v1', 'Patient/1 v2'])
})

t.test('a new store opened by many at once is made once', async (t) => {
  const folder = t.testdir()
  const stores = await Promise.all(Array.from({ length: 4 }, () => openSqliteStore(folder)))
  await Promise.all(stores.map((store, i) => store.commit([toPut('Patient', `${i}`, 'v1')])))
  t.equal(await countScanned(stores[0]!), 4)
  await Promise.all(stores.map((store) => store.close()))
  t.same(checkStore(join(folder, 'musubi.db')), [])
})

t.test('an older schema is brought up to date, step by step and once', (t) => {
  const file = join(t.testdir(), 'musubi.db')
  const connection = openConnection(file)
  const steps = ['CREATE TABLE one (n INTEGER); INSERT INTO one VALUES (1)', 'UPDATE one SET n = n + 1']
  migrate(connection, steps.slice(0, 1))
  t.same(connection.all('SELECT n FROM one', []), [[1]])
  migrate(connection, steps)
  migrate(connection, steps)
  t.same(connection.all('SELECT n FROM one', []), [[2]])
  t.same(connection.get('PRAGMA user_version', []), [2])
  connection.close()
  t.end()
})

t.test('a migration that fails leaves the schema as it was', (t) => {
  const connection = openConnection(join(t.testdir(), 'musubi.db'))
  const steps = [
    'CREATE TABLE one (n INTEGER)',
    'CREATE TABLE two (n INTEGER); INSERT INTO nowhere VALUES (1)',
  ]
  t.throws(() => migrate(connection, steps), /nowhere/)
  t.same(connection.all("SELECT name FROM sqlite_schema WHERE type = 'table'", []), [])
  t.same(connection.get('PRAGMA user_version', []), [0])
  migrate(connection, steps.slice(0, 1))
  connection.close()
  t.end()
})

t.test('a store that a newer version has written is refused, and left alone', async (t) => {
  const folder = t.testdir()
  await (await openSqliteStore(folder)).close()
  const file = join(folder, 'musubi.db')
  const connection = openConnection(file)
  connection.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`)
  connection.close()
  await t.rejects(openSqliteStore(folder), /newer version/)
  t.same(checkStore(file), [])
})

t.test('a backup made while the store is written to is a whole store of one moment', async (t) => {
  const folder = t.testdir()
  const store = await openSqliteStore(join(folder, 'data'))
  const target = join(folder, 'backup.db')
  const before = Array.from({ length: 3000 }, (_, i) => toPut('Patient', `b${i}`, 'v1', entriesOf(i)))
  await store.commit(before)
  let copying = true
  let written = 0
  const writing = (async () => {
    while (copying) await store.commit([toPut('Patient', `w${written++}`, 'v1', entriesOf(written))])
  })()
  const progress: [number, number][] = []
  await store.backup(target, (done, total) => progress.push([done, total]))
  copying = false
  await writing
  t.ok(progress.length > 1)
  t.equal(progress.at(-1)![0], progress.at(-1)![1])
  for (const [done, total] of progress) t.ok(done <= total)
  t.same(checkStore(target), [])
  const copied = listVersions(target)
  t.ok([...before].every((change) => copied.has(`Patient/${change.data.id} v1`)))
  if (process.platform !== 'win32') t.equal(statSync(target).mode & 0o777, 0o600)
  await store.close()
})

t.test('a backup has the code systems with it, and is a store again', async (t) => {
  const folder = t.testdir()
  const store = await openSqliteStore(join(folder, 'data'))
  const load = (url: string, code: string) =>
    store.codeSystems.load({ url, caseSensitive: true, content: 'complete', properties: [] }, [
      { code, designations: [], properties: [], parents: [], inactive: false, abstract: false },
    ])
  const target = join(folder, 'backup.db')
  await store.backup(join(folder, 'none.db'))
  t.equal(existsSync(join(folder, 'none.db.terminology')), false, 'no folder where there is none')
  await load('http://a', 'replaced')
  await load('http://a', 'kept')
  await load('http://b', 'kept')
  // Left behind by a process that was killed: no part of a backup.
  writeFileSync(join(folder, 'data/terminology/left.db'), '')
  await store.backup(target)
  await store.codeSystems.remove('http://b')
  await store.close()
  t.same(
    readdirSync(folder).sort(),
    ['backup.db', 'backup.db.terminology', 'data', 'none.db'],
    'and nothing else',
  )
  t.equal(readdirSync(`${target}.terminology`).length, 2)
  if (process.platform !== 'win32') t.equal(statSync(`${target}.terminology`).mode & 0o777, 0o700)
  const restored = join(folder, 'restored')
  mkdirSync(restored)
  renameSync(target, join(restored, 'musubi.db'))
  renameSync(`${target}.terminology`, join(restored, 'terminology'))
  const again = await openSqliteStore(restored)
  for (const url of ['http://a', 'http://b'])
    t.match(await (await again.codeSystems.find(url))?.concept('kept'), { code: 'kept' }, url)
  await again.close()
})

t.test('a backup that cannot be made leaves nothing behind', async (t) => {
  const folder = t.testdir()
  const store = await openSqliteStore(join(folder, 'data'))
  const target = join(folder, 'missing', 'backup.db')
  await t.rejects(store.backup(target), { code: 'ENOENT' })
  t.equal(existsSync(`${target}.partial`), false)
  await store.close()
})

t.test('long reads in other threads see what was committed before them', async (t) => {
  const store = await openSqliteStore(t.testdir(), { readers: 1 })
  for (let i = 0; i < 5; i++) {
    await store.commit([toPut('Patient', `${i}`, 'v1')])
    t.same(await Promise.all([countScanned(store), countScanned(store)]), [i + 1, i + 1])
  }
  await store.close()
  await t.rejects(countScanned(store))
})

function entriesOf(i: number) {
  return Array.from({ length: 6 }, (_, k) => {
    const text = `value ${(i * 7 + k) % 1000}`
    return { param: `p${k}`, lo: text, hi: text }
  })
}
