// Writes a consistent copy of the store to a file while it is in use. https://www.sqlite.org/backup.html
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import type { Config } from '../config.ts'
import { openStore } from '../store/open.ts'
import { recordTask } from './audit/record-task.ts'

export const summary = 'Copies the store to a file, also while a server runs on it.'
export const usage = `FILE

FILE must not exist yet. The copy is consistent: it holds every write acknowledged before it began. Imported code systems are copied
into the folder FILE.terminology. To restore, put FILE as musubi.db, and that folder as terminology, into a new folder, and start the
server with MUSUBI_STORE=sqlite: and that folder. The secret is in neither: keep a copy of secret.key (or of MUSUBI_SECRET) elsewhere, and
put it beside musubi.db again. Without it the server does not start.`

/** Returns 0 once the copy is whole; progress goes to standard error where that is a terminal. */
export async function run(args: readonly string[], config: Config): Promise<number> {
  const [file, ...rest] = args
  if (file === undefined || file.startsWith('-') || rest.length > 0)
    throw new RangeError('backup takes one FILE')
  for (const path of [file, `${file}.terminology`])
    if (existsSync(path)) throw new RangeError(`${path} exists already: choose a new file`)
  const store = await openStore(config.store)
  try {
    await recordTask(store, config, { task: 'export', query: `backup ${basename(file)}` })
    await store.backup(file, showProgress)
    process.stderr.write(`${process.stderr.isTTY ? '\r' : ''}Backup written to ${file}\n`)
    return 0
  } finally {
    await store.close()
  }
}

function showProgress(done: number, total: number): void {
  if (process.stderr.isTTY && total > 0) process.stderr.write(`\r${Math.floor((done / total) * 100)} %`)
}
