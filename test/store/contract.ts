// What every store answers, compared with a model in memory on random worlds.
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import type { Test } from 'tap'
import type { Cursor, HistoryPlan } from '../../src/access/plan.ts'
import {
  ALL,
  type Expr,
  type Include,
  type IndexEntry,
  not,
  type Query,
  type Selection,
} from '../../src/search/query.ts'
import type { Store, Version } from '../../src/store/store.ts'
import { arbitraryEntries, arbitraryExpr, IDS, type Kind, sortKeys, TYPES } from '../support/arbitraries.ts'
import { createModel, holds, ids, type Model, type ModelVersion, search, write } from '../support/model.ts'
import { everything, toDelete, toPlan, toPut, toQuery } from '../support/plans.ts'

interface Step {
  readonly kind: Kind
  readonly id: number
  /** Undefined for a deletion. */
  readonly entries: readonly IndexEntry[] | undefined
}

// Each run has types of its own, so that one store serves all of them.
let worlds = 0
let world = ''
const name = (kind: Kind) => `${kind}${world}`
const entries = () => arbitraryEntries(name)

// Every run draws anew; the seed it began with is in the output, to be put here when a failure is looked into.
let seed = Math.floor(Math.random() * 2 ** 31)

function draw<T>(arbitrary: fc.Arbitrary<T>): T {
  return fc.sample(fc.noBias(arbitrary), { seed: seed++, numRuns: 1 })[0]!
}

function steps(limits: { minLength?: number; maxLength: number }): fc.Arbitrary<Step[]> {
  const written = fc.record({
    kind: fc.constantFrom(...TYPES),
    id: fc.integer({ min: 0, max: IDS - 1 }),
    entries: fc.option(entries(), { nil: undefined, freq: 5 }),
  })
  return fc.array(written, { ...limits, size: 'max' })
}

async function apply(store: Store, model: Model, taken: readonly Step[]): Promise<void> {
  for (const { kind, id, entries } of taken) {
    const version = write(model, name(kind), String(id), entries)
    if (!version) continue
    const { type, versionId } = version
    const change = entries
      ? toPut(type, version.id, versionId, entries)
      : toDelete(type, version.id, versionId)
    await store.commit([change])
  }
}

function read(store: Store, query: Query, after?: Cursor) {
  return store.search(toPlan({ kind: 'search', query, after }))
}

function toSelect(where: Expr, policy?: Expr): Selection[] {
  const folded: Expr = policy ? { kind: 'and', of: [where, policy] } : where
  return TYPES.map((kind) => ({ type: name(kind), where: folded, ...(policy && { policy }) }))
}

const expr = (deep: boolean) => arbitraryExpr(name, deep)

// Wide enough that a walk has many pages: everything, or all but what a condition says.
const wide = () => fc.oneof(fc.constant(ALL), fc.constant(ALL), expr(false), expr(false).map(not))

/** Runs the contract on the store that `open` gives; it is closed at the end. */
export function storeContract(t: Test, open: () => Promise<Store>): void {
  let store: Store
  t.before(async () => {
    t.comment(`seed ${seed}`)
    store = await open()
  })
  t.after(() => store.close())

  /** Runs `check` on `runs` random worlds. */
  async function inWorlds(runs: number, check: () => Promise<void>): Promise<void> {
    for (let run = 0; run < runs; run++) {
      world = `W${worlds++}`
      await check()
    }
  }

  t.test('a search gives exactly what the model gives, in its order, with its total', async (t) => {
    await inWorlds(15, async () => {
      const model = createModel()
      await apply(store, model, draw(steps({ minLength: 12, maxLength: 40 })))
      await fc.assert(
        fc.asyncProperty(
          expr(true),
          sortKeys,
          fc.integer({ min: 1, max: 12 }),
          async (where, sort, count) => {
            const select = toSelect(where)
            const expected = ids(search(model, select, sort))
            const page = await read(store, toQuery(select, { sort, count, total: 'accurate' }))
            const label = JSON.stringify({ where, sort, count })
            t.strictSame(ids(page.matches), expected.slice(0, count), label)
            t.equal(page.total, expected.length, label)
            t.equal(page.next !== undefined, expected.length > count, label)
            if (!t.passing()) throw new Error(label)
          },
        ),
        { numRuns: 60, seed: seed++ },
      )
    })
  })

  t.test('a walk under writes neither repeats nor loses a row and shows one moment', async (t) => {
    const drawn = fc.record({
      before: steps({ minLength: 10, maxLength: 30 }),
      between: fc.array(steps({ maxLength: 5 }), { minLength: 8, maxLength: 8 }),
      where: wide(),
      policy: fc.option(wide(), { nil: undefined }),
      sort: sortKeys,
      count: fc.integer({ min: 1, max: 4 }),
    })
    await inWorlds(60, async () => {
      const { before, between, where, policy, sort, count } = draw(drawn)
      const model = createModel()
      await apply(store, model, before)
      const select = toSelect(where, policy)
      const asOf = model.versions.length
      const rest = search(model, select, sort)
      const query = toQuery(select, { sort, count, total: 'accurate' })
      const total = rest.length
      let after: Cursor | undefined
      for (let n = 0; ; n++) {
        const visible = rest.filter((version) => isVisible(model, version, policy))
        const page = await read(store, query, after)
        const label = JSON.stringify({ where, policy, sort, count, n })
        t.strictSame(versionIds(page.matches), versionIds(visible.slice(0, count)), label)
        t.equal(page.total, total, label)
        t.equal(page.next !== undefined, visible.length > count, label)
        if (!page.next || !t.passing()) break
        rest.splice(0, rest.indexOf(visible[count - 1]!) + 1)
        after = JSON.parse(JSON.stringify(page.next)) as Cursor
        await apply(store, model, between[n] ?? [])
      }
      t.ok(asOf <= model.versions.length)
    })
  })

  t.test('history lists a version where it and the current one are visible, newest first', async (t) => {
    const drawn = fc.record({
      before: steps({ minLength: 10, maxLength: 40 }),
      between: fc.array(steps({ maxLength: 3 }), { minLength: 20, maxLength: 20 }),
      where: wide(),
      count: fc.integer({ min: 1, max: 7 }),
      kind: fc.option(fc.constantFrom(...TYPES), { nil: undefined }),
      id: fc.option(fc.constantFrom('0', '1', '2'), { nil: undefined }),
    })
    await inWorlds(40, async () => {
      const { before, between, where, count, kind, id } = draw(drawn)
      const model = createModel()
      await apply(store, model, before)
      const select = kind ? [{ type: name(kind), where }] : toSelect(where)
      const instance = kind && id
      let rest = [...model.versions].reverse().filter((version) => {
        const chosen = !kind || version.type === name(kind)
        return chosen && (!instance || version.id === id) && holds(model, where, version)
      })
      let after: Cursor | undefined
      for (let n = 0; ; n++) {
        const now = model.latest
        const isListed = (version: ModelVersion) =>
          holds(model, where, now.get(`${version.type}/${version.id}`)!)
        const visible = rest.filter(isListed)
        const plan: HistoryPlan = {
          kind: 'history',
          select,
          count,
          total: 'accurate',
          after,
          ...(instance && { id }),
        }
        const page = await store.history(toPlan(plan))
        t.strictSame(versionIds(page.matches), versionIds(visible.slice(0, count)))
        if (n === 0) t.equal(page.total, visible.length)
        t.equal(page.next !== undefined, visible.length > count)
        if (!page.next || !t.passing()) break
        rest = rest.slice(rest.indexOf(visible[count - 1]!) + 1)
        after = page.next
        await apply(store, model, between[n] ?? [])
      }
    })
  })

  t.test('_since, _before and _at bound a history by instants, deletions among them', async (t) => {
    world = `W${worlds++}`
    const type = name('Fact')
    const instants: number[] = []
    for (const change of [
      toPut(type, 'x', '1'),
      toPut(type, 'x', '2'),
      toDelete(type, 'x', '3'),
      toPut(type, 'x', '4'),
    ]) {
      const { versions } = await store.commit([change])
      instants.push(versions[0]!.lastUpdated)
      await sleep(3)
    }
    const [first, second, third, fourth] = instants as [number, number, number, number]
    const cases: readonly [Partial<HistoryPlan>, string[]][] = [
      [{}, ['4', '3', '2', '1']],
      [{ since: second }, ['4', '3', '2']],
      [{ since: second + 1 }, ['4', '3']],
      [{ since: fourth + 1 }, []],
      [{ before: second }, ['1']],
      [{ before: second + 1 }, ['2', '1']],
      [{ before: first }, []],
      [{ since: second, before: fourth }, ['3', '2']],
      [{ at: { from: second, to: second + 1 } }, ['2']],
      [{ at: { from: second - 1, to: second } }, ['1']],
      [{ at: { from: second - 1, to: second + 1 } }, ['2', '1']],
      [{ at: { from: third, to: third } }, ['3']],
      [{ at: { from: first - 2, to: first } }, []],
      [{ at: { from: fourth + 1000, to: fourth + 2000 } }, ['4']],
    ]
    for (const [bounds, expected] of cases) {
      const plan: HistoryPlan = {
        kind: 'history',
        select: [everything(type)],
        id: 'x',
        count: 10,
        total: 'accurate',
        ...bounds,
      }
      const page = await store.history(toPlan(plan))
      const found = page.matches.map(({ versionId }) => versionId)
      t.strictSame(found, expected, JSON.stringify(bounds))
      t.equal(page.total, expected.length)
      for (const { versionId, method, document } of page.matches)
        t.strictSame([method, document === undefined], versionId === '3' ? ['DELETE', true] : ['PUT', false])
    }
  })

  t.test('a page says where its included resources were cut off', async (t) => {
    world = `W${worlds++}`
    const [person, fact] = [name('Person'), name('Fact')]
    const subject = { param: 'subject', lo: `${person}/0`, hi: `${person}/0` }
    const changes = [toPut(person, '0', '1')]
    for (let n = 0; n < 1001; n++) changes.push(toPut(fact, String(n), '1', [subject]))
    await store.commit(changes)
    const include: Include = {
      kind: 'revinclude',
      iterate: true,
      source: everything(fact),
      param: 'subject',
      targets: [everything(person)],
    }
    const page = await read(store, toQuery([everything(person)], { includes: [include], total: 'accurate' }))
    t.strictSame([page.matches.length, page.total, page.includesCut], [1, 1, true])
    t.equal(page.included.length, 1000)
    await store.commit([toDelete(fact, '0', '2')])
    const whole = await read(store, toQuery([everything(person)], { includes: [include] }))
    t.strictSame([whole.included.length, whole.includesCut ?? false], [1000, false])
  })

  t.test('a count of 0 asks for the total alone', async (t) => {
    world = `W${worlds++}`
    await store.commit([toPut(name('Fact'), '0', '1'), toPut(name('Fact'), '1', '1')])
    const page = await read(store, toQuery([everything(name('Fact'))], { count: 0, total: 'accurate' }))
    t.strictSame([page.matches, page.total, page.next], [[], 2, undefined])
  })

  t.test('a read needs the policy on the current version, a versioned one on its own too', async (t) => {
    await inWorlds(10, async () => {
      const model = createModel()
      await apply(store, model, draw(steps({ minLength: 10, maxLength: 40 })))
      const where = draw(expr(true))
      for (const version of model.versions) {
        const { type, id, versionId } = version
        const select = { type, where }
        const now = model.latest.get(`${type}/${id}`)!
        const visible = holds(model, where, now)
        const read = await store.read(toPlan({ kind: 'read', select, id }))
        t.equal(read?.versionId, visible ? now.versionId : undefined)
        t.equal(read !== undefined && read.document === undefined, visible && now.deleted)
        const old = await store.read(toPlan({ kind: 'read', select, id, versionId }))
        t.equal(old?.versionId, visible && holds(model, where, version) ? versionId : undefined)
      }
      const select = everything(name('Fact'))
      t.equal(await store.read(toPlan({ kind: 'read', select, id: '0', versionId: 'unknown' })), undefined)
      t.equal(await store.read(toPlan({ kind: 'read', select, id: 'none' })), undefined)
    })
  })

  t.test('a scan gives every selected resource once, as of its start', async (t) => {
    await inWorlds(20, async () => {
      const model = createModel()
      await apply(store, model, draw(steps({ minLength: 10, maxLength: 40 })))
      const select = toSelect(draw(expr(true)))
      const found: Version[] = []
      for await (const version of store.scan(toPlan({ kind: 'scan', select }))) found.push(version)
      t.strictSame(versionIds(found), versionIds(search(model, select)))
    })
  })

  t.test('includes follow references to a fixpoint, past nothing hidden, and repeat no match', async (t) => {
    await inWorlds(40, async () => {
      const model = createModel()
      await apply(store, model, draw(steps({ minLength: 15, maxLength: 40 })))
      const include = fc
        .record({
          kind: fc.constantFrom('include' as const, 'revinclude' as const),
          iterate: fc.boolean(),
          source: fc.constantFrom(...TYPES),
          target: fc.constantFrom(...TYPES),
          param: fc.constantFrom('subject', 'part'),
          where: expr(true),
        })
        .map(({ source, target, where, ...rest }) => ({
          ...rest,
          source: {
            type: name(source),
            where: rest.kind === 'revinclude' ? where : ({ kind: 'all' } as const),
          },
          targets: [
            { type: name(target), where: rest.kind === 'include' ? where : ({ kind: 'all' } as const) },
          ],
        }))
      const includes = draw(fc.array(include, { minLength: 1, maxLength: 3 }))
      const select = [{ type: name('Fact'), where: draw(expr(false)) }]
      const page = await read(store, toQuery(select, { includes }))
      t.strictSame(ids(page.included).sort(), follow(model, search(model, select), includes).sort())
    })
  })
}

// Still there, and not hidden by what the resource has become.
function isVisible(model: Model, version: ModelVersion, policy: Expr | undefined): boolean {
  const now = model.latest.get(`${version.type}/${version.id}`)!
  return !now.deleted && (!policy || holds(model, policy, now))
}

function versionIds(versions: readonly { type: string; id: string; versionId: string }[]): string[] {
  return versions.map(({ type, id, versionId }) => `${type}/${id}/${versionId}`)
}

function follow(model: Model, matches: readonly ModelVersion[], includes: Query['includes']): string[] {
  const living = [...model.latest.values()].filter(({ deleted }) => !deleted)
  const points = (from: ModelVersion, param: string, to: ModelVersion) =>
    from.entries.some((entry) => entry.param === param && entry.lo === `${to.type}/${to.id}`)
  const seen = new Set(ids(matches))
  const included: ModelVersion[] = []
  let frontier: readonly ModelVersion[] = matches
  for (let round = 0; frontier.length > 0; round++) {
    const next: ModelVersion[] = []
    for (const { kind, iterate, source, param, targets } of includes) {
      if (round > 0 && !iterate) continue
      for (const at of frontier)
        for (const other of living) {
          const [from, to] = kind === 'include' ? [at, other] : [other, at]
          const typed = from.type === source.type && targets.some(({ type }) => type === to.type)
          const where = kind === 'include' ? targets[0]!.where : source.where
          const ref = `${other.type}/${other.id}`
          if (!typed || !points(from, param, to) || !holds(model, where, other) || seen.has(ref)) continue
          seen.add(ref)
          included.push(other)
          next.push(other)
        }
    }
    frontier = next
  }
  return ids(included)
}
