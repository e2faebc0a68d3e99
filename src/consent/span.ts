// Spans of time in ms, both ends within; partial dates widened in the server's zone (S3, Q36). https://hl7.org/fhir/R4/datatypes.html#Period
import { parseDateTime } from '../fhir/primitives.ts'
import { OPEN } from '../search/keys.ts'

/** Both ends are within it; an open end is ±OPEN, beyond every date. */
export interface Span {
  readonly from: number
  readonly to: number
}

export const ALWAYS: Span = { from: -OPEN, to: OPEN }

/**
 * Returns the span of a date or dateTime: a year, month or day from its first to its last millisecond, a time of day as
 * exactly that instant. Undefined where it is neither.
 */
export function toSpan(text: string, timeZone: string): Span | undefined {
  const range = parseDateTime(text, timeZone)
  if (!range) return undefined
  return { from: range.start, to: text.includes('T') ? range.start : range.end - 1 }
}

/** Returns the span of a Period; `end` is within it. Undefined where one of its ends is no date. */
export function periodSpan(
  { start, end }: { readonly start?: unknown; readonly end?: unknown },
  timeZone: string,
): Span | undefined {
  const first = start === undefined ? ALWAYS : typeof start === 'string' ? toSpan(start, timeZone) : undefined
  const last = end === undefined ? ALWAYS : typeof end === 'string' ? toSpan(end, timeZone) : undefined
  return first && last && { from: first.from, to: last.to }
}

/** Returns what lies in both; empty where `from` is above `to`. */
export function intersect(a: Span, b: Span): Span {
  return { from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) }
}

/** True where the instant lies within. */
export function holdsAt({ from, to }: Span, time: number): boolean {
  return from <= time && time <= to
}

/** True where all of `inner` lies within `outer` (M14 of a permit). */
export function contains(outer: Span, inner: Span): boolean {
  return outer.from <= inner.from && inner.to <= outer.to
}

/** True where they have an instant in common (M14 of a deny). */
export function overlaps(a: Span, b: Span): boolean {
  return a.from <= b.to && b.from <= a.to
}
