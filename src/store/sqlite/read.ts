// One version by id, or none where the policy hides it. https://hl7.org/fhir/R4/http.html#read
import type { ReadPlan } from '../../access/plan.ts'
import type { Expr } from '../../search/query.ts'
import type { Version } from '../store.ts'
import { compileExpr } from './compile.ts'
import type { Connection } from './connection.ts'
import { currentPlace, pastPlace } from './place.ts'
import { toVersion, VERSION_COLUMNS } from './snapshot.ts'
import { allOf, raw, type Sql, sql, TRUE } from './sql.ts'

/**
 * Returns the current version, or the one that `versionId` names; a deletion comes without document. Undefined where
 * nothing stands at the id, the version is unknown, or `where` does not hold: for the current version (of what is
 * deleted: the last that lived), and for the one asked for.
 */
export function readVersion(connection: Connection, data: ReadPlan): Version | undefined {
  const { select, id, versionId } = data
  const ref = `${select.type}/${id}`
  const current = holdsNow(connection, select.where, select.type)
  const [version, condition] =
    versionId === undefined
      ? [raw('v.seq = r.seq'), current]
      : [
          sql`v.rid = r.rid AND v.version_id = ${versionId}`,
          allOf([current, holdsThen(connection, select.where, select.type)]),
        ]
  const query = sql`SELECT ${raw(VERSION_COLUMNS)} FROM resource r CROSS JOIN version v ON ${version} WHERE r.ref = ${ref} AND ${condition}`
  const row = connection.get(query.text, query.params)
  return row && toVersion(connection, row)
}

/** Returns the condition that `where` holds for what resource `r` is now; of a deleted one, for what it was last. */
export function holdsNow(connection: Connection, where: Expr, type: string): Sql {
  if (where.kind === 'all') return TRUE
  const current = compileExpr(connection, where, type, currentPlace('r'))
  const last = raw('(SELECT prior FROM version WHERE seq = r.seq)')
  const past = compileExpr(connection, where, type, pastPlace('r', last))
  return sql`CASE WHEN r.deleted = 0 THEN ${current} ELSE ${past} END`
}

/** Returns the condition that `where` holds for version `v` of resource `r`; of a deletion, for what it deleted. */
export function holdsThen(connection: Connection, where: Expr, type: string): Sql {
  if (where.kind === 'all') return TRUE
  const current = compileExpr(connection, where, type, currentPlace('r'))
  const seq = raw("CASE WHEN v.method = 'DELETE' THEN v.prior ELSE v.seq END")
  const past = compileExpr(connection, where, type, pastPlace('r', seq))
  return sql`CASE WHEN v.seq = r.seq AND r.deleted = 0 THEN ${current} ELSE ${past} END`
}
