// What an operator lets the server do leaves a row in the access log, as every access does.
import { buildTaskRow, type TaskDeed } from '../../access/audit.ts'
import type { Config } from '../../config.ts'
import type { JournalEntry, Store } from '../../store/store.ts'

/** Returns the row of a task, to ride in the commit that is the task; none where nothing is recorded. */
export function toTaskJournal({ audit }: Pick<Config, 'audit'>, deed: TaskDeed): readonly JournalEntry[] {
  return audit ? [{ kind: 'audit', row: buildTaskRow(deed) }] : []
}

/** Records a task, durably; called before it begins, so that none goes unrecorded. Rejects where that cannot be. */
export async function recordTask(store: Store, config: Config, deed: TaskDeed): Promise<void> {
  const entries = toTaskJournal(config, deed)
  if (entries.length > 0) await store.journal.append(entries, { durable: true })
}
