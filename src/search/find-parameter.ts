// A parameter by its code, or a refusal that names it. https://hl7.org/fhir/R4/search.html#errors
import type { SearchParameter } from '../fhir/definitions.ts'
import { FhirError } from '../fhir/outcome.ts'
import { type SearchContext, show } from './context.ts'
import { type Served, servedBy } from './params.ts'

/** A parameter of a type, and how it is served. */
export interface Found {
  readonly parameter: SearchParameter
  readonly served: Served
}

/** Returns parameter `code` of `type`; throws FhirError `not-supported` where there is none, or none that is served yet. */
export function findParameter(context: SearchContext, type: string, code: string): Found {
  const parameter = context.definitions.searchParameters(type).get(code)
  const served = parameter && servedBy(context.definitions, type, code)
  if (!parameter || !served || served.kind === 'none')
    throw new FhirError('not-supported', `${type} has no search parameter ${show(code)} that is served here`)
  if (context.parameterState?.(type, code) === 'building')
    throw new FhirError(
      'not-supported',
      `The search parameter ${show(code)} is not in force yet: it waits for $reindex`,
    )
  return { parameter, served }
}
