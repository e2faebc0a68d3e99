// What one value of an element must be: the checks that an element asks for beyond another. https://hl7.org/fhir/R4/elementdefinition.html
import { compileInvariant, isCovered } from '../invariant.ts'
import { stringifyJson } from '../json.ts'
import type { Author, Known } from './author.ts'
import { toBindingCheck } from './binding.ts'
import { compareTo, holdsPattern, isSame } from './compare.ts'
import type { Constraint, StructureElement } from './structure.ts'
import { toTargetCheck } from './target.ts'
import { type Check, findQuietly, report } from './visit.ts'
import type { Compiled } from './world.ts'

/**
 * Returns the checks of a single value that `element` asks for and `known` does not. How many there may be, slices and what lies beneath it
 * are not in it.
 */
export function toElementChecks(
  compiled: Compiled,
  element: StructureElement,
  known: Known,
  author: Author,
): readonly Check[] {
  const { binding } = element
  const isNewBinding =
    binding !== undefined &&
    (binding.strength !== known.binding?.strength || binding.valueSet !== known.binding?.valueSet)
  return [
    ...toValueChecks(element, author),
    ...toTypeProfileChecks(compiled, element, known),
    ...toTargetCheck(compiled, element, known, author),
    ...(isNewBinding ? toBindingCheck(compiled, binding, author) : []),
    ...element.constraints
      .filter((each) => !known.constraints.has(each.key) && !isCovered(each))
      .flatMap((each) => toConstraintCheck(each, element.path, author)),
  ]
}

function toValueChecks(element: StructureElement, author: Author): Check[] {
  const { fixed, pattern, minValue, maxValue, maxLength } = element
  const checks: Check[] = []
  const add = (
    rule: string,
    facts: Readonly<Record<string, string | number>>,
    holds: (value: unknown) => boolean,
  ) =>
    checks.push((value, visit) => {
      if (value !== undefined && !holds(value)) report(visit, { rule, facts: { ...facts, ...author } })
    })
  if (fixed !== undefined) add('fixed', { fixed: quote(fixed) }, (value) => isSame(value, fixed))
  if (pattern !== undefined)
    add('pattern', { pattern: quote(pattern) }, (value) => holdsPattern(value, pattern))
  if (minValue !== undefined)
    add('min-value', { bound: quote(minValue) }, (value) => (compareTo(value, minValue) ?? 0) >= 0)
  if (maxValue !== undefined)
    add('max-value', { bound: quote(maxValue) }, (value) => (compareTo(value, maxValue) ?? 0) <= 0)
  if (maxLength !== undefined) checks.push(toLengthCheck(maxLength, author))
  return checks
}

// In characters, as people count them.
function toLengthCheck(max: number, author: Author): Check {
  return (value, visit) => {
    if (typeof value !== 'string' || value.length <= max) return
    const found = [...value].length
    if (found > max) report(visit, { rule: 'max-length', facts: { max, found, ...author } })
  }
}

// An extension is held to its own definition wherever it stands (`extension.ts`).
function toTypeProfileChecks(compiled: Compiled, element: StructureElement, known: Known): Check[] {
  const before = new Set(known.types.flatMap(({ profile = [] }) => profile))
  const profiles = element.types
    .filter(({ code }) => code !== 'Extension')
    .flatMap(({ profile = [] }) => profile)
    .filter((each) => !before.has(each))
  // Of a choice each type has its own profiles; which of them is meant is for its slices to say.
  if (profiles.length === 0 || element.types.length > 1) return []
  if (profiles.length === 1) return [(value, visit) => compiled.profile(profiles[0]!, visit)?.(value, visit)]
  return [(value, visit) => checkAnyOf(compiled, profiles, value, visit)]
}

function checkAnyOf(
  compiled: Compiled,
  profiles: readonly string[],
  ...[value, visit]: Parameters<Check>
): void {
  const checks = profiles.flatMap((each) => compiled.profile(each, visit) ?? [])
  if (checks.length < profiles.length) return
  if (!checks.some((check) => findQuietly(check, value, visit).length === 0)) checks[0]?.(value, visit)
}

function toConstraintCheck(constraint: Constraint, path: string, author: Author): Check[] {
  const holds = compileInvariant(constraint, path)
  if (typeof holds !== 'function') return []
  const { key, human, severity } = constraint
  return [
    (value, visit, companion) => {
      if (severity === 'warning' && visit.level === 'errors') return
      if (!holds(value, visit.scope, companion))
        report(visit, { rule: 'invariant', about: key, facts: { human, ...author }, severity })
    },
  ]
}

/** Returns a value as a sentence shows it. */
export function quote(value: unknown): string {
  const text = stringifyJson(value) ?? ''
  return text.length > 120 ? `${text.slice(0, 120)}…` : text
}
