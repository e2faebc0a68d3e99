// The rules that StructureDefinitions state in FHIRPath: by hand where they are met all the time, else by the engine. https://hl7.org/fhir/R4/conformance-rules.html#constraints
import { type ConstraintText, compileByEngine } from './invariant/engine.ts'
import { NATIVE } from './invariant/native.ts'
import type { CheckInvariant } from './invariant/scope.ts'

export type { ConstraintText } from './invariant/engine.ts'
export type { CheckInvariant, InvariantScope } from './invariant/scope.ts'

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
  const native = Object.hasOwn(NATIVE, constraint.key) ? NATIVE[constraint.key] : undefined
  if (native && native.expression === constraint.expression) return native.holds
  const compiled = compileByEngine(constraint, path, (reason) => unevaluable.set(constraint.key, reason))
  if (typeof compiled !== 'function') unevaluable.set(constraint.key, compiled.reason)
  return compiled
}
