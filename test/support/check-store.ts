// Whether the tables of an embedded store agree with each other: what no crash may break.
import { DatabaseSync } from 'node:sqlite'

/** Each query returns the rows that break its rule. */
const RULES: Readonly<Record<string, string>> = {
  'a resource points at a version of its own': `
    SELECT r.ref FROM resource r LEFT JOIN version v ON v.seq = r.seq
    WHERE v.rid IS NOT r.rid OR v.type IS NOT r.type`,
  'a resource points at its newest version': `
    SELECT r.ref FROM resource r WHERE r.seq <> (SELECT max(seq) FROM version v WHERE v.rid = r.rid)`,
  'a resource is deleted where its newest version is a deletion': `
    SELECT r.ref FROM resource r JOIN version v ON v.seq = r.seq WHERE r.deleted <> (v.method = 'DELETE')`,
  'every version belongs to a resource': `
    SELECT seq FROM version WHERE rid NOT IN (SELECT rid FROM resource)`,
  'a version names the one before it': `
    SELECT v.seq FROM version v
    WHERE v.prior IS NOT (SELECT max(p.seq) FROM version p WHERE p.rid = v.rid AND p.seq < v.seq)`,
  'only a deletion has no document': `SELECT seq FROM version WHERE (document IS NULL) <> (method = 'DELETE')`,
  'time does not fall': `
    SELECT seq FROM (SELECT seq, at, lag(at) OVER (ORDER BY seq) AS earlier FROM version) WHERE at < earlier`,
  'every entry belongs to a resource that stands': `
    SELECT DISTINCT rid FROM entry WHERE rid NOT IN (SELECT rid FROM resource WHERE deleted = 0)`,
  'what stands is indexed under its time': `
    SELECT r.ref FROM resource r JOIN version v ON v.seq = r.seq WHERE r.deleted = 0 AND 1 <>
      (SELECT count(*) FROM entry e JOIN param p ON p.id = e.param
       WHERE e.rid = r.rid AND p.name LIKE '%._lastUpdated' AND e.lo = v.at AND e.hi = v.at)`,
  'what stood is kept under its time': `
    SELECT v.seq FROM version v JOIN resource r ON r.rid = v.rid
    WHERE v.seq <> r.seq AND v.method <> 'DELETE' AND 1 <>
      (SELECT count(*) FROM past_entry e JOIN param p ON p.id = e.param
       WHERE e.rid = v.rid AND e.seq = v.seq AND p.name LIKE '%._lastUpdated' AND e.lo = v.at)`,
  'past entries belong to a version that was replaced': `
    SELECT e.rid FROM past_entry e LEFT JOIN version v ON v.seq = e.seq LEFT JOIN resource r ON r.rid = e.rid
    WHERE v.rid IS NOT e.rid OR v.method = 'DELETE' OR r.seq = e.seq`,
  'each chain of the journal ends where its head says': `
    SELECT chain FROM journal_head WHERE seq <> CASE chain
      WHEN 'audit' THEN (SELECT coalesce(max(seq), 0) FROM audit)
      ELSE (SELECT coalesce(max(seq), 0) FROM provision) END`,
  'every entry has a named parameter': `
    SELECT rid FROM entry WHERE param NOT IN (SELECT id FROM param)
    UNION ALL SELECT rid FROM past_entry WHERE param NOT IN (SELECT id FROM param)`,
}

/** Returns one line for each rule that the store in `file` breaks, and for each document that contradicts its row. */
export function checkStore(file: string): string[] {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    const intact = database
      .prepare('PRAGMA integrity_check')
      .all()
      .map((row) => String(row['integrity_check']))
    const broken = Object.entries(RULES).flatMap(([rule, sql]) => {
      const rows = database.prepare(`${sql} LIMIT 3`).all()
      return rows.length > 0 ? [`${rule}: ${JSON.stringify(rows)}`] : []
    })
    return [...intact.filter((line) => line !== 'ok'), ...broken, ...checkDocuments(database)]
  } finally {
    database.close()
  }
}

function checkDocuments(database: DatabaseSync): string[] {
  const rows = database.prepare(
    `SELECT v.seq, v.version_id, v.at, v.document, r.ref FROM version v JOIN resource r ON r.rid = v.rid
     WHERE v.document IS NOT NULL`,
  )
  return [...rows.iterate()].flatMap((row) => {
    const { resourceType, id, meta } = JSON.parse(Buffer.from(row['document'] as Uint8Array).toString())
    const agrees =
      `${resourceType}/${id}` === row['ref'] &&
      meta.versionId === row['version_id'] &&
      Date.parse(meta.lastUpdated) === row['at']
    return agrees ? [] : [`the document of version ${row['seq']} says otherwise`]
  })
}

/** Returns every version in the store, as `Type/id versionId`. */
export function listVersions(file: string): Set<string> {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    const rows = database.prepare('SELECT ref, version_id FROM version JOIN resource USING (rid)').all()
    return new Set(rows.map((row) => `${row['ref']} ${row['version_id']}`))
  } finally {
    database.close()
  }
}
