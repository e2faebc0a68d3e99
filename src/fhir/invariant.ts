// The rules that StructureDefinitions state in FHIRPath: by hand where they are met all the time, else by the engine. https://hl7.org/fhir/R4/conformance-rules.html#constraints
import { type ConstraintText, compileByEngine } from './invariant/engine.ts'
import { NATIVE } from './invariant/native.ts'
import type { Resource } from './resource.ts'

export type { ConstraintText } from './invariant/engine.ts'

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

/** Stated by nearly every element, and part of the structure or of the rules of whole resources. */
const COVERED: ReadonlySet<string> = new Set([
  'ele-1',
  'ext-1',
  'dom-2',
  'dom-3',
  'dom-4',
  'dom-5',
  'ref-1',
  'txt-1',
  'txt-2',
])

/** True of a rule of R4 that is checked elsewhere. */
export function isCovered({ key }: ConstraintText): boolean {
  return COVERED.has(key)
}

const unevaluable = new Map<string, string>()

/** Rules that turned out not to be FHIRPath, or to fail when they ran, each with the reason; they were taken to hold. */
export function listUnevaluable(): readonly { readonly key: string; readonly reason: string }[] {
  return [...unevaluable].map(([key, reason]) => ({ key, reason }))
}

/**
 * Returns the check of a rule on elements defined at `path` (`Observation.component`, `Quantity`), or the reason why it
 * cannot be evaluated.
 */
export function compileInvariant(
  constraint: ConstraintText,
  path: string,
): CheckInvariant | { readonly reason: string } {
  const native = NATIVE[constraint.key]
  if (native && native.expression === constraint.expression) return native.holds
  const compiled = compileByEngine(constraint, path, (reason) => unevaluable.set(constraint.key, reason))
  if (typeof compiled !== 'function') unevaluable.set(constraint.key, compiled.reason)
  return compiled
}
