// Exact totals, counted from the rarest condition. https://hl7.org/fhir/R4/search.html#total
import type { Selection } from '../../search/query.ts'
import type { Connection } from './connection.ts'
import { fromProbe, isEmpty } from './planner.ts'
import { CAPS, compileChecks, conjuncts, NO_CAP, probe } from './probe.ts'
import type { Meter } from './snapshot.ts'
import { allOf, sql } from './sql.ts'

/** Rows that the index alone answers are cheaper by this factor than those asked further conditions. */
const BARE = 10

/** Returns how many current resources `selection` selects; 'heavy' where a meter is given and runs out. */
export function countMatches(
  connection: Connection,
  selection: Selection,
  meter: Meter | undefined,
): number | 'heavy' {
  const { type, where } = selection
  const parts = conjuncts(where)
  if (isEmpty(connection, type, parts)) return 0
  const caps = meter ? [...CAPS, Math.max(meter.left, 0) * (parts.length === 1 ? BARE : 1)] : NO_CAP
  const best = probe(connection, type, parts, caps)
  const bare = best?.seek.exact && parts.length === 1
  if (bare) {
    const { text, params } = sql`SELECT count(DISTINCT rid) FROM (${best.seek.rids})`
    return spend(meter, best.count / BARE) ?? Number(connection.get(text, params)![0])
  }
  if (!best && meter && parts.length > 0) return 'heavy'
  const limit = meter && !best ? meter.left * BARE + 1 : Number.MAX_SAFE_INTEGER
  const checks = allOf(compileChecks(connection, type, parts, best, 'r'))
  const { text, params } =
    sql`SELECT count(*) FROM (SELECT 1 ${fromProbe(connection, type, best)} AND ${checks} LIMIT ${limit})`
  const count = Number(connection.get(text, params)![0])
  return spend(meter, best ? best.count : count / BARE) ?? count
}

function spend(meter: Meter | undefined, rows: number): 'heavy' | undefined {
  if (!meter) return undefined
  meter.left -= Math.ceil(rows)
  return meter.left < 0 ? 'heavy' : undefined
}
