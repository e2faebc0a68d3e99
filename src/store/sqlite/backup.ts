// A consistent copy of the store while it is in use. https://www.sqlite.org/backup.html
import { closeSync, openSync, renameSync, rmSync } from 'node:fs'
import { backup as copy, DatabaseSync } from 'node:sqlite'
import { openSystemsCopy } from './concepts/copy.ts'
import { COLLECTION, type SystemRow } from './concepts/systems.ts'

const PAGES_AT_ONCE = 500

export interface Place {
  readonly file: string
  /** Folder of the code systems; what is copied of it lies beside the copy. */
  readonly systems: string
}

/**
 * Copies the store at `source` to the new file `target.file`, and its code systems to the folder `target.systems`, which is
 * made where there are any; both appear only when they are whole. `onProgress` gets pages done and in all. Throws what
 * the file system throws; then nothing is left behind.
 */
export async function backup(
  source: Place,
  target: Place,
  onProgress?: (done: number, total: number) => void,
): Promise<void> {
  const partial = `${target.file}.partial`
  closeSync(openSync(partial, 'wx', 0o600))
  const database = new DatabaseSync(source.file, { readOnly: true })
  const systems = openSystemsCopy(source.systems, `${target.systems}.partial`)
  try {
    await systems.gather()
    // Within one read transaction the copy is of one moment; without it every write would start the copy anew.
    database.exec('BEGIN')
    const named = listSystemFiles(database)
    const pages = await copy(database, partial, {
      rate: PAGES_AT_ONCE,
      progress: ({ totalPages, remainingPages }) => onProgress?.(totalPages - remainingPages, totalPages),
    })
    await systems.settle(named, target.systems)
    renameSync(partial, target.file)
    onProgress?.(pages, pages)
  } catch (error) {
    rmSync(partial, { force: true })
    systems.discard()
    throw error
  } finally {
    database.close()
  }
}

function listSystemFiles(database: DatabaseSync): ReadonlySet<string> {
  const rows = database.prepare('SELECT value FROM record WHERE collection = ?').all(COLLECTION)
  return new Set(rows.map(({ value }) => (JSON.parse(String(value)) as SystemRow).file))
}
