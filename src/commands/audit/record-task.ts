// What an operator lets the server do leaves a row in the access log, as every access does.
import { buildTaskRow, type TaskDeed } from '../../access/audit.ts'
import type { Config } from '../../config.ts'
import type { Store } from '../../store/store.ts'

/** Records a task, durably; called before it begins, so that none goes unrecorded. Rejects where that cannot be. */
export async function recordTask(store: Store, { audit }: Config, deed: TaskDeed): Promise<void> {
  if (audit) await store.journal.append([{ kind: 'audit', row: buildTaskRow(deed) }], { durable: true })
}
