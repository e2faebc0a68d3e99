// The ceilings: bare Fastify handing out the same bytes from bare SQLite, and bare SQLite inserting the same rows.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { encodeShot, runLoad } from './load.ts'

/** Reads per second of bare Fastify over bare SQLite at `connections`, for these documents. */
export async function measureReadCeiling(
  documents: readonly Uint8Array[],
  connections: number,
  seconds: number,
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'musubi-ceiling-'))
  const file = join(folder, 'ceiling.db')
  const database = new DatabaseSync(file)
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE document (id TEXT PRIMARY KEY, bytes BLOB)')
  const insert = database.prepare('INSERT INTO document VALUES (?, ?)')
  database.exec('BEGIN')
  for (const [index, bytes] of documents.entries()) insert.run(`id-${index}`, bytes)
  database.exec('COMMIT')
  database.close()
  const child = fork(new URL('./ceiling-server.ts', import.meta.url), [file], { stdio: 'inherit' })
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  const shots = documents.map((_, index) =>
    encodeShot({ port }, { method: 'GET', path: `/fhir/Patient/id-${index}` }),
  )
  let at = 0
  const result = await runLoad({ port }, connections, seconds, () => shots[at++ % shots.length]!)
  child.kill()
  rmSync(folder, { recursive: true })
  return result.perSecond
}

export interface Row {
  readonly document: Uint8Array
  readonly entries: readonly {
    readonly param: number
    readonly lo: number | string
    readonly hi: number | string
  }[]
}

/** Resources per second of bare SQLite inserting the same rows, `group` to a durable transaction. */
export function measureInsertCeiling(rows: readonly Row[], group: number): number {
  const folder = mkdtempSync(join(tmpdir(), 'musubi-ceiling-'))
  const database = new DatabaseSync(join(folder, 'ceiling.db'))
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE document (rid INTEGER PRIMARY KEY, bytes BLOB);
    CREATE TABLE entry (param INTEGER, lo ANY, rid INTEGER, hi ANY, PRIMARY KEY (param, lo, rid, hi)) WITHOUT ROWID;
    CREATE INDEX entry_rid ON entry (rid, param, lo, hi);`)
  const document = database.prepare('INSERT INTO document VALUES (?, ?)')
  const entry = database.prepare('INSERT OR IGNORE INTO entry VALUES (?, ?, ?, ?)')
  const started = performance.now()
  for (let from = 0; from < rows.length; from += group) {
    database.exec('BEGIN')
    for (let rid = from; rid < Math.min(from + group, rows.length); rid++) {
      document.run(rid, rows[rid]!.document)
      for (const { param, lo, hi } of rows[rid]!.entries) entry.run(param, lo, rid, hi)
    }
    database.exec('COMMIT')
  }
  const seconds = (performance.now() - started) / 1000
  database.close()
  rmSync(folder, { recursive: true })
  return rows.length / seconds
}
