// Exact totals, counted from the rarest condition. https://hl7.org/fhir/R4/search.html#total
import type { Selection } from '../../search/query.ts'
import { toBase, toQuestion } from './base.ts'
import type { Connection } from './connection.ts'
import { CAPS, compileChecks, NO_CAP, probe } from './probe.ts'
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
  const question = toQuestion(connection, selection)
  if (!question) return 0
  const { type, parts } = question
  const bare = parts.length <= 1
  const caps = meter ? [...CAPS, Math.max(meter.left, 0) * (bare ? BARE : 1)] : NO_CAP
  const best = probe(connection, type, parts, caps)
  if (!best && meter && parts.length > 0) return 'heavy'
  const base = toBase(question, best)
  const checks = allOf(compileChecks(connection, question, best, base))
  const cap = meter && !best ? meter.left * BARE + 1 : Number.MAX_SAFE_INTEGER
  const query = sql`SELECT count(*) FROM (SELECT 1 ${base.from} AND ${checks} LIMIT ${cap})`
  const count = Number(connection.get(query.text, query.params)![0])
  if (meter) meter.left -= Math.ceil((best?.count ?? count) / (bare ? BARE : 1))
  return meter && meter.left < 0 ? 'heavy' : count
}
