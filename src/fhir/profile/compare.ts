// Whether a value is the one that a profile fixes, holds its pattern, or lies within its bounds. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.pattern_x_
import { isNumber, parseDateTime, sameNumber, toNumber } from '../primitives.ts'

/** True where both are the same to the letter; numbers by value, properties in any order. */
export function isSame(a: unknown, b: unknown): boolean {
  if (isNumber(a) || isNumber(b)) return isNumber(a) && isNumber(b) && sameNumber(a, b)
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((each, i) => isSame(each, b[i]))
  if (!isObject(a) || !isObject(b) || Array.isArray(b)) return a === b
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => isSame(a[name], b[name]))
}

/** True where `value` has all that `pattern` has: each property, and for each item of an array some item. */
export function holdsPattern(value: unknown, pattern: unknown): boolean {
  if (Array.isArray(pattern))
    return Array.isArray(value) && pattern.every((each) => value.some((one) => holdsPattern(one, each)))
  if (isNumber(pattern) || !isObject(pattern)) return isSame(value, pattern)
  if (!isObject(value)) return false
  return Object.entries(pattern).every(([name, each]) => holdsPattern(value[name], each))
}

/** Returns a number below, at or above 0 as `value` is less, equal or more than `bound`; undefined where they cannot be compared. */
export function compareTo(value: unknown, bound: unknown): number | undefined {
  if (isNumber(value) && isNumber(bound)) return toNumber(value) - toNumber(bound)
  if (typeof value === 'string' && typeof bound === 'string') return compareTimes(value, bound)
  if (!isObject(value) || !isObject(bound)) return undefined
  // Quantities: only in the same unit.
  if (value['code'] !== bound['code'] || value['system'] !== bound['system']) return undefined
  return compareTo(value['value'], bound['value'])
}

function compareTimes(value: string, bound: string): number | undefined {
  const [a, b] = [parseDateTime(value, 'UTC'), parseDateTime(bound, 'UTC')]
  if (a && b) return a.start >= b.end ? 1 : a.end <= b.start ? -1 : 0
  const times = /^\d\d:\d\d:\d\d/
  return times.test(value) && times.test(bound) ? (value < bound ? -1 : value > bound ? 1 : 0) : undefined
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
