// SearchParameters that were posted: what they add to R4's own. https://hl7.org/fhir/R4/searchparameter.html
import type { Definitions, SearchParameter, SearchParamType } from '../fhir/definitions.ts'
import { FhirError } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/resource.ts'

/** `building`: entries are written for what comes in, but not yet for what stood there: searches are refused. */
export type ParameterState = 'building' | 'active'

/** One posted parameter, in the form in which it is kept. */
export interface CustomParameter {
  readonly parameter: SearchParameter
  readonly base: readonly string[]
  readonly state: ParameterState
}

const TYPES: readonly SearchParamType[] = [
  'number',
  'date',
  'string',
  'token',
  'reference',
  'quantity',
  'uri',
]

const isStrings = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')

/**
 * Returns the parameter that a SearchParameter resource adds, waiting for `$reindex`; undefined where it adds nothing:
 * not active, without an expression, of a type that is not served, or for codes that R4 itself defines.
 * Throws FhirError `unprocessable` where `assertCompiles` refuses its expression.
 */
export function toCustomParameter(
  resource: Resource,
  definitions: Definitions,
  assertCompiles: (type: string, parameter: SearchParameter) => void,
): CustomParameter | undefined {
  const { status, code, type, expression, url } = resource
  if (
    status !== 'active' ||
    typeof code !== 'string' ||
    typeof expression !== 'string' ||
    typeof url !== 'string'
  )
    return
  if (!TYPES.includes(type as SearchParamType)) return undefined
  const base = toBases(resource, definitions).filter((each) => !definitions.searchParameters(each).has(code))
  if (base.length === 0) return undefined
  const target = isStrings(resource['target']) ? resource['target'] : []
  const parameter: SearchParameter = {
    url,
    code,
    type: type as SearchParamType,
    expression,
    target,
    component: [],
  }
  for (const each of base) assertExpression(each, parameter, assertCompiles)
  return { parameter, base, state: 'building' }
}

function toBases(resource: Resource, definitions: Definitions): readonly string[] {
  const stated = isStrings(resource['base']) ? resource['base'] : []
  const all = stated.some((each) => each === 'Resource' || each === 'DomainResource')
  return all ? definitions.resourceTypes : stated.filter((each) => definitions.isResourceType(each))
}

function assertExpression(
  type: string,
  parameter: SearchParameter,
  assertCompiles: (type: string, parameter: SearchParameter) => void,
): void {
  try {
    assertCompiles(type, parameter)
  } catch {
    const diagnostics = `The expression of ${parameter.code} cannot be evaluated on ${type}`
    const expression = ['SearchParameter.expression']
    throw new FhirError('unprocessable', diagnostics, [
      { severity: 'error', code: 'invariant', diagnostics, expression },
    ])
  }
}

/** Returns `definitions` with the posted parameters among those of their base types. */
export function extendDefinitions(
  definitions: Definitions,
  customs: readonly CustomParameter[],
): Definitions {
  if (customs.length === 0) return definitions
  const extended = new Map<string, ReadonlyMap<string, SearchParameter>>()
  for (const type of new Set(customs.flatMap(({ base }) => base))) {
    const added = customs
      .filter(({ base }) => base.includes(type))
      .map(({ parameter }) => [parameter.code, parameter] as const)
    extended.set(type, new Map([...definitions.searchParameters(type), ...added]))
  }
  return {
    ...definitions,
    searchParameters: (type) => extended.get(type) ?? definitions.searchParameters(type),
  }
}

/** Returns the state of a parameter: those that R4 defines are always active. */
export function stateOf(customs: readonly CustomParameter[], type: string, code: string): ParameterState {
  return (
    customs.find(({ base, parameter }) => parameter.code === code && base.includes(type))?.state ?? 'active'
  )
}
