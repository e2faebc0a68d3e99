// What every store keeps that is not a resource: tokens, jobs, keys.
import type { Test } from 'tap'
import type { RecordRow, Store } from '../../src/store/store.ts'
import { toPut } from '../support/plans.ts'

const SOON_MS = 30

/** Runs the rules of `Records` against the store that `open` makes. */
export function recordsContract(t: Test, open: (t: Test) => Promise<Store>): void {
  const opened = async (t: Test) => {
    const store = await open(t)
    t.teardown(() => store.close())
    return store
  }
  const row = (key: string, parts: Partial<RecordRow> = {}): RecordRow => ({
    collection: 'token',
    key,
    value: { n: 1 },
    ...parts,
  })

  t.test('a record is read back as it was put, and put again replaces it', async (t) => {
    const { records } = await opened(t)
    const full = row('a', {
      value: { 名: ['結', 1.5, null] },
      owner: 'Patient/1',
      expiresAt: Date.now() + 60_000,
    })
    await records.put(full)
    t.same(await records.get('token', 'a'), full)
    await records.put(row('a'))
    t.same(await records.get('token', 'a'), row('a'))
    t.equal(await records.get('job', 'a'), undefined)
  })

  t.test('add refuses a key that is taken, also of two at once only one is let in', async (t) => {
    const { records } = await opened(t)
    const results = await Promise.allSettled([1, 2, 3].map((n) => records.add(row('a', { value: n }))))
    t.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const result of results)
      if (result.status === 'rejected') t.match(result.reason, { name: 'FhirError', code: 'conflict' })
  })

  t.test('take gives a record to one of those who ask at once', async (t) => {
    const { records } = await opened(t)
    await records.put(row('a'))
    const taken = await Promise.all(Array.from({ length: 20 }, () => records.take('token', 'a')))
    t.same(
      taken.filter((each) => each !== undefined),
      [row('a')],
    )
    t.equal(await records.get('token', 'a'), undefined)
  })

  t.test('an expired record behaves as absent', async (t) => {
    const { records } = await opened(t)
    const past = { expiresAt: Date.now() - 1 }
    await records.put(row('a', past))
    await records.put(row('soon', { expiresAt: Date.now() + SOON_MS }))
    t.equal(await records.get('token', 'a'), undefined)
    t.equal(await records.take('token', 'a'), undefined)
    await new Promise((resolve) => setTimeout(resolve, SOON_MS + 5))
    t.same(await records.list('token'), [])
    await records.add(row('a'))
    t.same(await records.get('token', 'a'), row('a'))
  })

  t.test('list gives those of a collection, or of one owner in it', async (t) => {
    const { records } = await opened(t)
    await records.put(row('b', { owner: 'x' }))
    await records.put(row('a', { owner: 'y' }))
    await records.put(row('c', { collection: 'job', owner: 'x' }))
    t.same(
      (await records.list('token')).map(({ key }) => key),
      ['a', 'b'],
    )
    t.same(
      (await records.list('token', 'x')).map(({ key }) => key),
      ['b'],
    )
    await records.delete('token', 'b')
    await records.delete('token', 'never there')
    t.same(await records.list('token', 'x'), [])
  })

  t.test('records ride in a commit: all of it or nothing', async (t) => {
    const store = await opened(t)
    await store.commit([toPut('Patient', '1', 'v1')], { records: [{ kind: 'add', row: row('a') }] })
    t.same(await store.records.get('token', 'a'), row('a'))
    const mismatched = store.commit([toPut('Patient', '1', 'v2', [], { version: null })], {
      records: [{ kind: 'put', row: row('b') }],
    })
    await t.rejects(mismatched, { code: 'version-mismatch' })
    t.equal(await store.records.get('token', 'b'), undefined)
    const taken = store.commit([toPut('Patient', '2', 'v1', [], { version: null })], {
      records: [{ kind: 'add', row: row('a') }],
    })
    await t.rejects(taken, { code: 'conflict' })
    const after = await store.commit([toPut('Patient', '2', 'v1', [], { version: null })])
    t.equal(after.versions[0]!.created, true)
  })

  t.test('expire gives an unexpired row another end, and leaves what it says', async (t) => {
    const store = await opened(t)
    const { records } = store
    const expire = (key: string, expiresAt: number) =>
      store.commit([], { records: [{ kind: 'expire', collection: 'token', key, expiresAt }] })
    const later = Date.now() + 60_000
    await records.put(row('a', { owner: 'x' }))
    await expire('a', later)
    t.same(await records.get('token', 'a'), row('a', { owner: 'x', expiresAt: later }))
    await expire('a', Date.now() - 1)
    t.equal(await records.get('token', 'a'), undefined)
    await expire('a', later)
    t.equal(await records.get('token', 'a'), undefined, 'what has expired stays so')
    await expire('never there', later)
    t.equal(await records.get('token', 'never there'), undefined)
  })

  t.test('the epoch stays with quiet changes', async (t) => {
    const store = await opened(t)
    await store.records.put(row('a'))
    const before = store.epoch()
    const quiet = true
    await store.commit([], { records: [{ kind: 'add', quiet, row: row('b') }] })
    await store.commit([], {
      records: [{ kind: 'expire', quiet, collection: 'token', key: 'b', expiresAt: Date.now() + 60_000 }],
    })
    await store.commit([], { records: [{ kind: 'delete', quiet, collection: 'token', key: 'b' }] })
    t.equal(store.epoch(), before)
    await store.commit([], { records: [{ kind: 'delete', collection: 'token', key: 'a' }] })
    t.not(store.epoch(), before)
  })

  t.test('the epoch grows with every change of a record, and not with a resource of our own', async (t) => {
    const store = await opened(t)
    const seen = [store.epoch()]
    await store.records.put(row('a'))
    seen.push(store.epoch())
    await store.records.take('token', 'a')
    seen.push(store.epoch())
    t.same(
      [...seen].sort((a, b) => a - b),
      [...new Set(seen)],
    )
    await store.commit([toPut('Patient', '1', 'v1')])
    t.equal(store.epoch(), seen.at(-1))
  })
}
