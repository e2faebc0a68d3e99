// The few resources that a narrow policy (one patient's record) leaves for a history or a scan. https://hl7.org/fhir/R4/http.html#history
import type { Selection } from '../../search/query.ts'
import { toBase, toQuestion } from './base.ts'
import type { Connection } from './connection.ts'
import { CAPS, probe } from './probe.ts'
import { type Sql, sql } from './sql.ts'

/** More candidates than this are no fewer to look at than everything. */
const MAX_CANDIDATES = 4096

/**
 * Returns the rids of at least all current resources that one of `select` selects, ascending; with `deleted` also of
 * all that are deleted. Undefined where no index leads to so few.
 */
export function listCandidates(
  connection: Connection,
  select: readonly Selection[],
  deleted: boolean,
): number[] | undefined {
  const rids: number[] = []
  for (const selection of select) {
    const question = toQuestion(connection, selection)
    if (!question) continue
    const best = probe(connection, question.type, question.parts, CAPS)
    if (!best) return undefined
    const { rid, from } = toBase(question, best)
    rids.push(...read(connection, sql`SELECT ${rid} ${from}`))
    if (deleted) rids.push(...read(connection, deletedOf(question.typeId)))
    if (rids.length > MAX_CANDIDATES) return undefined
  }
  return rids.sort((a, b) => a - b)
}

function deletedOf(typeId: number): Sql {
  return sql`SELECT rid FROM resource INDEXED BY resource_deleted WHERE type = ${typeId} AND deleted = 1 LIMIT 0 + ${MAX_CANDIDATES + 1}`
}

function read(connection: Connection, { text, params }: Sql): number[] {
  return connection.all(text, params).map(([rid]) => rid as number)
}
