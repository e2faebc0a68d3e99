// What a search says of time and id, so that other rows are passed over without being looked into. https://hl7.org/fhir/R4/search.html#date
import type { Axis, Expr, Match } from '../../search/query.ts'

/** Instants in ms, a little wider than asked: each row within is still asked exactly. */
export interface TimeBounds {
  readonly from?: number
  readonly to?: number
}

const SLACK_MS = 1_000
const TIMES = new Set(['date', '_lastUpdated'])

/** Returns the bounds that every event satisfying `where` lies within. */
export function boundsOf(where: Expr): TimeBounds {
  const matches = where.kind === 'and' ? where.of : [where]
  const times = matches.filter((each): each is Match => each.kind === 'match' && TIMES.has(each.param))
  const from = Math.max(...times.flatMap(({ lo, hi }) => [...numbers(lo?.min), ...numbers(hi?.min)]))
  const to = Math.min(...times.flatMap(({ lo, hi }) => [...numbers(lo?.max), ...numbers(hi?.max)]))
  return {
    ...(Number.isFinite(from) && { from: from - SLACK_MS }),
    ...(Number.isFinite(to) && { to: to + SLACK_MS }),
  }
}

/** Returns the one id that every event satisfying `where` has, where it names one. */
export function idIn(where: Expr): string | undefined {
  const matches = where.kind === 'and' ? where.of : [where]
  const named = matches.find((each) => each.kind === 'match' && each.param === '_id')
  const { min, max } = (named as Match | undefined)?.lo ?? {}
  return typeof min === 'string' && min === max ? min : undefined
}

function numbers(value: Axis | undefined): readonly number[] {
  return typeof value === 'number' ? [value] : []
}
