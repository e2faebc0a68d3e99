// The main thread's end of the writer thread: sends commits, hands out answers, stamps what was stored.
import { Worker } from 'node:worker_threads'
import type { Change, Plan } from '../../access/plan.ts'
import { FhirError } from '../../fhir/outcome.ts'
import type { Commit, CommitOptions, CommittedVersion, Reader, RecordRow } from '../store.ts'
import { toStamp } from './commit.ts'
import { closed, toError } from './failure.ts'
import { packEntry } from './journal/pack.ts'
import {
  type Applied,
  CREATED,
  type FromWriter,
  type Outcome,
  type Question,
  SKIPPED,
  type ToWriter,
  type WriterData,
} from './message.ts'
import { createPacker } from './pack.ts'

export interface Writer {
  commit(changes: readonly Change[], options?: CommitOptions): Promise<Commit>
  /** Keeps rows of the journal, as packed lines. */
  keep(lines: readonly string[]): Promise<void>
  take(collection: string, key: string): Promise<RecordRow | undefined>
  /** Resolves once every person's grants for the grantee stand. */
  ensure(grantee: string): Promise<void>
  /** Waits for every commit that was accepted. */
  close(): Promise<void>
}

/** What is sent, without the number by which its answer is known. */
type Request = ToWriter extends infer One ? (One extends ToWriter ? Omit<One, 'id'> : never) : never

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** Starts the writer thread. Its failures are FhirErrors as `Store.commit` says; a thread that has gone is `unavailable`. */
export async function openWriter(data: WriterData): Promise<Writer> {
  const worker = new Worker(new URL('./writer-thread.ts', import.meta.url), {
    workerData: data,
    execArgv: [],
  })
  const waiting = new Map<number, Waiting>()
  const pack = createPacker()
  let last = 0
  let refusal: FhirError | undefined

  function request(message: Request, transfer: readonly ArrayBuffer[] = []): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = ++last
      // Only while something waits does the thread keep the process alive.
      if (waiting.size === 0) worker.ref()
      waiting.set(id, { resolve, reject })
      worker.postMessage({ ...message, id }, transfer)
    })
  }

  function receive({ id, failure, value }: FromWriter): void {
    const asked = waiting.get(id)
    if (!asked) return
    waiting.delete(id)
    if (waiting.size === 0) worker.unref()
    if (failure) asked.reject(toError(failure))
    else asked.resolve(value)
  }

  function fail(error: Error): void {
    refusal ??= new FhirError('unavailable', 'The store has stopped writing; the server must be started anew')
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }

  const ask = (held: number, question: Question) => request({ kind: 'ask', held, question })
  const readerOf = (held: number) =>
    ({
      read: (plan: Plan<Question>) => ask(held, plan.data),
      search: (plan: Plan<Question>) => ask(held, plan.data),
      history: (plan: Plan<Question>) => ask(held, plan.data),
      visible: (plan: Plan<Question>) => ask(held, plan.data),
    }) as Reader

  // The thread keeps the transaction open while `run` reads in it.
  async function finish(held: number, run: (reader: Reader) => Promise<void>): Promise<unknown> {
    try {
      await run(readerOf(held))
    } catch (error) {
      await request({ kind: 'release', held, keep: false }).catch(() => {})
      throw error
    }
    return request({ kind: 'release', held, keep: true })
  }

  await new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve())
    worker.once('error', reject)
  })
  worker.on('message', (answers: readonly FromWriter[]) => answers.forEach(receive))
  worker.on('error', fail)
  worker.on('exit', () => fail(closed()))
  worker.unref()

  return {
    async commit(changes, { records = [], journal = [], beforeCommit } = {}) {
      if (refusal) throw refusal
      const commit = pack(changes, records, journal.map(packEntry))
      const hold = beforeCommit !== undefined
      const sent = request({ kind: 'commit', commit, hold }, [commit.documents.buffer as ArrayBuffer])
      // The number of the request just made names the transaction that is held open.
      const held = last
      const answer = await sent
      return toCommit(changes, (beforeCommit ? await finish(held, beforeCommit) : answer) as Applied)
    },
    async ensure(grantee) {
      if (refusal) throw refusal
      await request({ kind: 'ensure', grantee })
    },
    async keep(lines) {
      if (refusal) throw refusal
      const commit = pack([], [], lines)
      await request({ kind: 'commit', commit, hold: false })
    },
    async take(collection, key) {
      if (refusal) throw refusal
      return (await request({ kind: 'take', collection, key })) as RecordRow | undefined
    },
    async close() {
      if (refusal) return
      refusal = closed()
      await request({ kind: 'close' })
      await worker.terminate()
    },
  }
}

function toCommit(changes: readonly Change[], { at, outcomes }: Applied): Commit {
  const stamp = new TextEncoder().encode(toStamp(at))
  return { versions: changes.map((change, i) => toVersion(change, at, stamp, outcomes[i]!)) }
}

function toVersion(
  { data }: Change,
  at: number,
  stamp: Uint8Array,
  outcome: Outcome,
): CommittedVersion | undefined {
  if (outcome === SKIPPED) return undefined
  const { type, id, versionId } = data
  const version = { type, id, versionId, lastUpdated: at, created: outcome === CREATED }
  if (data.kind !== 'put') return version
  // The writer has stamped its own copy; this one is what goes back to the caller.
  data.document.set(stamp, data.stampAt)
  return { ...version, document: data.document }
}
