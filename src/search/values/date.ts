// Dates and periods as intervals of time. https://hl7.org/fhir/R4/search.html#date
import { parseDateTime, type TimeRange } from '../../fhir/primitives.ts'
import { OPEN } from '../keys.ts'
import { type CompileValue, isText, listOf, type Period } from './context.ts'

interface Timing {
  readonly event?: readonly string[]
  readonly repeat?: { readonly boundsPeriod?: Period }
}

/**
 * `[start, end)` in ms. A Period without one end is open there, at ±1e17. A Timing is the outer bounds of its events and of its
 * `boundsPeriod`; a duration alone says when nothing happens.
 */
export const compileDate: CompileValue = ({ emit, timeZone }, param, { type }) => {
  const parse = (text: unknown) => (isText(text) ? parseDateTime(text, timeZone) : undefined)
  const write = (range: TimeRange | undefined) => {
    if (range) emit(param, range.start, range.end)
  }
  switch (type) {
    case 'date':
    case 'dateTime':
    case 'instant':
      return (value) => write(parse(value))
    case 'Period':
      return (value) => write(toRange(value as Period, parse))
    case 'Timing':
      return (value) => write(outerBounds(value as Timing, parse))
  }
  return undefined
}

type Parse = (text: unknown) => TimeRange | undefined

function toRange({ start, end }: Period, parse: Parse): TimeRange | undefined {
  const [from, to] = [parse(start), parse(end)]
  return from || to ? { start: from?.start ?? -OPEN, end: to?.end ?? OPEN } : undefined
}

function outerBounds({ event, repeat }: Timing, parse: Parse): TimeRange | undefined {
  const bounds = repeat?.boundsPeriod && toRange(repeat.boundsPeriod, parse)
  let [start, end] = [bounds?.start ?? Infinity, bounds?.end ?? -Infinity]
  for (const each of listOf(event)) {
    const range = parse(each)
    if (!range) continue
    start = Math.min(start, range.start)
    end = Math.max(end, range.end)
  }
  return start < end ? { start, end } : undefined
}
