// What reading a search needs to know. https://hl7.org/fhir/R4/search.html
import type { Definitions } from '../fhir/definitions.ts'
import type { Terminology } from '../fhir/terminology.ts'
import type { ParameterState } from './custom.ts'

export interface SearchContext {
  readonly definitions: Definitions
  readonly terminology: Terminology
  readonly settings: {
    readonly timeZone: string
    readonly baseUrl: string
    readonly defaultCount: number
    readonly maxCount: number
  }
  /** Posted parameters are refused while they are built. */
  readonly parameterState?: (type: string, code: string) => ParameterState
}

/** Links of a chain or `_has`, at most. */
export const MAX_DEPTH = 8

/** Types that the links of one chain may branch to, taken together. */
export const MAX_BRANCHES = 2_000

/** Values of one search, at most: an OR list of ids is the longest that is meant. */
export const MAX_VALUES = 2_000

/** Returns `name` as it may be shown in an outcome: quoted, and cut where it is long. */
export function show(name: string): string {
  return JSON.stringify(name.length > 64 ? `${name.slice(0, 64)}…` : name)
}
