// Walking, collecting and counting in sets give the same answers: on data dense enough that each is taken.
import fc from 'fast-check'
import t from 'tap'
import type { Cursor } from '../../src/access/plan.ts'
import { and, type Expr, type IndexEntry, not, or, type Query, type SortKey } from '../../src/search/query.ts'
import { type Connection, openConnection } from '../../src/store/sqlite/connection.ts'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import { searchPage } from '../../src/store/sqlite/search.ts'
import type { Page, Store } from '../../src/store/store.ts'
import { createModel, ids, search, write } from '../support/model.ts'
import { toDelete, toPut, toQuery } from '../support/plans.ts'

const FACTS = 18_000
const PERSONS = 30
const DAY = 86_400_000

// A small generator of our own: the data is the same on every run.
let state = 1
const random = (below: number) => {
  state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
  return Math.floor((state / 0x7fffffff) * below)
}

const point = (param: string, lo: string | number): IndexEntry => ({ param, lo, hi: lo })

function toFact(n: number): IndexEntry[] {
  const start = (n % 4000) * DAY
  const span = [1000, DAY, 40 * DAY][n % 3]!
  return [
    point('status', n % 20 === 0 ? 'draft' : 'final'),
    point('code', `c${Math.min(random(9), random(9))}`),
    ...(n % 5 === 0 ? [point('code', 'c1')] : []),
    point('subject', `Person/${random(PERSONS)}`),
    ...(n % 10 === 9 ? [] : [{ param: 'date', lo: start, hi: start + span }]),
    { param: 'value', lo: random(1000), hi: 1000 },
    ...(n % 7 === 0 ? [{ param: 'value', lo: random(1000), hi: 1001 }] : []),
    point('group', n < FACTS / 2 ? 'first' : 'second'),
  ]
}

const model = createModel()
let store: Store
let connection: Connection

async function put(type: string, id: string, entries: IndexEntry[] | undefined) {
  const version = write(model, type, id, entries)!
  return entries ? toPut(type, id, version.versionId, entries) : toDelete(type, id, version.versionId)
}

t.before(async () => {
  const folder = t.testdir()
  store = await openSqliteStore(folder)
  const changes = []
  for (let n = 0; n < PERSONS; n++) changes.push(await put('Person', String(n), [point('name', `n${n % 4}`)]))
  for (let n = 0; n < FACTS; n++) changes.push(await put('Fact', String(n), toFact(n)))
  await store.commit(changes)
  connection = openConnection(`${folder}/musubi.db`, { readOnly: true })
})
t.after(async () => {
  connection.close()
  await store.close()
})

const equal = (param: string, lo: string | number): Expr => ({
  kind: 'match',
  param,
  lo: { min: lo, max: lo },
})
const day = fc.integer({ min: -5, max: 4005 }).map((n) => n * DAY)
const leaf: fc.Arbitrary<Expr> = fc.oneof(
  fc.constantFrom('c0', 'c1', 'c5', 'c8', 'none').map((code): Expr => equal('code', code)),
  fc.constantFrom('final', 'draft').map((status): Expr => equal('status', status)),
  fc.constantFrom('first', 'second').map((group): Expr => equal('group', group)),
  day.map((min): Expr => ({ kind: 'match', param: 'date', hi: { min, minOpen: true } })),
  day.map((max): Expr => ({ kind: 'match', param: 'date', hi: { max } })),
  day.map((max): Expr => ({ kind: 'match', param: 'date', lo: { max, maxOpen: true } })),
  day.map((min): Expr => ({ kind: 'match', param: 'date', lo: { min } })),
  fc.integer({ min: 0, max: 1000 }).map((min): Expr => ({ kind: 'match', param: 'value', lo: { min } })),
  fc.integer({ min: 0, max: 1000 }).map((max): Expr => ({ kind: 'match', param: 'value', lo: { max } })),
  fc.constantFrom('n0', 'n3', 'n9').map(
    (name): Expr => ({
      kind: 'chain',
      param: 'subject',
      to: [{ type: 'Person', where: equal('name', name) }],
    }),
  ),
)
const where = fc.oneof(
  leaf,
  fc.array(leaf, { minLength: 1, maxLength: 3 }).map((parts) => and(...parts)),
  fc.array(leaf, { minLength: 1, maxLength: 3 }).map((parts) => or(...parts)),
  fc.tuple(leaf, leaf, leaf).map(([a, b, c]) => and(a, or(b, not(c)))),
  leaf.map(not),
  fc.constant<Expr>({ kind: 'all' }),
)
const key: fc.Arbitrary<SortKey> = fc.record({
  param: fc.constantFrom('date', 'value', 'code', 'status', '_id', 'nowhere'),
  descending: fc.boolean(),
})
const sort = fc.oneof(
  fc.constant<SortKey[]>([]),
  key.map((one) => [one]),
  fc.tuple(key, key),
)

function pages(query: Query, budget: number | undefined): { found: string[]; total?: number } | 'heavy' {
  const found: string[] = []
  let after: Cursor | undefined
  let total: number | undefined
  for (let n = 0; n < 3; n++) {
    const page: Page | 'heavy' = searchPage(connection, { kind: 'search', query, after }, budget)
    if (page === 'heavy') return page
    found.push(...ids(page.matches))
    total ??= page.total
    after = page.next
    if (!after) break
  }
  return { found, total }
}

t.test('every way to an answer gives the answer of the model', async (t) => {
  let heavy = 0
  const check = (where: Expr, sort: readonly SortKey[], count: number) => {
    const select = [{ type: 'Fact', where }]
    const matches = ids(search(model, select, sort))
    const expected = { found: matches.slice(0, 3 * count), total: matches.length }
    const query = toQuery(select, { sort, count, total: 'accurate' })
    const label = JSON.stringify({ where, sort, count })
    t.strictSame(pages(query, undefined), expected, label)
    for (const budget of [300, 2000, 10_000_000]) {
      const answer = pages(query, budget)
      if (answer === 'heavy') heavy++
      else t.strictSame(answer, expected, `${label} within ${budget}`)
    }
    if (!t.passing()) throw new Error(label)
  }
  fc.assert(fc.property(where, sort, fc.constantFrom(1, 7, 25, 400), check), { numRuns: 50 })
  t.ok(heavy > 0, 'some were given up')
  t.not(pages(toQuery([{ type: 'Fact', where: { kind: 'all' } }], { count: 25 }), 2000), 'heavy')
})

t.test('`_has` from a dense type gives the answer of the model', async (t) => {
  for (const condition of [equal('code', 'c8'), equal('group', 'second'), not(equal('status', 'final'))]) {
    const from = { type: 'Fact', where: and(condition, equal('subject', 'Person/3')) }
    const select = [{ type: 'Person', where: { kind: 'has', param: 'subject', from } as Expr }]
    t.strictSame(pages(toQuery(select, { total: 'accurate' }), undefined), {
      found: ids(search(model, select)),
      total: search(model, select).length,
    })
  }
})

t.test(
  'conditions that are dense and never meet end: given up within a budget, answered without',
  async (t) => {
    const never = and(equal('status', 'final'), not(or(equal('group', 'first'), equal('group', 'second'))))
    const query = toQuery([{ type: 'Fact', where: never }], { count: 20 })
    t.equal(pages(query, 2000), 'heavy')
    t.strictSame(pages(query, undefined), { found: [], total: undefined })
  },
)

t.test('a walk over dense data under many writes is the moment it began', async (t) => {
  const select = [{ type: 'Fact', where: equal('status', 'final') }]
  for (const sort of [[], [{ param: 'date', descending: true }]]) {
    const rest = search(model, select, sort)
    const query = toQuery(select, { sort, count: 1500 })
    const found: string[] = []
    let after: Cursor | undefined
    for (let round = 0; ; round++) {
      const page = searchPage(connection, { kind: 'search', query, after }, undefined)
      if (page === 'heavy') return t.fail('heavy without a budget')
      found.push(...page.matches.map(({ id, versionId }) => `${id} ${versionId}`))
      after = page.next
      if (!after) break
      const changes = []
      for (let n = 0; n < 40; n++)
        changes.push(await put('Fact', String(random(FACTS)), toFact(random(FACTS))))
      for (let n = 0; n < 5; n++)
        changes.push(await put('Fact', `new${sort.length}-${round}-${n}`, toFact(n)))
      await store.commit(changes)
    }
    t.strictSame(
      found,
      rest.map(({ id, versionId }) => `${id} ${versionId}`),
    )
  }
})
