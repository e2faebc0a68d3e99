// Exact totals, counted from the rarest condition. https://hl7.org/fhir/R4/search.html#total
import type { Selection } from '../../search/query.ts'
import { type Question, toBase, toQuestion } from './base.ts'
import { isFacetExpr } from './compile-facet.ts'
import type { Connection } from './connection.ts'
import { CAPS, compileChecks, costOfChecks, NO_CAP, probe, toSeek } from './probe.ts'
import { countSet, toSet } from './set.ts'
import type { Meter } from './snapshot.ts'
import { allOf, type Sql, sql } from './sql.ts'

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
  if (parts.length === 0) return countType(connection, question, meter)
  const bare = parts.length === 1 ? BARE : 1
  const best = probe(connection, type, parts, meter ? [...CAPS, Math.max(meter.left, 0) * bare] : CAPS)
  if (!best)
    return meter ? 'heavy' : (countAlong(connection, question) ?? countSet(toSet(connection, question)))
  const base = toBase(question, best)
  const checks = allOf(compileChecks(connection, question, best, base))
  if (meter) meter.left -= Math.ceil(best.count * (1 / bare + costOfChecks(question, best)))
  if (meter && meter.left < 0) return 'heavy'
  return read(connection, sql`SELECT count(*) ${base.from} AND ${checks}`)
}

// One dense condition beside access: along its rows, the facets of each looked up as it comes.
function countAlong(connection: Connection, question: Question): number | undefined {
  const [dense, ...more] = question.parts.filter((part) => !isFacetExpr(part))
  if (!dense || more.length > 0) return undefined
  const seek = toSeek(connection, question.type, dense, NO_CAP)
  if (!seek) return undefined
  const best = { seek, index: question.parts.indexOf(dense), count: Number.MAX_SAFE_INTEGER }
  const base = toBase(question, best)
  const checks = allOf(compileChecks(connection, question, best, base))
  return read(connection, sql`SELECT count(*) ${base.from} AND ${checks}`)
}

function countType(connection: Connection, question: Question, meter: Meter | undefined): number | 'heavy' {
  const { from } = toBase(question, undefined)
  if (!meter) return read(connection, sql`SELECT count(*) ${from}`)
  const cap = Math.max(meter.left, 0) * BARE
  const count = read(connection, sql`SELECT count(*) FROM (SELECT 1 ${from} LIMIT 0 + ${cap + 1})`)
  meter.left -= Math.ceil(count / BARE)
  return count > cap ? 'heavy' : count
}

function read(connection: Connection, { text, params }: Sql): number {
  return Number(connection.get(text, params)![0])
}
