// An Expr as an SQL condition on one resource, to any depth: nothing is filtered after the query. https://hl7.org/fhir/R4/search.html
import { REF_PARAM } from '../../consent/facet-params.ts'
import {
  ANY_TYPE,
  type Bounds,
  type Chain,
  type Expr,
  type Has,
  type Match,
  type Selection,
  toPoint,
} from '../../search/query.ts'
import {
  compileFacetMatch,
  compileGranted,
  compileNeeds,
  compileOwnId,
  compileReferrer,
  compileType,
  inFacetRow,
  isFacetExpr,
} from './compile-facet.ts'
import type { Connection } from './connection.ts'
import { facetParam } from './facets.ts'
import { keptOrMade } from './kept.ts'
import { allOf, anyOf, FALSE, negate, raw, type Sql, sql, TRUE } from './sql.ts'

/** Where the resource asked about stands: SQL for its rid and ref, and the rows that hold its entries. */
export interface Place {
  readonly rid: Sql
  readonly ref: Sql
  /** SQL for the version whose entries are meant, where it is a replaced or deleted one. */
  readonly seq?: Sql
  /** Rises with every nested query: each has its own table names. */
  readonly depth: number
  /** The facet row that conditions are asked inside of. */
  readonly facet?: string
}

/** Returns the place of the current version of the resource that `alias` (a row of table `resource`) stands for. */
export function currentPlace(alias: string, depth = 1): Place {
  return { rid: raw(`${alias}.rid`), ref: raw(`${alias}.ref`), depth }
}

/** Returns the place of version `seq` (SQL), which is no longer current. */
export function pastPlace(alias: string, seq: Sql, depth = 1): Place {
  return { ...currentPlace(alias, depth), seq }
}

// The + before EXISTS keeps SQLite from turning it into a join, whose order it would then choose.

/**
 * Returns the condition that `expr` holds for the resource of `type` at `place`. A parameter that no entry was ever
 * written for matches nothing. Chain and `_has` look at the resources that are current now, whatever the place.
 */
export function compileExpr(connection: Connection, expr: Expr, type: string, place: Place): Sql {
  // All that the facet row answers is asked of it at once.
  if (place.facet === undefined && isFacetExpr(expr))
    return inFacetRow(place, (inside) => compileExpr(connection, expr, type, inside))
  return place.facet !== undefined && isCompound(expr)
    ? keptOrMade(connection, expr, type, place, () => compileOne(connection, expr, type, place))
    : compileOne(connection, expr, type, place)
}

function isCompound({ kind }: Expr): boolean {
  return kind === 'and' || kind === 'or' || kind === 'granted' || kind === 'needs'
}

function compileOne(connection: Connection, expr: Expr, type: string, place: Place): Sql {
  switch (expr.kind) {
    case 'all':
      return TRUE
    case 'none':
      return FALSE
    case 'and':
      return allOf(gather('and', expr.of, place).map((part) => compileExpr(connection, part, type, place)))
    case 'or':
      return compileOr(connection, gather('or', expr.of, place), type, place)
    case 'not':
      return negate(compileExpr(connection, expr.of, type, place))
    case 'type':
      return type === ANY_TYPE ? compileType(expr.type, place.ref) : expr.type === type ? TRUE : FALSE
    case 'needs':
      return compileNeeds(expr, place, (each, at) => compileExpr(connection, each, ANY_TYPE, at))
    case 'granted':
      return compileGranted(connection, expr, place, (each, at) => compileExpr(connection, each, type, at))
    case 'compartment':
    case 'match':
      return compileMatches(connection, [toMatch(expr)], type, place)
    case 'chain':
      return compileChain(connection, expr, type, place)
    case 'has':
      return expr.param === REF_PARAM ? compileReferrer(expr, place) : compileHas(connection, expr, place)
  }
}

// Of the parts those that the facet row answers become one.
function gather(kind: 'and' | 'or', parts: readonly Expr[], { facet }: Place): readonly Expr[] {
  if (facet !== undefined) return parts
  const facets = parts.filter(isFacetExpr)
  return facets.length < 2 ? parts : [...parts.filter((part) => !isFacetExpr(part)), { kind, of: facets }]
}

/** Returns a compartment's condition as the Match on its index parameter. */
export function toMatch(expr: Extract<Expr, { kind: 'match' | 'compartment' }>): Match {
  if (expr.kind === 'match') return expr
  const ref = `${expr.name}/${expr.id}`
  return { kind: 'match', param: '_compartment', lo: { min: ref, max: ref } }
}

/** Returns the parts of a disjunction: Matches gathered by parameter (one look-up each), and the others. */
export function groupMatches(parts: readonly Expr[]): { matches: Match[][]; others: Expr[] } {
  const groups = new Map<string, Match[]>()
  const others: Expr[] = []
  for (const part of parts) {
    if (part.kind !== 'match' && part.kind !== 'compartment') others.push(part)
    else {
      const match = toMatch(part)
      const group = groups.get(match.param)
      if (group) group.push(match)
      else groups.set(match.param, [match])
    }
  }
  return { matches: [...groups.values()], others }
}

function compileOr(connection: Connection, parts: readonly Expr[], type: string, place: Place): Sql {
  const { matches, others } = groupMatches(parts)
  return anyOf([
    ...matches.map((group) => compileMatches(connection, group, type, place)),
    ...others.map((part) => compileExpr(connection, part, type, place)),
  ])
}

// At least one of the matches (all on one parameter) holds.
function compileMatches(connection: Connection, matches: readonly Match[], type: string, place: Place): Sql {
  const name = matches[0]!.param
  if (name === '_id') return anyOf(matches.map((match) => compileOwnId(match, type, place.ref)))
  const facet = facetParam(name)
  if (facet) {
    const inside = (at: Place) =>
      anyOf(matches.map((match) => compileFacetMatch(connection, match, facet, at)))
    return place.facet === undefined ? inFacetRow(place, inside) : inside(place)
  }
  const param = connection.paramId(`${type}.${name}`)
  if (param === undefined) return FALSE
  const alias = `e${place.depth}`
  const pointed = matches.length <= FEW_POINTS && matches.every((match) => toPoint(match) !== undefined)
  const index = pointed ? BY_VALUE : BY_RID
  return sql`+EXISTS (SELECT 1 ${entriesOf(place, param, index)} AND ${compileRow(matches, alias)})`
}

/** The index of the primary key (param, lo, rid, hi), which SQLite names so. */
const BY_VALUE = raw('sqlite_autoindex_entry_1')
const BY_RID = raw('entry_rid')
/** The rows of one value lie close together, those of one resource after another do not: so many values are looked up. */
const FEW_POINTS = 8

/** Returns `FROM … WHERE …` over the entries of `param` of the resource at `place`, named `e` + its depth. */
export function entriesOf(place: Place, param: number, index: Sql = BY_RID): Sql {
  const e = raw(`e${place.depth}`)
  return place.seq
    ? sql`FROM past_entry ${e} WHERE ${e}.rid = ${place.rid} AND ${e}.seq = ${place.seq} AND ${e}.param = ${param}`
    : sql`FROM entry ${e} INDEXED BY ${index} WHERE ${e}.rid = ${place.rid} AND ${e}.param = ${param}`
}

/** Returns the condition that the entry row `alias` satisfies one of `matches`. */
export function compileRow(matches: readonly Match[], alias: string): Sql {
  const points = matches.map(toPoint).filter((point) => typeof point === 'string')
  if (points.length < 2) return anyOf(matches.map((match) => compileBounds(match, alias)))
  const rest = matches.filter((match) => typeof toPoint(match) !== 'string')
  // One text whatever the number of values, so that the prepared statement is found again.
  const listed = sql`${raw(alias)}.lo IN (SELECT value FROM json_each(${JSON.stringify(points)}))`
  return anyOf([listed, ...rest.map((match) => compileBounds(match, alias))])
}

function compileBounds(match: Match, alias: string): Sql {
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

function compileChain(connection: Connection, chain: Chain, type: string, place: Place): Sql {
  const param = connection.paramId(`${type}.${chain.param}`)
  if (param === undefined) return FALSE
  const t = `t${place.depth}`
  const target = anyOf(chain.to.map((to) => compileSelection(connection, to, t, place.depth + 1)))
  if (target === FALSE) return FALSE
  const pointed = sql`SELECT 1 FROM resource ${raw(t)} WHERE ${raw(t)}.ref = ${raw(`e${place.depth}`)}.lo AND ${raw(t)}.deleted = 0 AND ${target}`
  return sql`+EXISTS (SELECT 1 ${entriesOf(place, param)} AND +EXISTS (${pointed}))`
}

/** Returns the condition that the current resource `alias` is one that `selection` selects. */
export function compileSelection(
  connection: Connection,
  { type, where }: Selection,
  alias: string,
  depth: number,
): Sql {
  const id = type === ANY_TYPE ? 0 : connection.typeId(type)
  if (id === undefined) return FALSE
  return allOf([
    type === ANY_TYPE ? TRUE : sql`${raw(alias)}.type = ${id}`,
    compileExpr(connection, where, type, currentPlace(alias, depth)),
  ])
}

function compileHas(connection: Connection, { from, param }: Has, place: Place): Sql {
  const id = connection.paramId(`${from.type}.${param}`)
  if (id === undefined) return FALSE
  const [h, t] = [raw(`h${place.depth}`), raw(`t${place.depth}`)]
  const where = compileExpr(connection, from.where, from.type, currentPlace(t.text, place.depth + 1))
  if (where === FALSE) return FALSE
  const referrer =
    where === TRUE ? TRUE : sql`+EXISTS (SELECT 1 FROM resource ${t} WHERE ${t}.rid = ${h}.rid AND ${where})`
  return sql`+EXISTS (SELECT 1 FROM entry ${h} WHERE ${h}.param = ${id} AND ${h}.lo = ${place.ref} AND ${referrer})`
}
