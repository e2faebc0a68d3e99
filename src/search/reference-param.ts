// Reference parameters with entries of their own, and what they may point at. https://hl7.org/fhir/R4/search.html#reference
import type { Definitions } from '../fhir/definitions.ts'
import { servedBy } from './params.ts'

/** Returns the name of an index parameter without what stands behind a colon (`subject:identifier`). */
export function cutSuffix(param: string): string {
  const at = param.indexOf(':')
  return at < 0 ? param : param.slice(0, at)
}

/** Returns the types that reference parameter `code` of `type` may point at; undefined where it is none. */
export function referenceParam(
  definitions: Definitions,
  type: string,
  code: string,
): readonly string[] | undefined {
  const parameter = definitions.searchParameters(type).get(code)
  if (parameter?.type !== 'reference' || servedBy(definitions, type, code)?.kind !== 'own') return undefined
  return parameter.target.length > 0 ? parameter.target : definitions.resourceTypes
}
