// What stands at an id, read inside the writer's transaction. https://hl7.org/fhir/R4/http.html#versions
import type { Connection } from './connection.ts'

/** The newest version of a resource that was ever made; a tombstone where it is deleted. */
export interface Standing {
  readonly rid: number
  readonly seq: number
  readonly deleted: boolean
  readonly versionId: string
  /** Instant in ms. */
  readonly at: number
}

/** Returns what stands at `ref` (`Type/id`), or undefined where nothing ever stood. */
export function readStanding(connection: Connection, ref: string): Standing | undefined {
  const row = connection.get(
    `SELECT r.rid, r.seq, r.deleted, v.version_id, v.at
     FROM resource r CROSS JOIN version v ON v.seq = r.seq WHERE r.ref = ?`,
    [ref],
  )
  if (!row) return undefined
  const [rid, seq, deleted, versionId, at] = row as [number, number, number, string, number]
  return { rid, seq, deleted: deleted === 1, versionId, at }
}
