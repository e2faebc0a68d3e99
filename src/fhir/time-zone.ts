// Wall-clock time in an IANA zone to instants, with daylight saving, without a call to Intl per value. https://hl7.org/fhir/R4/datatypes.html#dateTime

// Zones do not change and change back within a week, so equal offsets at both ends hold in between.
const WEEK = 604_800_000
const MAX_WEEKS = 20_000

interface Zone {
  readonly format: Intl.DateTimeFormat
  /** Offset in ms throughout a week, by the week's number; NaN for a week with a change in it. */
  readonly weeks: Map<number, number>
}

const zones = new Map<string, Zone>()

/**
 * Returns the instant, in ms, at which clocks in `timeZone` show `wallMs` (ms since 1970-01-01T00:00 on the wall). A time
 * that stands twice is the earlier one; a time that is skipped is read with the offset before the change.
 * Throws RangeError where there is no such zone.
 */
export function toInstant(wallMs: number, timeZone: string): number {
  const zone = zones.get(timeZone) ?? openZone(timeZone)
  const before = offsetAt(zone, wallMs - 86_400_000)
  const after = offsetAt(zone, wallMs + 86_400_000)
  const early = wallMs - before
  if (before === after || offsetAt(zone, early) === before) return early
  const late = wallMs - after
  return offsetAt(zone, late) === after ? late : early
}

function openZone(timeZone: string): Zone {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
  const zone: Zone = { format, weeks: new Map() }
  zones.set(timeZone, zone)
  return zone
}

function offsetAt(zone: Zone, instant: number): number {
  const week = Math.floor(instant / WEEK)
  let offset = zone.weeks.get(week)
  if (offset === undefined) {
    const start = readOffset(zone, week * WEEK)
    offset = start === readOffset(zone, (week + 1) * WEEK) ? start : Number.NaN
    if (zone.weeks.size >= MAX_WEEKS) zone.weeks.clear()
    zone.weeks.set(week, offset)
  }
  return Number.isNaN(offset) ? readOffset(zone, instant) : offset
}

// Intl writes `GMT`, `GMT+09:00` or, before standard time, `GMT+09:18:59`.
function readOffset(zone: Zone, instant: number): number {
  const name = zone.format.formatToParts(instant).find((part) => part.type === 'timeZoneName')?.value ?? ''
  const match = /([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(name.replace('\u2212', '-'))
  if (!match) return 0
  const seconds = Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0)
  return (match[1] === '-' ? -1 : 1) * seconds * 1000
}
