// The order of a result: sort keys, missing last in both directions, ties by rid; and where a page left off. https://hl7.org/fhir/R4/search.html#sort
import { compareAxis, type SortKey } from '../../search/query.ts'
import { entriesOf } from './compile.ts'
import type { Connection } from './connection.ts'
import type { Place } from './place.ts'
import { allOf, anyOf, join, raw, type Sql, sql, TRUE } from './sql.ts'

export type Key = number | string | null

/** A place in the order. */
export interface Position {
  readonly keys: readonly Key[]
  readonly rid: number
}

/** One resource in its place; `past`: the sequence of the replaced version to show, 0 for the current one. */
export interface Found extends Position {
  readonly past: number
}

/** What is wanted of one Selection. */
export interface Want {
  readonly sort: readonly SortKey[]
  readonly after?: Position
  readonly limit: number
  /** Resources changed after this write sequence are answered from their old versions; undefined where there are none. */
  readonly asOf?: number
}

/** Orders two places as the SQL does. */
export function comparePositions(sort: readonly SortKey[], a: Position, b: Position): number {
  for (const [i, { descending }] of sort.entries()) {
    const [x, y] = [a.keys[i]!, b.keys[i]!]
    if (x === y) continue
    if (x === null) return 1
    if (y === null) return -1
    const order = compareAxis(x, y)
    if (order !== 0) return descending ? -order : order
  }
  return a.rid - b.rid
}

/** Returns the sort value of the resource at `place`: the least of its values ascending, the greatest descending. */
export function compileKey(connection: Connection, key: SortKey, type: string, place: Place): Sql {
  if (key.param === '_id') return sql`substr(${place.ref}, ${type.length + 2})`
  const param = connection.paramId(`${type}.${key.param}`)
  if (param === undefined) return raw('NULL')
  const end = raw(`${key.descending ? 'max' : 'min'}(e${place.depth}.lo)`)
  return sql`(SELECT ${end} ${entriesOf(place, param)})`
}

/** Returns the condition that a row with these key columns stands after `after`. */
export function compileAfter(
  sort: readonly SortKey[],
  columns: readonly Sql[],
  rid: Sql,
  after: Position | undefined,
): Sql {
  if (!after) return TRUE
  return sort.reduceRight<Sql>((rest, { descending }, i) => {
    const [column, key] = [columns[i]!, after.keys[i] ?? null]
    if (key === null) return allOf([sql`${column} IS NULL`, rest])
    const beyond = descending ? sql`${column} < ${key}` : sql`${column} > ${key}`
    return anyOf([beyond, sql`${column} IS NULL`, allOf([sql`${column} = ${key}`, rest])])
  }, sql`${rid} > ${after.rid}`)
}

/** Returns the ORDER BY list over these columns. */
export function compileOrder(sort: readonly SortKey[], columns: readonly Sql[], rid: Sql): Sql {
  const terms = sort.map(
    ({ descending }, i) => sql`${columns[i]!} ${raw(descending ? 'DESC' : 'ASC')} NULLS LAST`,
  )
  return join([...terms, rid], ', ')
}
