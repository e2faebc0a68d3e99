// Commits: all or nothing, expectations inside the transaction, neighbours unharmed. https://hl7.org/fhir/R4/http.html#concurrency
import { deepEqual } from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Change, Expectation } from '../../src/access/plan.ts'
import { SEAL, Change as Sealed } from '../../src/access/plan.ts'
import { equals, type IndexEntry } from '../../src/search/query.ts'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import type { Store, Version } from '../../src/store/store.ts'
import { checkStore } from '../support/check-store.ts'
import { everything, toDelete, toPlan, toPut, toQuery } from '../support/plans.ts'

async function open(t: Test): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), 'musubi-test-'))
  const store = await openSqliteStore(folder)
  t.teardown(async () => {
    await store.close()
    const broken = checkStore(join(folder, 'musubi.db'))
    rmSync(folder, { recursive: true })
    deepEqual(broken, [])
  })
  return store
}

const point = (param: string, value: string): IndexEntry => ({ param, lo: value, hi: value })
const named = (value: string) => ({ type: 'Patient', where: equals('name', value) })
const planFor = (value: string) => toPlan({ kind: 'search', query: toQuery([named(value)]) })
const read = (store: Pick<Store, 'read'>, id: string, versionId?: string) =>
  store.read(toPlan({ kind: 'read', select: everything('Patient'), id, versionId }))
const find = async (store: Pick<Store, 'search'>, value: string) =>
  (await store.search(planFor(value))).matches.map(({ id }) => id)

function lastUpdatedOf({ document }: Pick<Version, 'document'>): number {
  return Date.parse(JSON.parse(Buffer.from(document!).toString()).meta.lastUpdated)
}

t.test('the time of the commit is in the answer, in the document, and in what is stored', async (t) => {
  const store = await open(t)
  const before = Date.now()
  const { versions } = await store.commit([toPut('Patient', '1', 'v1')])
  const [version] = versions
  t.ok(version!.lastUpdated >= before)
  t.equal(lastUpdatedOf(version!), version!.lastUpdated)
  const stored = await read(store, '1')
  t.same(stored, {
    type: 'Patient',
    id: '1',
    versionId: 'v1',
    lastUpdated: version!.lastUpdated,
    method: 'PUT',
    document: stored!.document,
  })
  t.equal(lastUpdatedOf(stored!), version!.lastUpdated)
})

t.test('created is true where nothing stood, or a tombstone', async (t) => {
  const store = await open(t)
  const created = async (change: Change) => (await store.commit([change])).versions[0]?.created
  t.equal(await created(toPut('Patient', '1', 'v1')), true)
  t.equal(await created(toPut('Patient', '1', 'v2')), false)
  t.equal(await created(toDelete('Patient', '1', 'v3')), false)
  t.equal((await read(store, '1'))!.document, undefined)
  t.equal(await created(toDelete('Patient', '1', 'v4')), undefined, 'what is gone is not deleted again')
  t.equal(await created(toPut('Patient', '1', 'v5', [], { version: null })), true)
  t.equal((await read(store, '1', 'v1'))!.versionId, 'v1')
})

t.test('an update writes the difference of its entries; the past ones leave the search', async (t) => {
  const store = await open(t)
  await store.commit([
    toPut('Patient', '1', 'v1', [point('name', 'a'), point('name', 'b'), { param: 'n', lo: 5, hi: 6 }]),
  ])
  await store.commit([
    toPut('Patient', '1', 'v2', [point('name', 'b'), point('name', 'c'), point('name', 'c')]),
  ])
  t.same([await find(store, 'a'), await find(store, 'b'), await find(store, 'c')], [[], ['1'], ['1']])
  await store.commit([toDelete('Patient', '1', 'v3')])
  t.same(await find(store, 'b'), [])
})

t.test(
  'new entries for the version that stands make no version, and none for one that was replaced',
  async (t) => {
    const store = await open(t)
    await store.commit([toPut('Patient', '1', 'v1', [point('name', 'a')])])
    const reindex = (versionId: string, entries: readonly IndexEntry[]) =>
      store.commit([new Sealed(SEAL, { kind: 'index', type: 'Patient', id: '1', versionId, entries })])
    t.equal((await reindex('v0', [point('name', 'x')])).versions[0], undefined)
    t.match((await reindex('v1', [point('name', 'b')])).versions[0], { versionId: 'v1', created: false })
    t.same([await find(store, 'a'), await find(store, 'b'), await find(store, 'x')], [[], ['1'], []])
    const history = await store.history(
      toPlan({ kind: 'history', select: [everything('Patient')], count: 10, total: 'none' }),
    )
    t.equal(history.matches.length, 1)
  },
)

t.test('an expectation that fails names its rule and changes nothing', async (t) => {
  const store = await open(t)
  await store.commit([
    toPut('Patient', '1', 'v1', [point('name', 'a')]),
    toPut('Patient', '2', 'v1', [point('name', 'b')]),
  ])
  const cases: [Expectation, string][] = [
    [{ version: null }, 'version-mismatch'],
    [{ version: 'v0' }, 'version-mismatch'],
    [{ noMatch: planFor('b') }, 'conflict'],
    [{ oneMatch: { plan: planFor('b'), ref: 'Patient/1' } }, 'conflict'],
    [{ oneMatch: { plan: planFor('z'), ref: 'Patient/1' } }, 'conflict'],
  ]
  for (const [expect, code] of cases) {
    const both = [toPut('Patient', '9', 'v1'), toPut('Patient', '1', 'v2', [], expect)]
    await t.rejects(store.commit(both), { name: 'FhirError', code }, JSON.stringify(Object.keys(expect)))
    await t.rejects(store.commit(both.slice(1)), { name: 'FhirError', code })
  }
  t.equal(await read(store, '9'), undefined)
  t.equal((await read(store, '1'))!.versionId, 'v1')
  await store.commit([toPut('Patient', '3', 'v1', [point('name', 'a')])])
  const twice = toPut('Patient', '1', 'v2', [], { oneMatch: { plan: planFor('a'), ref: 'Patient/1' } })
  await t.rejects(store.commit([twice]), { code: 'multiple-matches' })
  const held = toPut('Patient', '2', 'v2', [], {
    version: 'v1',
    oneMatch: { plan: planFor('b'), ref: 'Patient/2' },
  })
  t.match(await store.commit([held]), { versions: [{ versionId: 'v2' }] })
})

t.test('the changes of a commit see those before them', async (t) => {
  const store = await open(t)
  await store.commit([toPut('Patient', '1', 'v1', [point('name', 'a')])])
  await store.commit([
    toDelete('Patient', '1', 'v2', { version: 'v1' }),
    toPut('Patient', '2', 'v1', [point('name', 'a')], { noMatch: planFor('a') }),
    toPut('Patient', '2', 'v2', [point('name', 'b')], { version: 'v1' }),
  ])
  t.same([await find(store, 'a'), await find(store, 'b')], [[], ['2']])
})

t.test('of 50 conditional creates at once one creates', async (t) => {
  const store = await open(t)
  const creates = Array.from({ length: 50 }, (_, i) =>
    store.commit([toPut('Patient', `c${i}`, 'v1', [point('name', 'same')], { noMatch: planFor('same') })]),
  )
  const results = await Promise.allSettled(creates)
  t.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
  for (const result of results) if (result.status === 'rejected') t.equal(result.reason.code, 'conflict')
  t.equal((await find(store, 'same')).length, 1)
})

t.test('commits that fail do not hurt those that share their transaction', async (t) => {
  const store = await open(t)
  await store.commit([toPut('Patient', 'taken', 'v1')])
  // A parameter and a type that only commits which fail have brought so far.
  const commits = Array.from({ length: 200 }, (_, i) => {
    const expect = i % 3 === 0 ? { version: null } : {}
    const first = toPut(`Type${i % 5}`, `n${i}`, 'v1', [point(`p${i % 7}`, 'x')])
    return store.commit([first, toPut('Patient', i % 3 === 0 ? 'taken' : `m${i}`, 'v1', [], expect)])
  })
  const results = await Promise.allSettled(commits)
  for (const [i, { status }] of results.entries()) {
    t.equal(status, i % 3 === 0 ? 'rejected' : 'fulfilled')
    const select = everything(`Type${i % 5}`)
    const stored = await store.read(toPlan({ kind: 'read', select, id: `n${i}` }))
    t.equal(stored !== undefined, i % 3 !== 0)
  }
})

t.test('before the commit its writes are seen from inside alone', async (t) => {
  const store = await open(t)
  await store.commit([toPut('Patient', '1', 'v1', [point('name', 'a')])], {
    beforeCommit: async (reader) => {
      t.equal((await read(reader, '1'))!.versionId, 'v1')
      t.same(await find(reader, 'a'), ['1'])
      const history = await reader.history(
        toPlan({ kind: 'history', select: [everything('Patient')], count: 10, total: 'accurate' }),
      )
      t.equal(history.total, 1)
      t.equal(await read(store, '1'), undefined)
    },
  })
  t.equal((await read(store, '1'))!.versionId, 'v1')
})

t.test('a throw before the commit rolls all of it back, and others go on', async (t) => {
  const store = await open(t)
  const thrown = new Error('no')
  const undone = store.commit([toPut('NewType', '1', 'v1', [point('newParam', 'a')])], {
    records: [{ kind: 'add', row: { collection: 'a', key: 'k', value: 1 } }],
    beforeCommit: async () => {
      throw thrown
    },
  })
  const others = Array.from({ length: 20 }, (_, i) =>
    store.commit([toPut('NewType', `o${i}`, 'v1', [point('newParam', 'b')])]),
  )
  await t.rejects(undone, thrown)
  await Promise.all(others)
  t.equal(await store.records.get('a', 'k'), undefined)
  const { matches } = await store.search(toPlan({ kind: 'search', query: toQuery([everything('NewType')]) }))
  t.equal(matches.length, 20)
})

t.test('what was accepted before closing is committed; what comes after is refused', async (t) => {
  const folder = t.testdir()
  const store = await openSqliteStore(folder)
  const accepted = Array.from({ length: 300 }, (_, i) => store.commit([toPut('Patient', `${i}`, 'v1')]))
  const held = store.commit([toPut('Patient', 'held', 'v1')], {
    beforeCommit: async (reader) => void (await read(reader, '1')),
  })
  const closing = store.close()
  await t.rejects(store.commit([toPut('Patient', 'late', 'v1')]), { code: 'unavailable' })
  await Promise.all([...accepted, held, closing])
  const again = await openSqliteStore(folder)
  t.equal(
    (await again.search(toPlan({ kind: 'search', query: toQuery([everything('Patient')]) }))).matches.length,
    301,
  )
  await again.close()
  t.same(checkStore(join(folder, 'musubi.db')), [])
})
