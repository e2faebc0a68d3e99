import fc from 'fast-check'
import t from 'tap'
import type { Resource } from '../../src/fhir/resource.ts'
import { createPending } from '../../src/interactions/pending.ts'
import { evaluate } from '../../src/search/evaluate.ts'
import type { Expr, IndexEntry } from '../../src/search/query.ts'
import { policyOf } from '../support/policy.ts'

const PARAMS = ['a', 'b'] as const
const axis = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom('x', 'y', '1'))

// The entries of a resource of this test lie in it as they are.
const indexer = (resource: Resource) => resource['entries'] as readonly IndexEntry[]

const resource = fc.array(fc.record({ param: fc.constantFrom(...PARAMS), lo: axis }), { maxLength: 3 }).map(
  (entries): Resource => ({
    resourceType: 'Patient',
    entries: entries.map((entry) => ({ ...entry, hi: entry.lo })),
  }),
)

const { expr } = fc.letrec<{ expr: Expr }>((tie) => ({
  expr: fc.oneof(
    { maxDepth: 3 },
    fc.record({
      kind: fc.constant('match' as const),
      param: fc.constantFrom(...PARAMS),
      lo: axis.map((value) => ({ min: value, max: value })),
    }),
    fc.record({
      kind: fc.constant('match' as const),
      param: fc.constantFrom(...PARAMS),
      lo: fc.integer({ min: 0, max: 3 }).map((min) => ({ min })),
    }),
    fc.record({ kind: fc.constant('match' as const), param: fc.constantFrom(...PARAMS) }),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      of: fc.array(tie('expr'), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('not' as const), of: tie('expr') }),
  ),
}))

t.test('what is pending is found as by looking at each', async (t) => {
  const policy = await policyOf('system/*.cruds')
  const toPlan = (where: Expr) =>
    policy.searchPlan({
      select: [{ type: 'Patient', where }],
      sort: [],
      count: 2,
      total: 'none',
      includes: [],
    })
  let found = 0
  fc.assert(
    fc.property(fc.array(resource, { maxLength: 8 }), expr, expr, (resources, first, second) => {
      const pending = createPending(indexer)
      const half = resources.length >> 1
      const add = (from: number, to: number) => {
        for (let n = from; n < to; n++) pending.add('Patient', `p${n}`, resources[n]!)
      }
      const expected = (where: Expr, count: number) =>
        resources
          .slice(0, count)
          .flatMap((each, n) => (evaluate(where, 'Patient', indexer(each)) ? [`p${n}`] : []))
      add(0, half)
      t.strictSame([...pending.select(toPlan(first), 'Patient')].sort(), expected(first, half))
      add(half, resources.length)
      const selected = pending.select(toPlan(second), 'Patient')
      t.strictSame([...selected].sort(), expected(second, resources.length))
      found += selected.length
    }),
  )
  t.ok(found > 50, `${found} were found`)
})

t.test('what will be gone, is of another type, or cannot be indexed is not found', async (t) => {
  const policy = await policyOf('system/*.cruds')
  const plan = policy.searchPlan({
    select: [{ type: 'Patient', where: { kind: 'all' } }],
    sort: [],
    count: 2,
    total: 'none',
    includes: [],
  })
  const pending = createPending((each) => {
    if (each['broken']) throw new TypeError('no list')
    return []
  })
  pending.add('Patient', 'gone', null)
  pending.add('Observation', 'other', { resourceType: 'Observation' })
  t.strictSame(pending.select(plan, 'Patient'), [])
  pending.add('Patient', 'here', { resourceType: 'Patient' })
  t.strictSame(pending.select(plan, 'Patient'), ['here'])
  t.ok(pending.has('Patient', 'gone'))
  t.notOk(pending.has('Patient', 'other'))
  pending.add('Patient', 'broken', { resourceType: 'Patient', broken: true })
  t.strictSame(
    [...pending.select(plan, 'Patient')].sort(),
    ['broken', 'here'],
    'it is refused when it is validated',
  )
})
