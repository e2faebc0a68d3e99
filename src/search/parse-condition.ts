// One search parameter as a condition: plain, chained, reversed, with its modifier. https://hl7.org/fhir/R4/search.html#ptypes
import { FhirError } from '../fhir/outcome.ts'
import { MAX_BRANCHES, MAX_DEPTH, type SearchContext, show } from './context.ts'
import { findParameter } from './find-parameter.ts'
import { compileValues } from './parse-modifier.ts'
import { type Expr, or, type Selection } from './query.ts'

/** One row parameter of a reference, and the types it may point at. */
export interface ReferenceRow {
  readonly param: string
  readonly targets: readonly string[]
}

/** Returns the rows that serve a reference parameter; throws FhirError `invalid` where it is no reference. */
export function referenceRows(context: SearchContext, type: string, code: string): readonly ReferenceRow[] {
  const { parameter, served } = findParameter(context, type, code)
  if (parameter.type !== 'reference')
    throw new FhirError('invalid', `${show(code)} of ${type} is no reference: it cannot be followed`)
  if (served.kind === 'union') return served.of.flatMap((each) => referenceRows(context, type, each))
  if (served.kind === 'narrowed') return [{ param: served.param, targets: [served.type] }]
  const { target } = parameter
  return [{ param: code, targets: target.length > 0 ? target : context.definitions.resourceTypes }]
}

/** How far a chain has come, and what all of its branches may still grow to. */
interface Walk {
  readonly depth: number
  readonly branches: { left: number }
}

const deeper = ({ depth, branches }: Walk): Walk => ({ depth: depth + 1, branches })

/**
 * Resolves to the condition on `type` that `name=value` states: `code`, `code:modifier`, `reference.code`,
 * `reference:Type.code`, `_has:Type:reference:code`, nested to MAX_DEPTH. Of a reference to many types
 * those are followed that have what comes next. Rejects with FhirError `not-supported`, `invalid` or `too-costly`.
 */
export async function compileCondition(
  context: SearchContext,
  type: string,
  name: string,
  value: string,
  walk: Walk = { depth: 0, branches: { left: MAX_BRANCHES } },
): Promise<Expr> {
  if (walk.depth > MAX_DEPTH)
    throw new FhirError('too-costly', `A search may follow at most ${MAX_DEPTH} references`)
  if (name.startsWith('_has:')) return compileHas(context, type, name, value, walk)
  const dot = name.indexOf('.')
  if (dot >= 0) return compileChain(context, type, [name.slice(0, dot), name.slice(dot + 1)], value, walk)
  const [code = '', modifier, ...rest] = name.split(':')
  if (rest.length > 0) throw new FhirError('not-supported', `The modifier of ${show(name)} is not known`)
  return compileValues(context, type, { code, modifier, value })
}

async function compileHas(
  context: SearchContext,
  type: string,
  name: string,
  value: string,
  walk: Walk,
): Promise<Expr> {
  const [, from = '', code = '', ...rest] = name.split(':')
  if (rest.length === 0 || rest.includes(''))
    throw new FhirError('invalid', `${show(name)} must be _has:Type:reference:parameter`)
  if (!context.definitions.isResourceType(from))
    throw new FhirError('not-supported', `${show(from)} is no resource type`)
  const rows = referenceRows(context, from, code).filter(({ targets }) => targets.includes(type))
  if (rows.length === 0) throw new FhirError('invalid', `${show(code)} of ${from} does not point at ${type}`)
  const where = await compileCondition(context, from, rest.join(':'), value, deeper(walk))
  return or(...rows.map(({ param }): Expr => ({ kind: 'has', from: { type: from, where }, param })))
}

async function compileChain(
  context: SearchContext,
  type: string,
  [head, tail]: readonly [string, string],
  value: string,
  walk: Walk,
): Promise<Expr> {
  const [code = '', only, ...rest] = head.split(':')
  if (rest.length > 0 || tail === '') throw new FhirError('invalid', `${show(head)} cannot be followed`)
  const rows = referenceRows(context, type, code)
  const links = await Promise.all(
    rows.map(async ({ param, targets }) => {
      const to = await toSelections(
        context,
        only === undefined ? targets : targets.filter((each) => each === only),
        tail,
        value,
        walk,
      )
      return { kind: 'chain' as const, param, to }
    }),
  )
  const live = links.filter(({ to }) => to.length > 0)
  if (live.length > 0) return or(...live)
  const where = only === undefined ? `what ${show(code)} of ${type} points at` : show(only)
  throw new FhirError('not-supported', `${show(tail)} is no search parameter of ${where}`)
}

// The types from which the rest can be followed; a fault of the value itself is one for all of them.
async function toSelections(
  context: SearchContext,
  types: readonly string[],
  tail: string,
  value: string,
  walk: Walk,
): Promise<Selection[]> {
  const selections: Selection[] = []
  const known = new Map<string, boolean>()
  for (const type of types) {
    if (!leads(context, type, tail, { known, depth: walk.depth })) continue
    // References to any type multiply with each link.
    if (walk.branches.left-- === 0)
      throw new FhirError(
        'too-costly',
        `The chain to ${show(tail)} branches to more than ${MAX_BRANCHES} types: name the type of each reference, as in subject:Patient`,
      )
    selections.push({ type, where: await compileCondition(context, type, tail, value, deeper(walk)) })
  }
  return selections
}

/** What has been answered for each type and tail, since many ways lead to the same. */
interface Ahead {
  readonly known: Map<string, boolean>
  readonly depth: number
}

// True where `tail` names something on `type`: its last parameter exists, and each before it points at a type that leads on.
function leads(context: SearchContext, type: string, tail: string, { known, depth }: Ahead): boolean {
  // Too deep is refused where it is compiled.
  if (depth > MAX_DEPTH) return true
  const key = `${type} ${tail}`
  const answer = known.get(key) ?? leadsOn(context, type, tail, { known, depth: depth + 1 })
  known.set(key, answer)
  return answer
}

function leadsOn(context: SearchContext, type: string, tail: string, ahead: Ahead): boolean {
  if (tail.startsWith('_has:')) return pointsAt(context, tail, type)
  const [, code = '', only, rest = ''] = /^([^:.]*)(?::([^.]*))?(?:\.(.*))?$/s.exec(tail) ?? []
  const parameter = context.definitions.searchParameters(type).get(code)
  if (!parameter || rest === '') return parameter !== undefined
  if (parameter.type !== 'reference') return false
  return referenceRows(context, type, code).some(({ targets }) =>
    targets.some((each) => (only === undefined || each === only) && leads(context, each, rest, ahead)),
  )
}

function pointsAt(context: SearchContext, has: string, type: string): boolean {
  const [, from = '', code = ''] = has.split(':')
  if (!context.definitions.isResourceType(from)) return true
  return referenceRows(context, from, code).some(({ targets }) => targets.includes(type))
}
