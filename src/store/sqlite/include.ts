// What a page's matches point at, and what points at them. https://hl7.org/fhir/R4/search.html#include
import type { Include } from '../../search/query.ts'
import { compileSelection } from './compile.ts'
import type { Connection } from './connection.ts'
import type { Found } from './order.ts'
import { anyOf, raw, type Sql, sql } from './sql.ts'

/** Included resources a page may carry. */
export const MAX_INCLUDED = 1000

interface Node {
  readonly rid: number
  readonly past: number
}

/**
 * Returns the resources included, each once and no match among them: those found first come first. `:iterate` goes on from what was included until nothing new is found; `cut` where the limit ended it.
 */
export function findIncluded(
  connection: Connection,
  includes: readonly Include[],
  matches: readonly Found[],
): { found: Node[]; cut: boolean } {
  const seen = new Set(matches.map(({ rid }) => rid))
  const found: Node[] = []
  let frontier: readonly Node[] = matches
  for (let round = 0; frontier.length > 0; round++) {
    const next: Node[] = []
    for (const include of includes) {
      if (round > 0 && !include.iterate) continue
      for (const node of follow(connection, include, frontier, MAX_INCLUDED + 1 + seen.size)) {
        if (seen.has(node.rid)) continue
        if (found.length >= MAX_INCLUDED) return { found, cut: true }
        seen.add(node.rid)
        found.push(node)
        next.push(node)
      }
    }
    frontier = next
  }
  return { found, cut: false }
}

function follow(connection: Connection, include: Include, from: readonly Node[], limit: number): Node[] {
  const param = connection.paramId(`${include.source.type}.${include.param}`)
  if (param === undefined) return []
  const queries =
    include.kind === 'include'
      ? pointedAt(connection, include, param, from, limit)
      : [pointing(connection, include, param, from, limit)]
  return queries
    .filter((query) => query !== undefined)
    .flatMap(({ text, params }) => connection.all(text, params))
    .map(([rid]) => ({ rid: rid as number, past: 0 }))
}

// A match shown in an older version includes what that version points at.
function pointedAt(
  connection: Connection,
  { targets }: Include,
  param: number,
  from: readonly Node[],
  limit: number,
): Sql[] {
  const target = anyOf(targets.map((selection) => compileSelection(connection, selection, 't', 1)))
  const select = (entries: Sql) =>
    sql`SELECT DISTINCT t.rid FROM ${entries} CROSS JOIN resource t ON t.ref = e.lo WHERE t.deleted = 0 AND ${target} LIMIT 0 + ${limit}`
  const current = from.filter(({ past }) => past === 0).map(({ rid }) => rid)
  const past = from.map(({ past }) => past).filter((seq) => seq > 0)
  const queries: Sql[] = []
  if (current.length > 0)
    queries.push(
      select(
        sql`json_each(${JSON.stringify(current)}) j CROSS JOIN entry e INDEXED BY entry_rid ON e.rid = j.value AND e.param = ${param}`,
      ),
    )
  if (past.length > 0)
    queries.push(
      select(
        sql`json_each(${JSON.stringify(past)}) j CROSS JOIN version v ON v.seq = j.value CROSS JOIN past_entry e ON e.rid = v.rid AND e.seq = v.seq AND e.param = ${param}`,
      ),
    )
  return queries
}

function pointing(
  connection: Connection,
  { source, targets }: Include,
  param: number,
  from: readonly Node[],
  limit: number,
): Sql | undefined {
  const types = targets.map(({ type }) => connection.typeId(type)).filter((id) => id !== undefined)
  if (types.length === 0) return undefined
  const rids = JSON.stringify(from.map(({ rid }) => rid))
  const condition = compileSelection(connection, source, 't', 1)
  return sql`SELECT DISTINCT t.rid FROM json_each(${rids}) j CROSS JOIN resource m ON m.rid = j.value CROSS JOIN entry e ON e.param = ${param} AND e.lo = m.ref CROSS JOIN resource t ON t.rid = e.rid WHERE m.type IN (${raw(types.join(', '))}) AND t.deleted = 0 AND ${condition} LIMIT 0 + ${limit}`
}
