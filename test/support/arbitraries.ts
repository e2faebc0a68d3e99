// Random resources and random expressions over them: few values, so that much matches.
import fc from 'fast-check'
import { type Axis, and, type Bounds, type Expr, type IndexEntry, not, or } from '../../src/search/query.ts'

/** The types of one world, and how many ids each has. */
export const TYPES = ['Person', 'Fact', 'Visit'] as const
export type Kind = (typeof TYPES)[number]
export const IDS = 6

const DAY = 86_400_000
const codes = ['a', 'ab', 'b', 'ｂ', '\u{1F600}'].map((code) => `${code}\u0001urn:s`)
const token = fc.constantFrom(...codes).map((code) => ({ param: 'code', lo: code, hi: code }))
const days = fc.integer({ min: -3, max: 6 })
const date = fc
  .tuple(days, fc.constantFrom(0, 1, 0.5, 2, 5, 1e9))
  .map(([start, length]) => ({ param: 'date', lo: start * DAY, hi: (start + length) * DAY }))
const number = fc
  .tuple(fc.integer({ min: 0, max: 3 }), fc.constantFrom(0, 0.5))
  .map(([lo, width]) => ({ param: 'value', lo, hi: lo + width }))
const mixed = fc.constantFrom<Axis>(1, 2, '1', 'a', 'あ').map((lo) => ({ param: 'mixed', lo, hi: lo }))

/** Returns entries of one resource; references point at resources of the same world, and at nothing. */
export function arbitraryEntries(name: (kind: Kind) => string): fc.Arbitrary<IndexEntry[]> {
  const ref = fc
    .tuple(fc.constantFrom(...TYPES), fc.integer({ min: 0, max: IDS }))
    .map(([kind, n]) => `${name(kind)}/${n}`)
  const reference = fc
    .tuple(fc.constantFrom('subject', 'part'), ref)
    .map(([param, lo]) => ({ param, lo, hi: lo }))
  const member = fc
    .integer({ min: 0, max: 2 })
    .map((n) => ({ param: '_compartment', lo: `Patient/${n}`, hi: `Patient/${n}` }))
  return fc.array(fc.oneof(token, date, number, mixed, reference, member), { maxLength: 7 }).map(unique)
}

function unique(entries: readonly IndexEntry[]): IndexEntry[] {
  return [...new Map(entries.map((entry) => [JSON.stringify(entry), entry])).values()]
}

function bounds(value: fc.Arbitrary<Axis>): fc.Arbitrary<Bounds> {
  const end = fc.option(value, { nil: undefined })
  return fc.record({ min: end, max: end, minOpen: fc.boolean(), maxOpen: fc.boolean() }).map((drawn) => ({
    ...(drawn.min !== undefined && { min: drawn.min, minOpen: drawn.minOpen }),
    ...(drawn.max !== undefined && { max: drawn.max, maxOpen: drawn.maxOpen }),
  }))
}

const instants = fc.tuple(days, fc.constantFrom(0, 0.5)).map(([day, half]) => (day + half) * DAY)
const texts = fc.constantFrom(...codes, 'a', 'b', '\u{10FFFF}')
const matchOf = (param: string, value: fc.Arbitrary<Axis>): fc.Arbitrary<Expr> =>
  fc
    .record({ lo: fc.option(bounds(value)), hi: fc.option(bounds(value)) })
    .map(({ lo, hi }) => ({ kind: 'match', param, ...(lo && { lo }), ...(hi && { hi }) }))
const pointOf = (param: string, value: fc.Arbitrary<Axis>): fc.Arbitrary<Expr> =>
  value.map((point) => ({ kind: 'match', param, lo: { min: point, max: point } }))
const contains: fc.Arbitrary<Expr> = fc
  .tuple(fc.constantFrom('code', 'mixed', '_id'), fc.constantFrom('b', '\u0001urn:s', '1', ''))
  .map(([param, text]) => ({ kind: 'match', param, contains: text }))

const endsWith: fc.Arbitrary<Expr> = fc
  .tuple(fc.constantFrom('code', 'mixed', '_id'), fc.constantFrom('b', '\u0001urn:s', '1', 'い', ''))
  .map(([param, text]) => ({ kind: 'match', param, endsWith: text }))

const leaf: fc.Arbitrary<Expr> = fc.oneof(
  pointOf('code', texts),
  matchOf('code', texts),
  matchOf('date', instants),
  matchOf('date', instants),
  matchOf('value', fc.constantFrom(0, 1, 1.5, 2, 2.5)),
  matchOf('mixed', fc.constantFrom<Axis>(1, 1.5, '1', 'a', 'い')),
  pointOf('_id', fc.constantFrom('0', '1', '2')),
  matchOf('_id', fc.constantFrom<Axis>('0', '1', '3', 7)),
  matchOf('absent', fc.constant('x')),
  contains,
  endsWith,
  fc
    .integer({ min: 0, max: 2 })
    .map((id) => ({ kind: 'compartment', name: 'Patient', id: String(id) }) as const),
  fc.constantFrom<Expr>({ kind: 'all' }, { kind: 'none' }),
)

/** Returns an Expr; with `deep`, chains and `_has` are among it. */
export function arbitraryExpr(name: (kind: Kind) => string, deep: boolean): fc.Arbitrary<Expr> {
  const { tree } = fc.letrec<{ tree: Expr }>((tie) => {
    const of = fc.array(tie('tree'), { maxLength: 3 })
    const selection = fc
      .tuple(fc.constantFrom(...TYPES), tie('tree'))
      .map(([kind, where]) => ({ type: name(kind), where }))
    const param = fc.constantFrom('subject', 'part')
    const logic = fc.oneof(
      of.map((parts) => and(...parts)),
      of.map((parts) => or(...parts)),
      tie('tree').map(not),
      of.map((parts) => ({ kind: 'or', of: parts }) as const),
      of.map((parts) => ({ kind: 'and', of: parts }) as const),
    )
    const chain = fc
      .tuple(param, fc.array(selection, { minLength: 1, maxLength: 2 }))
      .map(([reference, to]) => ({ kind: 'chain', param: reference, to }) as const)
    const has = fc
      .tuple(param, selection)
      .map(([reference, from]) => ({ kind: 'has', from, param: reference }) as const)
    const inner = deep ? fc.oneof(logic, chain, has) : logic
    return { tree: fc.oneof({ maxDepth: 3, depthIdentifier: 'expr' }, leaf, inner) }
  })
  return tree
}

export const sortKeys = fc.array(
  fc.record({
    param: fc.constantFrom('date', 'code', 'value', 'mixed', '_id', 'absent'),
    descending: fc.boolean(),
  }),
  { maxLength: 2 },
)
