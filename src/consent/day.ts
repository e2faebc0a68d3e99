// Calendar days in the server's zone.
import { toSpan } from './span.ts'

const DAY_MS = 86_400_000

const formats = new Map<string, Intl.DateTimeFormat>()

// What four digits of a year can write; the ends of an open period lie beyond it, and beyond what a Date can hold.
const [FIRST, LAST] = [Date.UTC(1000, 0, 2), Date.UTC(9999, 11, 30)]

/**
 * Returns the number of the calendar day (since 1970-01-01) that the instant (ms) falls on in `timeZone`; of one before the
 * year 1000 or after 9999 the nearest day of these.
 */
export function toDayNumber(time: number, timeZone: string): number {
  let format = formats.get(timeZone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
    formats.set(timeZone, format)
  }
  return Date.parse(`${format.format(Math.min(Math.max(time, FIRST), LAST))}T00:00:00Z`) / DAY_MS
}

/** Returns the first instant (ms) of a calendar day in `timeZone`. */
export function dayStart(day: number, timeZone: string): number {
  return toSpan(new Date(day * DAY_MS).toISOString().slice(0, 10), timeZone)!.from
}
