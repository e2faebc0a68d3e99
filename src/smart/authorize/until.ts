// Until when an app may go on: whole days in the server's zone, so that the day that is shown is the day that counts.
import { dayStart, toDayNumber } from '../../consent/day.ts'
import { toSpan } from '../../consent/span.ts'
import { type Words, words } from '../describe/words.ts'
import type { Form } from '../form.ts'

/** Choices as the form names them, in the order they are offered. */
export const UNTIL: Readonly<Record<string, Words>> = {
  day: words('until tomorrow', '明日まで'),
  'this-month': words('until the end of this month', '今月末まで'),
  'next-month': words('until the end of next month', '来月末まで'),
  quarter: words('for 3 months', '3か月'),
  year: words('for 1 year', '1年'),
  open: words('until I end it', '自分で取り消すまで'),
  date: words('until a day that I choose', '日を指定する'),
}

export const UNTIL_FIELD = 'until'
export const DATE_FIELD = 'until-date'
export const STANDARD_UNTIL = 'quarter'

const DAY_MS = 86_400_000

/** Returns the last instant (ms) of a choice; undefined for one without an end. `date` is read by `readUntil`. */
export function endOf(choice: string, now: number, timeZone: string): number | undefined {
  const today = new Date(toDayNumber(now, timeZone) * DAY_MS)
  const [year, month, day] = [today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate()]
  const lastOf = (months: number) => Date.UTC(year, month + months + 1, 0)
  // The 31st of a month without one is its last day.
  const after = (months: number) => Math.min(Date.UTC(year, month + months, day), lastOf(months))
  switch (choice) {
    case 'day':
      return endOfDay(Date.UTC(year, month, day + 1), timeZone)
    case 'this-month':
      return endOfDay(lastOf(0), timeZone)
    case 'next-month':
      return endOfDay(lastOf(1), timeZone)
    case 'quarter':
      return endOfDay(after(3), timeZone)
    case 'year':
      return endOfDay(after(12), timeZone)
    default:
      return undefined
  }
}

function endOfDay(utc: number, timeZone: string): number {
  return dayStart(utc / DAY_MS + 1, timeZone) - 1
}

export type Until =
  | { readonly kind: 'until'; readonly until?: number }
  /** No date, one that has passed, or one beyond the longest that may be asked. */
  | { readonly kind: 'invalid' }

const MAX_YEARS = 50

/** Returns what a posted form says; a choice that is not known is never read as one without end. */
export function readUntil(form: Form, now: number, timeZone: string): Until {
  const choice = form[UNTIL_FIELD] ?? ''
  if (!Object.hasOwn(UNTIL, choice)) return { kind: 'invalid' }
  if (choice === 'open') return { kind: 'until' }
  if (choice !== 'date') return { kind: 'until', until: endOf(choice, now, timeZone)! }
  const date = form[DATE_FIELD] ?? ''
  const end = /^\d{4}-\d\d-\d\d$/.test(date) ? toSpan(date, timeZone)?.to : undefined
  const isNear = end !== undefined && end >= now && end < now + MAX_YEARS * 366 * DAY_MS
  return isNear ? { kind: 'until', until: end } : { kind: 'invalid' }
}
