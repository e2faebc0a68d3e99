// Conditions as whole sets of resources, for worker threads: what costs a search per row costs here a bit. https://www.sqlite.org/json1.html
import type { Expr } from '../../search/query.ts'
import type { Question } from './base.ts'
import { compileExpr } from './compile.ts'
import { isFacetExpr } from './compile-facet.ts'
import type { Connection } from './connection.ts'
import { NO_CAP, toSeek } from './probe.ts'
import { raw, type Sql, sql } from './sql.ts'

/** One byte for each rid: 1 where the resource is in the set. */
export type RidSet = Uint8Array

/** Returns the current resources for which `question` holds. */
export function toSet(connection: Connection, { type, typeId, parts }: Question): RidSet {
  const size = Number(connection.get('SELECT max(rid) FROM resource', [])![0] ?? 0) + 1
  const all = () =>
    readSet(connection, sql`SELECT rid FROM resource WHERE type = ${typeId} AND deleted = 0`, size)

  // Of the facet row everything is asked at once, of the resources that are left when the rest has been looked up.
  function intersectAll(of: readonly Expr[]): RidSet {
    const [facets, others] = [of.filter(isFacetExpr), of.filter((part) => !isFacetExpr(part))]
    const first = others.length === 0 ? undefined : others.map(build).reduce(intersect)
    return facets.length === 0 ? (first ?? all()) : keepFacets({ kind: 'and', of: facets }, first)
  }

  function keepFacets(expr: Expr, among: RidSet | undefined): RidSet {
    const rows = among
      ? sql`FROM (SELECT value AS rid FROM json_each(${JSON.stringify(listSet(among))})) c WHERE 1`
      : sql`FROM resource c INDEXED BY resource_type WHERE c.type = ${typeId} AND c.deleted = 0`
    const ref = raw('(SELECT ref FROM resource WHERE rid = c.rid)')
    const condition = compileExpr(connection, expr, type, { rid: raw('c.rid'), ref, depth: 1 })
    return readSet(connection, sql`SELECT c.rid AS rid ${rows} AND ${condition}`, size)
  }

  function build(expr: Expr): RidSet {
    if (isFacetExpr(expr)) return keepFacets(expr, undefined)
    switch (expr.kind) {
      case 'all':
        return all()
      case 'none':
        return new Uint8Array(size)
      case 'and':
        return intersectAll(expr.of)
      case 'or':
        return expr.of.map(build).reduce(unite, new Uint8Array(size))
      case 'not':
        return subtract(all(), build(expr.of))
      case 'type':
        return expr.type === type ? all() : new Uint8Array(size)
      case 'granted':
      case 'needs':
      case 'match':
      case 'compartment':
      case 'chain':
      case 'has':
        return readSet(connection, toSeek(connection, type, expr, NO_CAP)!.rids, size)
    }
  }
  return build({ kind: 'and', of: parts })
}

// One JSON text is read several times faster than as many rows.
function readSet(connection: Connection, rids: Sql, size: number): RidSet {
  const query = sql`SELECT json_group_array(rid) FROM (${rids})`
  const set = new Uint8Array(size)
  for (const rid of JSON.parse(connection.get(query.text, query.params)![0] as string) as number[])
    set[rid] = 1
  return set
}

function intersect(a: RidSet, b: RidSet): RidSet {
  for (let i = 0; i < a.length; i++) a[i]! &= b[i]!
  return a
}

function unite(a: RidSet, b: RidSet): RidSet {
  for (let i = 0; i < a.length; i++) a[i]! |= b[i]!
  return a
}

function subtract(a: RidSet, b: RidSet): RidSet {
  for (let i = 0; i < a.length; i++) a[i]! &= 1 - b[i]!
  return a
}

/** Returns how many resources are in the set. */
export function countSet(set: RidSet): number {
  let count = 0
  for (let i = 0; i < set.length; i++) count += set[i]!
  return count
}

/** Returns the rids in the set, ascending. */
export function listSet(set: RidSet): number[] {
  const rids: number[] = []
  for (let i = 0; i < set.length; i++) if (set[i] === 1) rids.push(i)
  return rids
}
