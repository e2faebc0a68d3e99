// Calendar days in the server's zone.
const DAY_MS = 86_400_000

const formats = new Map<string, Intl.DateTimeFormat>()

/** Returns the number of the calendar day (since 1970-01-01) that the instant (ms) falls on in `timeZone`. */
export function toDayNumber(time: number, timeZone: string): number {
  let format = formats.get(timeZone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
    formats.set(timeZone, format)
  }
  return Date.parse(`${format.format(time)}T00:00:00Z`) / DAY_MS
}
