// From the parameters of a search to the question. https://hl7.org/fhir/R4/search.html

import type { Mask } from '../fhir/mask.ts'
import { FhirError, type Issue } from '../fhir/outcome.ts'
import { MAX_VALUES, type SearchContext, show } from './context.ts'
import { findParameter } from './find-parameter.ts'
import { joinedCondition, pairsOf } from './paired.ts'
import { compileCondition } from './parse-condition.ts'
import { isResultParameter, readResultParameter, type Shape } from './parse-result.ts'
import { ALL, and, type Expr, equals, or, type Query, type Selection } from './query.ts'

type Params = readonly (readonly [name: string, value: string])[]

export interface SearchOptions {
  /** `lenient`: what cannot be applied is left out, said so, and dropped from `self`. Default: `strict`. */
  readonly handling?: 'strict' | 'lenient'
  readonly compartment?: { readonly name: string; readonly id: string }
}

export interface SearchRequest {
  readonly query: Query
  readonly mask?: Mask
  readonly issues: readonly Issue[]
  /** The parameters really applied, in order, for the `self` link. */
  readonly self: Params
}

/** Known to R4, not served: refused by name. */
const REFUSED = new Set(['_filter', '_text', '_content', '_query', '_list', '_containedType', '_score'])

/** What one parameter came to. */
interface Condition {
  readonly name: string
  readonly value: string
  readonly expr: Expr
}

interface Draft {
  readonly types: readonly string[]
  readonly conditions: Map<string, Condition[]>
  readonly shape: Shape
  readonly self: [string, string][]
  readonly seen: Set<string>
}

/**
 * Resolves to the question that `params` ask of `type` (undefined: of all types, or of those that `_type` names). Rejects
 * with FhirError: `not-supported` (unknown or unserved parameter, modifier), `invalid` (a value that is none), each naming the
 * parameter; `too-costly` past the limits of `context.ts`.
 */
export async function parseSearch(
  context: SearchContext,
  type: string | undefined,
  params: Params,
  options: SearchOptions = {},
): Promise<SearchRequest> {
  assertSize(params)
  const types = toTypes(context, type, params, options)
  const shape: Shape = {
    sort: [],
    includes: [],
    issues: [],
    count: context.settings.defaultCount,
    total: 'none',
  }
  const draft: Draft = {
    types,
    shape,
    conditions: new Map(types.map((each) => [each, []])),
    self: [],
    seen: new Set(),
  }
  for (const param of params) await readParameter(context, draft, type, param, options.handling === 'lenient')
  const select = types.map((each): Selection => {
    const conditions = joinPairs(context, each, draft.conditions.get(each)!)
    const where = and(...conditions, ...toCompartment(context, each, options.compartment))
    return { type: each, where }
  })
  const { sort, includes, count, total } = shape
  return {
    query: { select, sort, count, total, includes },
    ...(shape.mask ? { mask: shape.mask } : {}),
    issues: shape.issues,
    self: draft.self,
  }
}

// A code and a number side by side say what their composite says, which finds the few among many.
function joinPairs({ definitions }: SearchContext, type: string, conditions: readonly Condition[]): Expr[] {
  const joined = new Set<Condition>()
  const exprs: Expr[] = []
  for (const pair of pairsOf(definitions, type))
    for (const token of conditions.filter(({ name }) => name === pair.token))
      for (const quantity of conditions.filter(({ name }) => name === pair.quantity)) {
        const expr = joinedCondition(definitions, pair, token.value, quantity.value)
        if (!expr) continue
        joined.add(token).add(quantity)
        exprs.push(expr)
      }
  return [...exprs, ...conditions.filter((each) => !joined.has(each)).map(({ expr }) => expr)]
}

async function readParameter(
  context: SearchContext,
  draft: Draft,
  type: string | undefined,
  param: readonly [string, string],
  lenient: boolean,
): Promise<void> {
  const [name, value] = param
  try {
    if (name === '_type' && type === undefined) draft.self.push([name, value])
    else if (isResultParameter(name))
      draft.self.push([name, readResultParameter(context, draft.shape, draft.types, param, draft.seen)])
    else {
      const exprs = await compileAll(context, draft.types, name, value)
      for (const [each, expr] of exprs) draft.conditions.get(each)!.push({ name, value, expr })
      draft.self.push([name, value])
    }
  } catch (error) {
    const ignorable =
      error instanceof FhirError && (error.code === 'not-supported' || error.code === 'invalid')
    if (!lenient || !ignorable) throw error
    const diagnostics = `${show(name)} is left out: ${error.message}`
    draft.shape.issues.push({ severity: 'warning', code: 'not-supported', diagnostics })
  }
}

// Of several types each has its own condition; a parameter that one of them lacks is refused.
async function compileAll(context: SearchContext, types: readonly string[], name: string, value: string) {
  if (REFUSED.has(name.split(':', 1)[0]!))
    throw new FhirError('not-supported', `The search parameter ${show(name)} is not served`)
  const exprs: [string, Expr][] = []
  for (const type of types) exprs.push([type, await compileCondition(context, type, name, value)])
  return exprs
}

function assertSize(params: Params): void {
  const values = params.reduce((total, [, value]) => total + value.split(',').length, 0)
  if (values > MAX_VALUES) throw new FhirError('too-costly', `A search may have at most ${MAX_VALUES} values`)
}

function toTypes(
  { definitions }: SearchContext,
  type: string | undefined,
  params: Params,
  { compartment }: SearchOptions,
): readonly string[] {
  if (type !== undefined) return [type]
  const asked = params.filter(([name]) => name === '_type').map(([, value]) => value.split(','))
  for (const name of asked.flat())
    if (!definitions.isResourceType(name))
      throw new FhirError('invalid', `_type names ${show(name)}, which is no resource type`)
  const all = compartment
    ? definitions.resourceTypes.filter(
        (each) => definitions.compartment(compartment.name, each) !== undefined,
      )
    : definitions.resourceTypes
  return all.filter((each) => asked.every((names) => names.includes(each)))
}

/** Returns the condition that a resource of `type` is in the compartment; throws FhirError where the type never is. */
function toCompartment(
  context: SearchContext,
  type: string,
  compartment: SearchOptions['compartment'],
): Expr[] {
  if (!compartment) return []
  const { name, id } = compartment
  const codes = context.definitions.compartment(name, type)
  if (!codes) throw new FhirError('not-supported', `${type} is not part of the compartment of a ${name}`)
  // The index has each Patient in its own compartment alone, so that a link never widens what somebody may see.
  if (name === 'Patient' && type !== name) return [{ kind: 'compartment', name, id }]
  const own = type === name ? [equals('_id', id)] : []
  return [or(...own, ...codes.map((code) => toMembership(context, type, code, `${name}/${id}`)))]
}

function toMembership(context: SearchContext, type: string, code: string, ref: string): Expr {
  if (code === '{def}') return equals('_id', ref.slice(ref.indexOf('/') + 1))
  const { served } = findParameter(context, type, code)
  if (served.kind === 'union') return or(...served.of.map((each) => toMembership(context, type, each, ref)))
  return equals(served.kind === 'narrowed' ? served.param : code, ref)
}

/**
 * Resolves to the condition of a conditional interaction: always strict, and about the resource alone. Rejects with FhirError
 * `invalid` for empty criteria, `not-supported` for parameters that shape an answer.
 */
export async function parseCriteria(context: SearchContext, type: string, query: string): Promise<Expr> {
  const params = [...new URLSearchParams(query)]
  if (params.length === 0)
    throw new FhirError('invalid', 'The search criteria are empty: they would match everything')
  const shaping = params.find(([name]) => isResultParameter(name))
  if (shaping) throw new FhirError('not-supported', `${show(shaping[0])} has no place in search criteria`)
  const { query: question } = await parseSearch(context, type, params)
  return question.select[0]!.where
}

/**
 * Resolves to the condition of a granular scope's parameters on `type` (`Resource`: what every type has). Rejects with
 * FhirError `not-supported` for chains, modifiers and parameters that the type does not have.
 */
export async function parseScopeParams(context: SearchContext, type: string, params: Params): Promise<Expr> {
  const complex = params.find(([name]) => /[.:]/.test(name) || isResultParameter(name))
  if (complex) throw new FhirError('not-supported', `${show(complex[0])} cannot be used in a scope`)
  assertSize(params)
  const exprs = await Promise.all(params.map(([name, value]) => compileCondition(context, type, name, value)))
  return exprs.length === 0 ? ALL : and(...exprs)
}
