import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { type Fold, foldExpr, foldQuery } from '../../src/access/fold.ts'
import type { Policy } from '../../src/access/policy.ts'
import { FhirError } from '../../src/fhir/outcome.ts'
import { evaluate, type Indexed, type World } from '../../src/search/evaluate.ts'
import {
  ALL,
  and,
  compareAxis,
  type Expr,
  equals,
  type Include,
  type IndexEntry,
  NONE,
  not,
  or,
  type Query,
} from '../../src/search/query.ts'
import { policyOf } from '../support/policy.ts'

const has = (type: string, param: string, where: Expr = ALL): Expr => ({
  kind: 'has',
  from: { type, where },
  param,
})
const chain = (param: string, ...to: readonly (readonly [string, Expr])[]): Expr => ({
  kind: 'chain',
  param,
  to: to.map(([type, where]) => ({ type, where })),
})
const queryOf = (type: string, where: Expr, includes: readonly Include[] = []): Query => ({
  select: [{ type, where }],
  sort: [],
  count: 10,
  total: 'accurate',
  includes,
})
const filters = (policy: Policy): Fold => ({
  filterFor: (type, right) => policy.filterFor(type, right),
  shownWhere: (_type, condition) => condition,
})
const resident = { subject: 'Patient/p0', patient: 'p0' }

t.test('the filter stands at the root, in every chain, in every _has, under and, or and not', async (t) => {
  const policy = await policyOf('patient/*.rs', resident)
  const compartment = policy.filterFor('Observation', 's')
  const own = policy.filterFor('Patient', 's')
  const deep = not(
    or(chain('subject', ['Patient', has('Observation', 'subject', equals('code', 'a'))]), NONE),
  )
  t.strictSame(
    foldExpr(deep, 'Observation', filters(policy)),
    not(
      chain('subject', [
        'Patient',
        and(has('Observation', 'subject', and(equals('code', 'a'), compartment)), own),
      ]),
    ),
  )
  t.strictSame(foldQuery(queryOf('Observation', deep), filters(policy)).select, [
    {
      type: 'Observation',
      where: and(foldExpr(deep, 'Observation', filters(policy)), compartment),
      policy: compartment,
    },
  ])
})

t.test(
  'a chain or _has into a type without search scope is refused, not answered with nothing',
  async (t) => {
    const policy = await policyOf('system/Observation.rs system/Patient.r')
    const intoPatient = queryOf('Observation', chain('subject', ['Patient', ALL]))
    t.throws(() => policy.searchPlan(intoPatient), { code: 'forbidden', message: /Patient/ })
    t.throws(() => policy.searchPlan(queryOf('Observation', not(has('Condition', 'subject')))), {
      code: 'forbidden',
    })
  },
)

t.test('of several possible targets of a chain those without scope fall away', async (t) => {
  const policy = await policyOf('system/Observation.rs system/Patient.rs')
  const where = chain('subject', ['Patient', ALL], ['Group', ALL])
  t.strictSame(
    policy.searchPlan(queryOf('Observation', where)).data.query.select[0]?.where,
    chain('subject', ['Patient', ALL]),
  )
})

t.test(
  'an include of a type needs r or s on it, a revinclude needs s, and without it adds nothing',
  async (t) => {
    const policy = await policyOf('system/Observation.rs system/Patient.r')
    const include = (target: string): Include => ({
      kind: 'include',
      iterate: false,
      source: { type: 'Observation', where: ALL },
      param: 'subject',
      targets: [{ type: target, where: ALL }],
    })
    const [patient, device] = policy.searchPlan(
      queryOf('Observation', ALL, [include('Patient'), include('Device')]),
    ).data.query.includes
    t.equal(patient?.targets[0]?.where.kind, 'all')
    t.equal(device?.targets[0]?.where.kind, 'none')
    const revinclude = (type: string): Include => ({
      ...include('Observation'),
      kind: 'revinclude',
      source: { type, where: ALL },
    })
    const back = policy.searchPlan(
      queryOf('Observation', ALL, [revinclude('Patient'), revinclude('Observation')]),
    ).data
    t.equal(back.query.includes[0]?.source.where.kind, 'none', 'found needs s, and r is not s')
    t.equal(back.query.includes[1]?.source.where.kind, 'all')
  },
)

// A small world of people, organisations, observations and tasks that point at each other.
const TYPES = ['Patient', 'Organization', 'Observation', 'Task'] as const
const REFERENCES: Readonly<Record<string, readonly (readonly [param: string, target: string])[]>> = {
  Patient: [['organization', 'Organization']],
  Organization: [['partof', 'Organization']],
  Observation: [
    ['subject', 'Patient'],
    ['has-member', 'Observation'],
  ],
  Task: [
    ['subject', 'Patient'],
    ['focus', 'Observation'],
  ],
}
const EACH = 3
const code = fc.constantFrom('a', 'b')
const number = fc.nat({ max: EACH - 1 })

function resource(type: string, id: number): fc.Arbitrary<Indexed> {
  const references = fc.tuple(...REFERENCES[type]!.map(() => fc.option(number, { nil: undefined })))
  return fc.tuple(fc.subarray(['a', 'b']), references).map(([codes, targets]) => {
    const name = `${type.toLowerCase().slice(0, 1)}${id}`
    const entries = [equalsEntry('_id', name), ...codes.map((each) => equalsEntry('_tag', `${each}\u0001`))]
    REFERENCES[type]!.forEach(([param, target], at) => {
      if (targets[at] === undefined) return
      const ref = `${target}/${target.toLowerCase().slice(0, 1)}${targets[at]}`
      entries.push(equalsEntry(param, ref))
      if (type === 'Observation' && target === 'Patient') entries.push(equalsEntry('_compartment', ref))
    })
    if (type === 'Patient') entries.push(equalsEntry('_compartment', `Patient/${name}`))
    return { type, id: name, entries }
  })
}
const equalsEntry = (param: string, value: string): IndexEntry => ({ param, lo: value, hi: value })
const world = fc.tuple(
  ...TYPES.flatMap((type) => Array.from({ length: EACH }, (_, id) => resource(type, id))),
)

function where(type: string, depth: number): fc.Arbitrary<Expr> {
  const leaf = fc.oneof(
    fc.constant(ALL),
    code.map((value): Expr => equals('_tag', `${value}\u0001`)),
  )
  if (depth === 0) return leaf
  const below = where(type, depth - 1)
  const chains = REFERENCES[type]!.map(([param, target]) =>
    where(target, depth - 1).map((inner) => chain(param, [target, inner])),
  )
  const backs = TYPES.flatMap((from) =>
    REFERENCES[from]!.filter(([, target]) => target === type).map(([param]) =>
      where(from, depth - 1).map((inner) => has(from, param, inner)),
    ),
  )
  return fc.oneof(
    leaf,
    fc.array(below, { minLength: 1, maxLength: 2 }).map((of): Expr => ({ kind: 'and', of })),
    fc.array(below, { minLength: 1, maxLength: 2 }).map((of): Expr => ({ kind: 'or', of })),
    below.map((of): Expr => ({ kind: 'not', of })),
    ...chains,
    ...backs,
  )
}

const includes = fc.subarray(
  TYPES.flatMap((type) =>
    REFERENCES[type]!.flatMap(([param, target]) =>
      (['include', 'revinclude'] as const).map(
        (kind): Include => ({
          kind,
          iterate: true,
          source: { type, where: ALL },
          param,
          targets: [{ type: target, where: ALL }],
        }),
      ),
    ),
  ),
)

const query: fc.Arbitrary<Query> = fc
  .tuple(
    fc.constantFrom(...TYPES).chain((type) => where(type, 3).map((expr) => ({ type, where: expr }))),
    includes,
  )
  .map(([selection, list]) => ({
    select: [selection],
    sort: [{ param: '_tag', descending: true }],
    count: 2,
    total: 'accurate',
    includes: list,
  }))

const SCOPES: readonly (readonly [scope: string, grant: object])[] = [
  ['patient/*.rs', resident],
  ['patient/Observation.rs patient/Patient.r', resident],
  ['patient/Observation.rs?_tag=a patient/Patient.rs patient/Task.s', resident],
  ['system/Observation.rs?_tag=a system/Patient.rs?_tag=b system/Organization.rs', {}],
  [
    'system/Observation.rs?_tag=a system/Observation.r?_tag=b system/Patient.s?_tag=a system/Task.rs?_tag=b',
    {},
  ],
  ['user/*.rs', { subject: 'Patient/p1' }],
  ['user/Observation.rs patient/*.rs', { subject: 'Practitioner/7', patient: 'p0' }],
]

const toRef = ({ type, id }: Indexed) => `${type}/${id}`

function worldOf(resources: readonly Indexed[]): World {
  const byRef = new Map(resources.map((each) => [toRef(each), each]))
  return {
    resolve: (ref) => byRef.get(ref),
    referrers: (type, param, ref) =>
      resources.filter(
        (each) =>
          each.type === type && each.entries.some((entry) => entry.param === param && entry.lo === ref),
      ),
  }
}

/** Everything a searcher can learn: total, order, each page, and what each page includes. */
function answer(resources: readonly Indexed[], asked: Query, policy: Policy): unknown {
  try {
    const { select, sort, count, includes: list } = policy.searchPlan(asked).data.query
    const around = worldOf(resources)
    const matches = resources.filter((each) =>
      select.some((one) => one.type === each.type && evaluate(one.where, each.type, each.entries, around)),
    )
    const key = (each: Indexed) => each.entries.findLast(({ param }) => param === sort[0]!.param)?.lo ?? ''
    matches.sort((a, b) => compareAxis(key(b), key(a)) || compareAxis(a.id, b.id))
    const pages = Array.from({ length: Math.ceil(matches.length / count) }, (_, page) => {
      const shown = matches.slice(page * count, (page + 1) * count)
      return { shown: shown.map(toRef), included: include(shown, list, around) }
    })
    return { total: matches.length, pages }
  } catch (error) {
    if (error instanceof FhirError) return error.message
    throw error
  }
}

function include(shown: readonly Indexed[], list: readonly Include[], around: World): string[] {
  const reached = new Set(shown.map(toRef))
  const queue = [...shown]
  const add = (each: Indexed, selection: { type: string; where: Expr }) => {
    if (each.type !== selection.type || reached.has(toRef(each))) return
    if (!evaluate(selection.where, each.type, each.entries, around)) return
    reached.add(toRef(each))
    queue.push(each)
  }
  for (let from = queue.shift(); from; from = queue.shift()) {
    for (const { kind, source, param, targets } of list) {
      const ends =
        kind === 'include' ? source.type === from.type : targets.some(({ type }) => type === from?.type)
      if (!ends) continue
      if (kind === 'revinclude')
        for (const each of around.referrers(source.type, param, toRef(from))) add(each, source)
      else
        for (const entry of from.entries.filter((each) => each.param === param)) {
          const target = around.resolve(String(entry.lo))
          for (const selection of targets) if (target) add(target, selection)
        }
    }
  }
  return [...reached].slice(shown.length).sort((a, b) => compareAxis(a, b))
}

t.test('the answer with hidden resources present equals the answer without them', async (t) => {
  const everything = await policyOf('system/*.cruds')
  const policies = await Promise.all(SCOPES.map(([scope, grant]) => policyOf(scope, grant)))
  let hid = 0
  let mattered = 0
  fc.assert(
    fc.property(world, query, fc.constantFrom(...policies), (resources, asked, policy) => {
      const visible = resources.filter(
        ({ type, entries }) => policy.permits('r', type, entries) || policy.permits('s', type, entries),
      )
      hid += resources.length - visible.length
      if (
        JSON.stringify(answer(resources, asked, everything)) !==
        JSON.stringify(answer(visible, asked, everything))
      )
        mattered++
      deepStrictEqual(answer(resources, asked, policy), answer(visible, asked, policy))
    }),
    { numRuns: 1500 },
  )
  t.ok(hid > 1000, `${hid} resources were hidden`)
  t.ok(mattered > 300, `without the policy ${mattered} answers would have told of them`)
})
