// The rules that StructureDefinitions state in FHIRPath. https://hl7.org/fhir/R4/conformance-rules.html#constraints
import type { Resource } from './resource.ts'

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
}

/** False where the rule is violated; an empty result, or one that cannot be told, is none. */
export type CheckInvariant = (value: unknown, scope: InvariantScope, companion?: unknown) => boolean

export interface ConstraintText {
  readonly key: string
  readonly expression: string
}

export function compileInvariant(
  _constraint: ConstraintText,
  _path: string,
): CheckInvariant | { readonly reason: string } {
  return { reason: 'not compiled yet' }
}

export function isCovered({ key }: ConstraintText): boolean {
  return ['ele-1', 'ext-1', 'dom-2', 'dom-3', 'dom-4', 'dom-5', 'ref-1', 'txt-1'].includes(key)
}
