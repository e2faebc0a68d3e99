// Conditions on facets, all of one resource asked of its one narrow row. https://www.sqlite.org/lang_select.html
import { NEEDING, REF_PARAM } from '../../consent/facet-params.ts'
import {
  ANY_TYPE,
  type Axis,
  type Bounds,
  type Expr,
  type Granted,
  type Has,
  type Match,
  type Needs,
  toPoint,
} from '../../search/query.ts'
import { compileId, currentPlace, type Place } from './compile.ts'
import type { Connection } from './connection.ts'
import { type FacetParam, FLAGS, facetParam, LISTED, NOBODY } from './facets.ts'
import { toMissing } from './failure.ts'
import { parameterOf } from './residual.ts'
import { allOf, anyOf, FALSE, NOW, negate, raw, type Sql, sql, TRUE } from './sql.ts'

/** True of an Expr that the facet row answers, and that asks it anything. */
export function isFacetExpr(expr: Expr): boolean {
  return asksFacets(expr) && answeredByFacets(expr)
}

function answeredByFacets(expr: Expr): boolean {
  switch (expr.kind) {
    case 'all':
    case 'none':
    case 'type':
    case 'granted':
    case 'needs':
      return true
    case 'and':
    case 'or':
      return expr.of.every(answeredByFacets)
    case 'not':
      return answeredByFacets(expr.of)
    case 'match':
      return expr.param === '_id' || facetParam(expr.param) !== undefined
    case 'has':
      return expr.param === REF_PARAM
    case 'compartment':
    case 'chain':
      return false
  }
}

function asksFacets(expr: Expr): boolean {
  switch (expr.kind) {
    case 'and':
    case 'or':
      return expr.of.some(asksFacets)
    case 'not':
      return asksFacets(expr.of)
    case 'match':
      return facetParam(expr.param) !== undefined
    case 'granted':
    case 'needs':
      return true
    case 'has':
      return expr.param === REF_PARAM
    default:
      return false
  }
}

/** Returns `EXISTS` over the facet row of the resource at `place`; `compile` compiles what stands inside it. */
export function inFacetRow(place: Place, compile: (place: Place) => Sql): Sql {
  const f = raw(`f${place.depth}`)
  const inside = compile({ ...place, facet: f.text })
  if (inside === FALSE) return FALSE
  return place.seq
    ? sql`+EXISTS (SELECT 1 FROM past_facet ${f} WHERE ${f}.rid = ${place.rid} AND ${f}.seq = ${place.seq} AND ${inside})`
    : sql`+EXISTS (SELECT 1 FROM facet ${f} WHERE ${f}.rid = ${place.rid} AND ${inside})`
}

/** Returns the condition of a Match on a facet, inside the row. Every condition is two-valued: what is missing is false. */
export function compileFacetMatch(
  connection: Connection,
  match: Match,
  param: FacetParam,
  place: Place,
): Sql {
  const column = (name: string) => raw(`${place.facet}.${name}`)
  switch (param.kind) {
    case 'confidentiality': {
      const rank = column('confidentiality')
      return allOf([sql`${rank} IS NOT NULL`, ...bounds(rank, match.lo)])
    }
    case 'clinical':
      return allOf([
        sql`${column('since')} IS NOT NULL`,
        ...bounds(column('since'), match.lo),
        ...bounds(column('until'), match.hi),
      ])
    case 'flag':
      return sql`(${column('flags')} & ${FLAGS[toPoint(match) ?? ''] ?? 0}) <> 0`
    case 'source':
      return compileSource(connection, match, column('source'))
    case 'needs':
      return FALSE
    case 'patient':
      return compilePatient(connection, match, place)
    case 'mark':
      return compileMark(connection, match, param.letter, column('marks'))
  }
}

function bounds(column: Sql, { min, max, minOpen, maxOpen }: Bounds = {}): Sql[] {
  const parts: Sql[] = []
  if (min !== undefined)
    parts.push(minOpen ? sql`${column} > ${bound(min)}` : sql`${column} >= ${bound(min)}`)
  if (max !== undefined)
    parts.push(maxOpen ? sql`${column} < ${bound(max)}` : sql`${column} <= ${bound(max)}`)
  return parts
}

/** Returns a value of a Match as SQL: in the shape of a residual it may be a parameter of the grant. */
export function bound(value: Axis): Sql | Axis {
  const parameter = parameterOf(value)
  return parameter === undefined ? value : raw(`json_extract(g.params, '$[${parameter}]')`)
}

// Null-safe: what has no source comes from nobody.
function compileSource(connection: Connection, match: Match, column: Sql): Sql {
  const point = toPoint(match)
  if (point === undefined) return sql`${column} IS NOT NULL`
  const id = internedId(connection, point)
  return id === undefined ? FALSE : sql`${column} IS ${id}`
}

function compilePatient(connection: Connection, match: Match, { facet, seq }: Place): Sql {
  const f = raw(facet!)
  const point = toPoint(match)
  if (point === undefined) return sql`${f}.patient <> ${NOBODY}`
  const id = internedId(connection, point)
  if (id === undefined) return FALSE
  const listed = sql`SELECT 1 FROM subject s WHERE s.rid = ${f}.rid AND s.seq = ${seqOf(seq)} AND s.patient = ${id}`
  return sql`(${f}.patient = ${id} OR (${f}.patient = ${LISTED} AND EXISTS (${listed})))`
}

function seqOf(seq: Sql | undefined): Sql {
  return seq ?? raw('0')
}

function compileMark(connection: Connection, match: Match, letter: string, column: Sql): Sql {
  const point = toPoint(match)
  if (point === undefined) return sql`instr(${column}, ${` ${letter}`}) > 0`
  if (parameterOf(point) !== undefined)
    return sql`instr(${column}, ${` ${letter}`} || ${bound(point)} || ' ') > 0`
  const id = internedId(connection, point)
  return id === undefined ? FALSE : sql`instr(${column}, ${` ${letter}${id} `}) > 0`
}

function internedId(connection: Connection, point: Axis): number | undefined {
  return connection.valueId(String(point))
}

/** Returns the condition that one resource refers to this one, by its facet row. */
export function compileReferrer({ from }: Has, place: Place): Sql {
  const match = from.where.kind === 'match' ? from.where : undefined
  const point = match && toPoint(match)
  if (match?.param !== '_id' || point === undefined) return FALSE
  const ref = sql`${`${from.type}/`} || ${bound(point)}`
  const own = sql`(SELECT id FROM facet_value WHERE text = ${place.ref})`
  return sql`EXISTS (SELECT 1 FROM facet x WHERE x.rid = (SELECT rid FROM resource WHERE ref = ${ref} AND deleted = 0) AND instr(x.marks, ' r' || ${own} || ' ') > 0)`
}

/** Returns the condition on `_id` where the id may be a parameter of the grant. */
export function compileOwnId(match: Match, type: string, ref: Sql): Sql {
  const point = toPoint(match)
  const isParameter = point !== undefined && parameterOf(point) !== undefined
  if (!isParameter) return compileId(match, type, ref)
  if (type !== ANY_TYPE) return sql`${ref} = ${`${type}/`} || ${bound(point)}`
  return sql`substr(${ref}, instr(${ref}, '/') + 1) = ${bound(point)}`
}

type CompileInside = (expr: Expr, place: Place) => Sql

/**
 * Returns the condition that everybody whose record the resource is in lets the grantee have it. `compile` compiles
 * residuals and the fallback, inside the same row. Throws `missingGrantee` where its grants do not stand yet.
 */
export function compileGranted(
  connection: Connection,
  granted: Granted,
  place: Place,
  compile: CompileInside,
): Sql {
  const row = connection.get('SELECT id FROM grantee WHERE key = ? AND ready = 1', [granted.grantee])
  if (!row) throw toMissing(granted.grantee)
  const grantee = row[0] as number
  const f = raw(place.facet!)
  const lets = toLets(connection, grantee, granted, place, compile)
  const except = granted.except === undefined ? undefined : internedId(connection, granted.except)
  const isExcepted = (patient: Sql) => (except === undefined ? FALSE : sql`${patient} = ${except}`)
  const one = anyOf([isExcepted(sql`${f}.patient`), lets(sql`${f}.patient`)])
  const others = sql`SELECT 1 FROM subject s WHERE s.rid = ${f}.rid AND s.seq = ${seqOf(place.seq)}`
  const all = sql`NOT EXISTS (${others} AND ${negate(sql`(${anyOf([isExcepted(raw('s.patient')), lets(raw('s.patient'))])})`)})`
  return sql`(CASE WHEN ${f}.patient > 0 THEN ${one} WHEN ${f}.patient = ${NOBODY} THEN 1 ELSE ${all} END)`
}

// What one person lets the grantee have: the grant that is valid now, or what holds without one.
function toLets(
  connection: Connection,
  grantee: number,
  { at = NOW, fallback }: Granted,
  place: Place,
  compile: CompileInside,
): (patient: Sql) => Sql {
  const shapes = connection.all(SHAPES, [grantee]) as [number, string][]
  const otherwise = compile(fallback, place)
  if (shapes.length === 0) return () => otherwise
  const branches = shapes.map(
    ([id, shape]) => sql`WHEN ${id} THEN ${compile(JSON.parse(shape) as Expr, place)}`,
  )
  const cases = {
    text: branches.map(({ text }) => text).join(' '),
    params: branches.flatMap(({ params }) => params),
  }
  return (patient) =>
    sql`coalesce((SELECT CASE g.residual ${cases} ELSE 0 END FROM grants g WHERE g.grantee = ${grantee} AND g.patient = ${patient} AND g.since <= ${at} AND g.until >= ${at}), ${otherwise === TRUE ? raw('1') : otherwise})`
}

const SHAPES = `SELECT r.id, r.shape FROM grantee_residual gr CROSS JOIN residual r ON r.id = gr.residual WHERE gr.grantee = ? ORDER BY r.id`

/** Returns the condition that everything the resource cannot be shown without stands and satisfies `where`. */
export function compileNeeds({ where }: Needs, place: Place, compile: CompileInside): Sql {
  const [f, n, t] = [raw(place.facet!), raw(`n${place.depth}`), raw(`w${place.depth}`)]
  const inside = compile(where, currentPlace(t.text, place.depth + 1))
  if (inside === TRUE) return TRUE
  const stands = sql`SELECT 1 FROM resource ${t} WHERE ${t}.ref = ${n}.ref AND ${t}.deleted = 0 AND ${inside}`
  const lacking = sql`SELECT 1 FROM need ${n} WHERE ${n}.rid = ${f}.rid AND ${n}.seq = ${seqOf(place.seq)} AND NOT EXISTS (${stands})`
  return sql`((${f}.flags & ${FLAGS[NEEDING]!}) = 0 OR NOT EXISTS (${lacking}))`
}

/** Returns the condition that a resource of whatever type is of `type`, told by its ref. */
export function compileType(type: string, ref: Sql): Sql {
  return sql`substr(${ref}, 1, ${type.length + 1}) = ${`${type}/`}`
}
