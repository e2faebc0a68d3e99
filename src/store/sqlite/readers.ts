// A small pool of reader threads, started when first needed; each takes one question at a time.
import { Worker } from 'node:worker_threads'
import type { HistoryPlan, ScanPlan, SearchPlan } from '../../access/plan.ts'
import { closed, type Failure, toError } from './failure.ts'

/** One batch of a scan: the rows after `after` of what stood at `asOf`. */
export interface BatchQuestion {
  readonly kind: 'batch'
  readonly plan: ScanPlan
  readonly after: number
  readonly asOf: number
  readonly limit: number
}

export interface ToReader {
  readonly question: SearchPlan | HistoryPlan | BatchQuestion
}

export interface FromReader {
  readonly value?: unknown
  readonly failure?: Failure
}

export interface Readers {
  /** Returns the answer of whichever thread is free first; questions wait in order. */
  ask(question: ToReader['question']): Promise<unknown>
  /** Refuses what has not been answered yet. */
  close(): Promise<void>
}

interface Asked {
  readonly question: ToReader['question']
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** Returns the pool for a store's file. Throws nothing; a thread that dies fails its question and is replaced. */
export function createReaders(file: string, threads: number): Readers {
  const waiting: Asked[] = []
  const idle: Worker[] = []
  const busy = new Map<Worker, Asked>()
  let open = true

  function start(): Worker {
    const worker = new Worker(new URL('./reader-thread.ts', import.meta.url), {
      workerData: { file },
      execArgv: [],
    })
    worker.on('message', (reply: FromReader) => receive(worker, reply))
    worker.on('error', (error) => lose(worker, error as Error))
    worker.on('exit', () => lose(worker, closed()))
    return worker
  }

  function receive(worker: Worker, { value, failure }: FromReader): void {
    const asked = busy.get(worker)!
    busy.delete(worker)
    worker.unref()
    idle.push(worker)
    if (failure) asked.reject(toError(failure))
    else asked.resolve(value)
    dispatch()
  }

  function lose(worker: Worker, error: Error): void {
    busy.get(worker)?.reject(error)
    busy.delete(worker)
    const at = idle.indexOf(worker)
    if (at !== -1) idle.splice(at, 1)
    if (open) dispatch()
  }

  function dispatch(): void {
    while (waiting.length > 0) {
      const worker = idle.pop() ?? (busy.size < threads ? start() : undefined)
      if (!worker) return
      const asked = waiting.shift()!
      busy.set(worker, asked)
      worker.ref()
      worker.postMessage({ question: asked.question } satisfies ToReader)
    }
  }

  return {
    ask: (question) =>
      new Promise((resolve, reject) => {
        if (!open) return reject(closed())
        waiting.push({ question, resolve, reject })
        dispatch()
      }),
    async close() {
      open = false
      for (const { reject } of waiting.splice(0)) reject(closed())
      // A thread in the middle of a long question is stopped: SQLite's readers leave nothing behind.
      await Promise.all([...idle, ...busy.keys()].map((worker) => worker.terminate()))
    },
  }
}
