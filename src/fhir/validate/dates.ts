// The forms of date, dateTime, instant and time, read character by character. https://hl7.org/fhir/R4/datatypes.html#dateTime
import { isRealDate } from '../primitives.ts'

/** True of a year, a month or a day that exists, years 0001 to 9999. */
export function isDate(value: unknown): boolean {
  return typeof value === 'string' && dateLength(value) === value.length
}

/** True of a date, or of a day with a time to the second and an offset. */
export function isDateTime(value: unknown): boolean {
  if (typeof value !== 'string') return false
  const length = dateLength(value)
  return length === value.length || (length === 10 && isTimeWithOffset(value))
}

/** True of a day with a time to at least the second and an offset. */
export function isInstant(value: unknown): boolean {
  return typeof value === 'string' && dateLength(value) === 10 && isTimeWithOffset(value)
}

/** True of `hh:mm:ss`, with any digits behind a point, without an offset. */
export function isTime(value: unknown): boolean {
  return typeof value === 'string' && endOfTime(value, 0) === value.length
}

// Returns how many characters at the start are a real year, month or day: 4, 7, 10, or -1.
function dateLength(text: string): number {
  const year = two(text, 0) * 100 + two(text, 2)
  if (!(year >= 1)) return -1
  if (text.length === 4) return 4
  const month = text.charCodeAt(4) === 0x2d ? two(text, 5) : Number.NaN
  if (!(month >= 1 && month <= 12)) return -1
  if (text.length === 7) return 7
  const day = text.charCodeAt(7) === 0x2d ? two(text, 8) : Number.NaN
  return isRealDate(year, month, day) ? 10 : -1
}

function isTimeWithOffset(text: string): boolean {
  if (text.charCodeAt(10) !== 0x54) return false
  const at = endOfTime(text, 11)
  if (at < 0) return false
  const sign = text.charCodeAt(at)
  if (sign === 0x5a) return text.length === at + 1
  if ((sign !== 0x2b && sign !== 0x2d) || text.length !== at + 6 || text.charCodeAt(at + 3) !== 0x3a)
    return false
  const [hours, minutes] = [two(text, at + 1), two(text, at + 4)]
  return minutes <= 59 && (hours <= 13 || (hours === 14 && minutes === 0))
}

// Returns where a time that begins at `at` ends, or -1. A second 60 is one that R4 accepts.
function endOfTime(text: string, at: number): number {
  const colons = text.charCodeAt(at + 2) === 0x3a && text.charCodeAt(at + 5) === 0x3a
  if (!colons || !(two(text, at) <= 23 && two(text, at + 3) <= 59 && two(text, at + 6) <= 60)) return -1
  let end = at + 8
  if (text.charCodeAt(end) !== 0x2e) return end
  while (isDigit(text.charCodeAt(end + 1))) end++
  return end > at + 8 ? end + 1 : -1
}

// Two digits as a number, or NaN, with which every comparison is false.
function two(text: string, at: number): number {
  const [tens, ones] = [text.charCodeAt(at), text.charCodeAt(at + 1)]
  return isDigit(tens) && isDigit(ones) ? (tens - 48) * 10 + ones - 48 : Number.NaN
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}
