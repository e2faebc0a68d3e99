// Conditions of a Match on the two ends of one row, and on the id of a resource.
import { ANY_TYPE, type Bounds, type Match, toPoint } from '../../search/query.ts'
import { allOf, raw, type Sql, sql } from './sql.ts'

/** Returns the condition that the entry row `alias` lies where `match` asks. */
export function compileBounds(match: Match, alias: string): Sql {
  const column = raw(`${alias}.lo`)
  return allOf([
    ...within(column, match.lo),
    ...within(raw(`${alias}.hi`), match.hi),
    ...compileText(column, match),
  ])
}

// substr counts from the end where it starts below 0; an empty end is the end of every text.
function compileText(column: Sql, { contains, endsWith }: Match): Sql[] {
  if (contains === undefined && endsWith === undefined) return []
  const parts = [sql`typeof(${column}) = 'text'`]
  if (contains) parts.push(sql`instr(${column}, ${contains}) > 0`)
  if (endsWith) parts.push(sql`substr(${column}, -length(${endsWith})) = ${endsWith}`)
  return parts
}

function within(column: Sql, { min, max, minOpen, maxOpen }: Bounds = {}): Sql[] {
  if (min !== undefined && min === max && !minOpen && !maxOpen) return [sql`${column} = ${min}`]
  const parts: Sql[] = []
  if (min !== undefined) parts.push(minOpen ? sql`${column} > ${min}` : sql`${column} >= ${min}`)
  if (max !== undefined) parts.push(maxOpen ? sql`${column} < ${max}` : sql`${column} <= ${max}`)
  return parts
}

/** Returns the condition on `_id`, which is answered from `ref` ('Type/id'); both ends of the entry are the id. */
export function compileId(match: Match, type: string, ref: Sql): Sql {
  const point = toPoint(match)
  if (typeof point === 'string' && type !== ANY_TYPE) return sql`${ref} = ${`${type}/${point}`}`
  const id = type === ANY_TYPE ? idOf(ref) : sql`substr(${ref}, ${type.length + 2})`
  return allOf([...within(id, match.lo), ...within(id, match.hi), ...compileText(id, match)])
}

function idOf(ref: Sql): Sql {
  return sql`substr(${ref}, instr(${ref}, '/') + 1)`
}
