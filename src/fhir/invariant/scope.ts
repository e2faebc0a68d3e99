// What a compiled rule is, and what it may ask of its surroundings. https://hl7.org/fhir/R4/fhirpath.html#variables
import type { Resource } from '../resource.ts'

/** What `%resource`, `%rootResource` and `resolve()` are. */
export interface InvariantScope {
  /** The nearest resource. */
  readonly resource: Resource
  /** The outermost one that is not a Bundle or Parameters. */
  readonly rootResource: Resource
  /** The outermost Bundle, for `resolve()` of its full URLs. */
  readonly bundle?: Resource
  /** Other resources that the caller may see, by literal reference; undefined for one that cannot be resolved. */
  readonly resolved?: ReadonlyMap<string, Resource | undefined>
  /** Whether a code is in a value set; undefined where that cannot be told. */
  readonly memberOf?: (value: unknown, valueSet: string) => boolean | undefined
  readonly conformsTo?: (value: unknown, profile: string) => boolean | undefined
}

/** False where the rule is violated (V15): an empty result, or one that cannot be told, is no violation. `companion`: a primitive's `_name`. */
export type CheckInvariant = (value: unknown, scope: InvariantScope, companion?: unknown) => boolean
