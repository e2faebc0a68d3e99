// Every selected resource as of the start of the scan, in slices of bounded size. https://hl7.org/fhir/R4/search.html
import type { ScanPlan } from '../../access/plan.ts'
import { ALL, type Selection } from '../../search/query.ts'
import type { Version } from '../store.ts'
import { listCandidates } from './candidates.ts'
import { compileExpr, currentPlace, pastPlace } from './compile.ts'
import type { Connection } from './connection.ts'
import { inSnapshot, loadVersions } from './snapshot.ts'
import { allOf, raw, type Sql, sql, TRUE } from './sql.ts'

export interface Batch {
  readonly rows: Version[]
  /** Where the next batch begins; the same as before where nothing is left. A batch without rows need not be the last. */
  readonly lastRid: number
}

/**
 * Returns the selected among the next `limit` resources after `afterRid` (0 at first), as they stood at `asOf`: those
 * changed since in their old version, where they still stand and the policy still shows them.
 */
export function scanBatch(
  connection: Connection,
  data: ScanPlan,
  afterRid: number,
  asOf: number,
  limit: number,
): Batch {
  return inSnapshot(connection, () => {
    const rids = nextRids(connection, data, afterRid, limit)
    const all = [...rids.values()].flat()
    if (all.length === 0 || isNewer(connection, Math.min(...all), asOf))
      return { rows: [], lastRid: afterRid }
    const found = data.select.flatMap((selection) => {
      const candidates = rids.get(connection.typeId(selection.type) ?? 0)
      return candidates ? select(connection, selection, candidates, asOf) : []
    })
    found.sort((a, b) => a[0] - b[0])
    const rows = loadVersions(
      connection,
      found.map(([, seq]) => seq),
    )
    return { rows, lastRid: Math.max(...all) }
  })
}

function nextRids(
  connection: Connection,
  { select }: ScanPlan,
  afterRid: number,
  limit: number,
): Map<number, number[]> {
  const types = select.map(({ type }) => connection.typeId(type)).filter((id) => id !== undefined)
  const rids = new Map<number, number[]>()
  if (types.length === 0) return rids
  const query = sql`SELECT r.rid, r.type ${among(connection, select, types)} AND r.rid > ${afterRid} ORDER BY r.rid LIMIT 0 + ${limit}`
  for (const [rid, type] of connection.all(query.text, query.params) as [number, number][]) {
    const list = rids.get(type)
    if (list) list.push(rid)
    else rids.set(type, [rid])
  }
  return rids
}

// The policy must hold now, so that what it leads to now is enough; the rest of `where` may have held at the start only.
function among(connection: Connection, select: readonly Selection[], types: readonly number[]): Sql {
  const policies = select.map(({ type, policy = ALL }) => ({ type, where: policy }))
  const few = listCandidates(connection, policies, false)
  if (few)
    return sql`FROM json_each(${JSON.stringify(few)}) j CROSS JOIN resource r ON r.rid = j.value WHERE r.deleted = 0`
  return types.length === 1
    ? sql`FROM resource r INDEXED BY resource_type WHERE r.type = ${types[0]!} AND r.deleted = 0`
    : sql`FROM resource r WHERE r.type IN (${raw(types.join(', '))})`
}

// Resources are numbered as they are first made: after one made later than `asOf` only later ones follow.
function isNewer(connection: Connection, rid: number, asOf: number): boolean {
  return Number(connection.get('SELECT min(seq) FROM version WHERE rid = ?', [rid])![0]) > asOf
}

type RidSeq = readonly [rid: number, seq: number]

function select(
  connection: Connection,
  selection: Selection,
  rids: readonly number[],
  asOf: number,
): RidSeq[] {
  const { type, where, policy } = selection
  const listed = sql`FROM json_each(${JSON.stringify(rids)}) j CROSS JOIN resource r ON r.rid = j.value`
  const now = compileExpr(connection, where, type, currentPlace('r'))
  const unchanged = sql`SELECT r.rid, r.seq ${listed} WHERE r.deleted = 0 AND r.seq <= ${asOf} AND ${now}`
  const then = allOf([
    compileExpr(connection, where, type, pastPlace('r', raw('v.prior'))),
    policy ? compileExpr(connection, policy, type, currentPlace('r')) : TRUE,
  ])
  const changed = sql`SELECT r.rid, v.prior ${listed} CROSS JOIN version v ON v.rid = r.rid AND v.seq > ${asOf} AND v.prior <= ${asOf} CROSS JOIN version p ON p.seq = v.prior WHERE r.deleted = 0 AND r.seq > ${asOf} AND p.method <> 'DELETE' AND ${then}`
  return [...read(connection, unchanged), ...read(connection, changed)]
}

function read(connection: Connection, { text, params }: Sql): RidSeq[] {
  return connection.all(text, params) as unknown as RidSeq[]
}
