// Ways to the resources of persons that a facet condition needs: one person, or the few who have granted anything.
import { type Expr, type Granted, PATIENT_PARAM, toPoint } from '../../search/query.ts'
import type { Seek } from './base.ts'
import type { Connection } from './connection.ts'
import { LISTED } from './facets.ts'
import { raw, type Sql, sql } from './sql.ts'

/** What a person's record costs to be reached (µs, about). */
const ROW_COST = 2

/**
 * Returns the Seek of all resources of `type` that a facet condition can hold for; undefined where it may hold for the
 * records of persons that no index leads to. None of them satisfies the whole condition by that alone.
 */
export function seekFacets(connection: Connection, type: string, expr: Expr): Seek | undefined {
  const typeId = connection.typeId(type)
  const persons = typeId === undefined ? undefined : personsOf(connection, expr)
  if (!persons) return undefined
  const rids = sql`SELECT f.rid AS rid FROM (${persons}) p CROSS JOIN facet f INDEXED BY facet_patient ON f.patient = p.patient AND f.type = ${typeId!}`
  return { rids, exact: false, cost: ROW_COST }
}

// `SELECT … AS patient`: everybody in whose record the resources are; those in several records stand under one number.
function personsOf(connection: Connection, expr: Expr): Sql | undefined {
  switch (expr.kind) {
    case 'none':
      return sql`SELECT 0 AS patient WHERE 0`
    case 'and':
      return expr.of.map((part) => personsOf(connection, part)).find((persons) => persons !== undefined)
    case 'or': {
      const all = expr.of.map((part) => personsOf(connection, part))
      if (all.some((persons) => persons === undefined)) return undefined
      const parts = all as Sql[]
      return {
        text: parts.map(({ text }) => `SELECT patient FROM (${text})`).join(' UNION '),
        params: parts.flatMap(({ params }) => params),
      }
    }
    case 'match': {
      const point = expr.param === PATIENT_PARAM ? toPoint(expr) : undefined
      if (point === undefined) return undefined
      return sql`SELECT id AS patient FROM facet_value WHERE text = ${point} UNION SELECT ${LISTED}`
    }
    case 'granted':
      return granteds(connection, expr)
    default:
      return undefined
  }
}

// Only where persons without a grant let nothing through.
function granteds(
  connection: Connection,
  { grantee, at = Date.now(), fallback, except }: Granted,
): Sql | undefined {
  if (fallback.kind !== 'none' || except !== undefined) return undefined
  const id = connection.get('SELECT id FROM grantee WHERE key = ? AND ready = 1', [grantee])?.[0]
  if (id === undefined) return undefined
  const closed = connection.get('SELECT id FROM residual WHERE shape = \'{"kind":"none"}\'', [])?.[0] ?? 0
  const valid = sql`(g.since <= ${at} AND g.until >= ${at} AND g.residual <> ${closed})`
  return sql`SELECT g.patient AS patient FROM grants g WHERE g.grantee = ${id as number} AND ${valid} UNION ALL SELECT ${raw(String(LISTED))}`
}
