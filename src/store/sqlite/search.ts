// A page of a search: matches in order, what they include, the total, and where the next page begins. https://hl7.org/fhir/R4/search.html
import type { Cursor, SearchPlan } from '../../access/plan.ts'
import type { Query } from '../../search/query.ts'
import type { Page } from '../store.ts'
import type { Connection } from './connection.ts'
import { countMatches } from './count.ts'
import { findIncluded } from './include.ts'
import { comparePositions, type Found, type Want } from './order.ts'
import { find, findChanged } from './planner.ts'
import { countChanged, inSnapshot, lastSeq, loadFound, type Meter } from './snapshot.ts'

/**
 * Returns one page. Without `_sort` the order is that in which the resources were first made, oldest first. The whole
 * walk shows what stood at the sequence of its first page: nothing made later, and what was changed since in its old
 * place and version, where it still stands and the policy still shows it. Chains and `_has` look at what is current.
 * With `budget` (index rows that may be looked at) returns 'heavy' where the answer would cost more.
 */
export function searchPage(connection: Connection, data: SearchPlan, budget?: number): Page | 'heavy' {
  const meter = budget === undefined ? undefined : { left: budget }
  return inSnapshot(connection, () => readPage(connection, data, meter))
}

function readPage(
  connection: Connection,
  { query, after }: SearchPlan,
  meter: Meter | undefined,
): Page | 'heavy' {
  const last = lastSeq(connection)
  const asOf = after?.asOf ?? last
  const want: Want = {
    sort: query.sort,
    after,
    limit: query.count + 1,
    ...(asOf < last && { asOf }),
  }
  const found = query.count === 0 ? [] : findAll(connection, query, want, meter)
  if (found === 'heavy') return found
  const total = totalOf(connection, query, after, found, meter)
  if (total === 'heavy') return total
  const page = found.slice(0, query.count)
  const included = findIncluded(connection, query.includes, page)
  return {
    matches: loadFound(connection, page),
    included: loadFound(connection, included.found),
    ...(included.cut && { includesCut: true }),
    ...(found.length > page.length && { next: toCursor(page.at(-1)!, asOf, total) }),
    ...(total !== undefined && { total }),
    asOf,
  }
}

function toCursor({ keys, rid }: Found, asOf: number, total: number | undefined): Cursor {
  return total === undefined ? { asOf, keys, rid } : { asOf, keys, rid, total }
}

function findAll(
  connection: Connection,
  { select, sort }: Query,
  want: Want,
  meter: Meter | undefined,
): Found[] | 'heavy' {
  const { asOf } = want
  const changed = asOf === undefined ? 0 : countChanged(connection, asOf, (meter?.left ?? 0) + 1)
  if (meter) meter.left -= changed
  if (meter && meter.left < 0) return 'heavy'
  const all: Found[] = []
  for (const selection of select) {
    const found = find(connection, selection, want, meter)
    if (found === 'heavy') return found
    all.push(...found)
    if (asOf !== undefined && changed > 0) all.push(...findChanged(connection, selection, want, asOf))
  }
  const mixed = select.length > 1 || changed > 0
  return mixed ? all.sort((a, b) => comparePositions(sort, a, b)).slice(0, want.limit) : all
}

// Counted once, on the first page, and carried along: the walk is bound to that moment.
function totalOf(
  connection: Connection,
  { select, count, total }: Query,
  after: Cursor | undefined,
  found: readonly Found[],
  meter: Meter | undefined,
): number | 'heavy' | undefined {
  if (after) return after.total
  if (total === 'none') return undefined
  if (count > 0 && found.length <= count) return found.length
  let sum = 0
  for (const selection of select) {
    const matches = countMatches(connection, selection, meter)
    if (matches === 'heavy') return matches
    sum += matches
  }
  return sum
}
