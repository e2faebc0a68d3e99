// The one reading of decimals and dates: digits, implicit precision, intervals. https://hl7.org/fhir/R4/datatypes.html
import { toInstant } from './time-zone.ts'

/** A number that must be written again as it was sent (`1.00`). `JSON.stringify` does so; `structuredClone` loses it. */
export interface RawNumber {
  readonly rawJSON: string
}

const { rawJSON, isRawJSON } = JSON as unknown as {
  rawJSON(text: string): RawNumber
  isRawJSON(value: unknown): boolean
}

/** Returns a number that is written as `text`, which must be a JSON number. */
export function toRawNumber(text: string): RawNumber {
  return rawJSON(text)
}

/** True of a number kept as text. An object that a client sent with a property `rawJSON` is none. */
export function isRawNumber(value: unknown): value is RawNumber {
  return typeof value === 'object' && value !== null && isRawJSON(value)
}

/** True of both representations of a JSON number. */
export function isNumber(value: unknown): value is number | RawNumber {
  return typeof value === 'number' || isRawNumber(value)
}

/** Returns the number as it was sent. */
export function decimalText(value: number | RawNumber): string {
  return typeof value === 'number' ? String(value) : value.rawJSON
}

/** Returns the nearest double; ±Infinity where it lies beyond. */
export function toNumber(value: number | RawNumber): number {
  return typeof value === 'number' ? value : Number(value.rawJSON)
}

/** True where both are the same number however written (`1.0`, `1.00`, `1e0`), compared by digits, not as doubles. */
export function sameNumber(a: number | RawNumber, b: number | RawNumber): boolean {
  const [x, y] = [decimalText(a), decimalText(b)]
  return x === y || normalDigits(x) === normalDigits(y)
}

// Sign, digits without zeros at either end, exponent of the last one; text that is beyond DECIMAL stays as it is.
function normalDigits(text: string): string {
  const match = DECIMAL.exec(text)
  if (!match) return text
  const [, sign, whole, fraction = '', exponent = '0'] = match
  const digits = (whole + fraction).replace(/^0+/, '')
  const kept = digits.replace(/0+$/, '')
  if (kept === '') return '0'
  return `${sign === '-' ? '-' : ''}${kept}e${Number(exponent) - fraction.length + digits.length - kept.length}`
}

/** A decimal with its implicit precision: `[lo, hi)` is `value` plus and minus half a unit of its last digit. */
export interface DecimalRange {
  readonly value: number
  readonly lo: number
  readonly hi: number
}

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,6}))?$/

/**
 * Returns the range of a decimal written as `text`, or undefined where it is none. `100` is 99.5…100.5, `5.40` is
 * 5.395…5.405; an exponent moves the last digit with it: `1e2` is 50…150. The bounds are the doubles nearest to the exact
 * decimal bounds, so that equal decimals of equal precision have equal bounds. https://hl7.org/fhir/R4/search.html#number
 */
export function decimalRange(text: string): DecimalRange | undefined {
  const match = DECIMAL.exec(text)
  if (!match) return undefined
  const [, sign, whole, fraction = '', exponent = '0'] = match
  const digits = whole + fraction
  const scale = Number(exponent) - fraction.length
  const value = Number(text) || 0
  const [below, above] = halfAUnitAround(sign === '-' ? `-${digits}` : digits)
  return { value, lo: Number(`${below}e${scale - 1}`), hi: Number(`${above}e${scale - 1}`) }
}

// In units of a tenth of the last digit; BigInt where the digits outgrow a double.
function halfAUnitAround(digits: string): readonly [number | bigint, number | bigint] {
  if (digits.length < 15) {
    const tenths = Number(digits) * 10
    return [tenths - 5, tenths + 5]
  }
  const tenths = BigInt(digits) * 10n
  return [tenths - 5n, tenths + 5n]
}

/** An interval of time, half open, in ms since 1970-01-01T00:00Z; fractions of a ms are kept. */
export interface TimeRange {
  readonly start: number
  readonly end: number
}

const DATE_TIME = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/

const MINUTE = 60_000
const DAY = 86_400_000

/**
 * Returns the interval that a date, dateTime or instant stands for, or undefined where it is none (not a real date, `24:00`,
 * an offset beyond 14 hours). Minutes alone and a missing offset are read too, as in search values; what has no offset
 * is read in `timeZone` (IANA). The interval is as long as the last part given: a year, month, day, minute or second.
 * A value with a fraction of a second is an instant: its interval is one step of a double (0.25 µs in our time), so that
 * `[start, end)` holds that instant alone. Second 60 is the first second of the next minute.
 */
export function parseDateTime(text: string, timeZone: string): TimeRange | undefined {
  const match = DATE_TIME.exec(text)
  if (!match) return undefined
  const year = Number(match[1])
  const month = match[2] === undefined ? 1 : Number(match[2])
  const day = match[3] === undefined ? 1 : Number(match[3])
  if (!isRealDate(year, month, day)) return undefined
  const date = dayNumber(year, month, day) * DAY
  if (match[4] !== undefined) return timeRange(date, match, timeZone)
  const start = toInstant(date, timeZone)
  return { start, end: toInstant(dayAfter(match, year, month, day) * DAY, timeZone) }
}

function dayAfter(match: RegExpExecArray, year: number, month: number, day: number): number {
  if (match[3] !== undefined) return dayNumber(year, month, day) + 1
  if (match[2] === undefined) return dayNumber(year + 1, 1, 1)
  return month === 12 ? dayNumber(year + 1, 1, 1) : dayNumber(year, month + 1, 1)
}

function timeRange(date: number, match: RegExpExecArray, timeZone: string): TimeRange | undefined {
  const hour = Number(match[4])
  const minute = Number(match[5])
  const second = match[6] === undefined ? 0 : Number(match[6])
  const offset = match[8] === undefined ? 0 : parseOffset(match[8])
  if (hour > 23 || minute > 59 || second > 60 || offset === undefined) return undefined
  const local = date + (hour * 60 + minute) * MINUTE + second * 1000
  const toUtc = (wall: number) => (match[8] === undefined ? toInstant(wall, timeZone) : wall - offset)
  if (match[7] !== undefined) return instantAt(toUtc(local), match[7])
  return { start: toUtc(local), end: toUtc(local + (match[6] === undefined ? MINUTE : 1000)) }
}

function instantAt(second: number, fraction: string): TimeRange {
  const start = second + Number(`${fraction}e3`)
  return { start, end: nextUp(start) }
}

function parseOffset(text: string): number | undefined {
  if (text === 'Z') return 0
  const hours = Number(text.slice(1, 3))
  const minutes = Number(text.slice(4))
  if (minutes > 59 || hours * 60 + minutes > 14 * 60) return undefined
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * MINUTE
}

/** True of a day that the (proleptic) Gregorian calendar has, year 1 to 9999. */
export function isRealDate(year: number, month: number, day: number): boolean {
  return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month)
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

// Days since 1970-01-01. Years are counted from March, so that the leap day comes last. Date.UTC reads years 0–99 as 19xx.
function dayNumber(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  return 365 * y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - 719_468
}

const double = new Float64Array(1)
const bits = new BigInt64Array(double.buffer)

// The least double above a finite one.
function nextUp(value: number): number {
  if (value === 0) return Number.MIN_VALUE
  double[0] = value
  bits[0]! += value > 0 ? 1n : -1n
  return double[0]!
}
