// A consistent copy of the store while it is in use. https://www.sqlite.org/backup.html
import { closeSync, openSync, renameSync, rmSync } from 'node:fs'
import { backup as copy, DatabaseSync } from 'node:sqlite'

const PAGES_AT_ONCE = 500

/**
 * Copies the store in `source` to the new file `file`, which appears only when it is whole; `onProgress` gets pages done
 * and in all. Throws what the file system throws; then nothing is left behind.
 */
export async function backup(
  source: string,
  file: string,
  onProgress?: (done: number, total: number) => void,
): Promise<void> {
  const partial = `${file}.partial`
  closeSync(openSync(partial, 'wx', 0o600))
  const database = new DatabaseSync(source, { readOnly: true })
  try {
    // Within one read transaction the copy is of one moment; without it every write would start the copy anew.
    database.exec('BEGIN; SELECT count(*) FROM epoch')
    const pages = await copy(database, partial, {
      rate: PAGES_AT_ONCE,
      progress: ({ totalPages, remainingPages }) => onProgress?.(totalPages - remainingPages, totalPages),
    })
    renameSync(partial, file)
    onProgress?.(pages, pages)
  } catch (error) {
    rmSync(partial, { force: true })
    throw error
  } finally {
    database.close()
  }
}
