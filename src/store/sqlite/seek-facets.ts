// Ways to all that a facet condition can hold for: one person's record, those of the few who granted anything, one's own.
import { type Expr, type Granted, PATIENT_PARAM, toPoint } from '../../search/query.ts'
import type { Seek } from './base.ts'
import type { Connection } from './connection.ts'
import { facetParam, LISTED, NOBODY } from './facets.ts'
import { join, raw, type Sql, sql } from './sql.ts'

/** What a person's record costs to be reached (µs, about). */
const ROW_COST = 2
/** Of whom more persons have granted anything sees so much that its way there is no shorter. */
const MAX_PERSONS = 1024

/**
 * Returns the Seek of all resources of `type` that a facet condition can hold for; undefined where it may hold for what no
 * index leads to. None of them satisfies the whole condition by that alone.
 */
export function seekFacets(connection: Connection, type: string, expr: Expr): Seek | undefined {
  const typeId = connection.typeId(type)
  const ways = typeId === undefined ? undefined : waysTo(connection, typeId, expr)
  if (!ways) return undefined
  const distinct = new Map(ways.map((way) => [JSON.stringify(way), way]))
  // Never UNION: of what is counted up to a cap no more than that may be read.
  const rids = distinct.size === 0 ? NOTHING : join([...distinct.values()], ' UNION ALL ')
  // One way leads to persons each of whom is there once, or along one index.
  return { rids, exact: false, cost: ROW_COST, once: distinct.size < 2 }
}

const NOTHING = raw('SELECT 0 AS rid WHERE 0')

// Each `SELECT … AS rid`.
function waysTo(connection: Connection, typeId: number, expr: Expr): readonly Sql[] | undefined {
  switch (expr.kind) {
    case 'none':
      return []
    case 'and':
      return expr.of
        .values()
        .map((part) => waysTo(connection, typeId, part))
        .find((ways) => ways !== undefined)
    case 'or': {
      const all = expr.of.map((part) => waysTo(connection, typeId, part))
      return all.every((ways) => ways !== undefined) ? all.flat() : undefined
    }
    case 'match': {
      const point = toPoint(expr)
      if (point === undefined) return undefined
      if (expr.param === PATIENT_PARAM) return [toPersons(sql`${idOf(point)} UNION SELECT ${LISTED}`, typeId)]
      return facetParam(expr.param)?.kind === 'source' ? toSource(connection, point, typeId) : undefined
    }
    case 'granted':
      return toGranted(connection, typeId, expr)
    default:
      return undefined
  }
}

function idOf(text: number | string): Sql {
  return sql`SELECT id AS patient FROM facet_value WHERE text = ${text}`
}

// Those in several records stand under one number.
function toPersons(persons: Sql, typeId: number): Sql {
  return sql`SELECT f.rid AS rid FROM (${persons}) p CROSS JOIN facet f INDEXED BY facet_patient ON f.patient = p.patient AND f.type = ${typeId}`
}

// Most of those who ask for others' data hold none.
function toSource(connection: Connection, source: number | string, typeId: number): readonly Sql[] {
  const id = connection.valueId(String(source))
  if (id === undefined || !connection.get(HOLDS, [id, typeId])) return []
  return [
    sql`SELECT f.rid AS rid FROM facet f INDEXED BY facet_source WHERE f.source = ${id} AND f.type = ${typeId}`,
  ]
}

const HOLDS = 'SELECT 1 FROM facet INDEXED BY facet_source WHERE source = ? AND type = ? LIMIT 1'

// Of persons without a grant what the fallback lets through, of nobody's record everything.
function toGranted(
  connection: Connection,
  typeId: number,
  { grantee, at = Date.now(), fallback, except }: Granted,
): readonly Sql[] | undefined {
  const others = except === undefined ? waysTo(connection, typeId, fallback) : undefined
  if (!others) return undefined
  const id = connection.get('SELECT id FROM grantee WHERE key = ? AND ready = 1', [grantee])?.[0]
  if (id === undefined) return undefined
  const [many] = connection.get(MANY, [id])!
  if (many === 1) return undefined
  const closed = connection.get('SELECT id FROM residual WHERE shape = \'{"kind":"none"}\'', [])?.[0] ?? 0
  const valid = sql`(g.since <= ${at} AND g.until >= ${at} AND g.residual <> ${closed})`
  const persons = sql`SELECT g.patient AS patient FROM grants g WHERE g.grantee = ${id} AND ${valid} UNION ALL SELECT ${raw(String(LISTED))} UNION ALL SELECT ${raw(String(NOBODY))}`
  return [toPersons(persons, typeId), ...others]
}

const MANY = `SELECT count(*) > ${MAX_PERSONS} FROM (SELECT 1 FROM grants WHERE grantee = ? LIMIT 0 + ${MAX_PERSONS + 1})`
