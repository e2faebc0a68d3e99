// Imports one NDJSON file: batches through the write door, the position riding in each commit, so that it can be resumed.
import type { Policy } from '../../access/policy.ts'
import type { AppContext } from '../../interactions/context.ts'
import {
  type Candidate,
  type Ingested,
  type Prepared,
  prepareAll,
  storeAll,
} from '../../interactions/ingest.ts'
import type { Progress } from './progress.ts'
import type { RejectFile } from './reject.ts'
import { readLines, type Source } from './source.ts'

export interface ImportRun {
  readonly context: AppContext
  readonly policy: Policy
  readonly progress: Progress
  readonly rejects: RejectFile
  /** Set by a signal: what is in hand is finished, then the import stops. */
  readonly stopping: () => boolean
}

export interface Tally {
  stored: number
  unchanged: number
  rejected: number
}

/** How far a file has got; kept in `Records` under the file and its fingerprint. */
export interface Bookmark {
  readonly line: number
  readonly done: boolean
}

const COLLECTION = 'import'
const BATCH_RESOURCES = 2_000
const BATCH_BYTES = 8 << 20
const BOOKMARK_TTL_MS = 30 * 86_400_000

const toKey = (source: Source) => `${source.file}#${source.fingerprint}`

/** Returns how far an earlier import of the same, unchanged file got. */
export async function readBookmark(context: AppContext, source: Source): Promise<Bookmark> {
  const row = await context.store.records.get(COLLECTION, toKey(source))
  return (row?.value as Bookmark | undefined) ?? { line: 0, done: false }
}

/** Returns the record change that says how far the file has got. */
export function writeBookmark(source: Source, value: Bookmark) {
  const expiresAt = Date.now() + BOOKMARK_TTL_MS
  return { kind: 'put' as const, row: { collection: COLLECTION, key: toKey(source), value, expiresAt } }
}

async function* readBatches(source: Source, after: number) {
  let batch: Candidate[] = []
  let bytes = 0
  let position = 0
  for await (const read of readLines(source)) {
    if (read.line <= after) continue
    batch.push({ key: read.line, bytes: read.bytes })
    bytes += read.bytes.length
    position = read.position
    if (batch.length < BATCH_RESOURCES && bytes < BATCH_BYTES) continue
    yield { batch, position }
    batch = []
    bytes = 0
  }
  if (batch.length > 0) yield { batch, position }
}

function record(
  run: ImportRun,
  source: Source,
  tally: Tally,
  batch: readonly Candidate[],
  done: Ingested,
): void {
  tally.stored += done.stored
  tally.unchanged += done.unchanged
  tally.rejected += done.rejected.length
  for (const rejection of done.rejected)
    run.rejects.add(source.file, rejection, batch.find(({ key }) => key === rejection.key)?.bytes)
}

/** Imports what of the file is not imported yet, adding to `tally`. One batch commits while the next is prepared. */
export async function importNdjson(
  run: ImportRun,
  source: Source,
  after: number,
  tally: Tally,
): Promise<void> {
  const { context, policy } = run
  let committing: Promise<void> = Promise.resolve()
  const store = async (batch: readonly Candidate[], prepared: readonly Prepared[]) => {
    const bookmark = writeBookmark(source, { line: batch.at(-1)!.key, done: false })
    record(run, source, tally, batch, await storeAll(context, policy, batch, prepared, [bookmark]))
  }
  for await (const { batch, position } of readBatches(source, after)) {
    const prepared = await prepareAll(context, policy, batch)
    await committing
    committing = store(batch, prepared)
    committing.catch(() => {})
    run.progress.update(position, source.size, tally.stored + tally.unchanged)
    if (run.stopping()) break
  }
  await committing
}
