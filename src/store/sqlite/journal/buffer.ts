// Rows gathered for a moment and sent as one commit: an access costs a row, not a durable write of its own.
import type { JournalEntry } from '../../store.ts'
import { packEntry } from './pack.ts'

/** How long a row waits for others. */
const GATHER_MS = 20
/** Rows that are sent without waiting further. */
const BATCH_ROWS = 1_000
/** Rows that may wait, sent or not: beyond it those who append wait first. */
const MAX_ROWS = 20_000

export interface Buffer {
  /** Resolves at once while there is room; with `durable`, once `entries` are written. */
  append(entries: readonly JournalEntry[], options?: { readonly durable: boolean }): Promise<void>
  /** Resolves once all that was appended is written; rejects where it could not be. */
  flush(): Promise<void>
}

/** Returns a buffer in front of `write`, which keeps packed lines durably, in the order in which it is called. */
export function createBuffer(write: (lines: readonly string[]) => Promise<void>): Buffer {
  let gathered: string[] = []
  let sent = 0
  let timer: NodeJS.Timeout | undefined
  let last: Promise<void> = Promise.resolve()
  let failing = false

  // What could not be written goes before what came later, and from then on everybody waits for the outcome.
  async function writeAll(lines: readonly string[]): Promise<void> {
    try {
      await write(lines)
      failing = false
    } catch (error) {
      failing = true
      gathered = [...lines, ...gathered]
      throw error
    } finally {
      sent -= lines.length
    }
  }

  function send(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    if (gathered.length === 0) return last
    const lines = gathered
    gathered = []
    sent += lines.length
    const written = writeAll(lines)
    last = Promise.all([last.catch(() => {}), written]).then(() => {})
    // Whoever waits for it is told; nobody has to.
    last.catch(() => {})
    return last
  }

  return {
    async append(entries, { durable } = { durable: false }) {
      if (gathered.length + sent >= MAX_ROWS) await send()
      for (const entry of entries) gathered.push(packEntry(entry))
      if (durable || failing) return send()
      if (gathered.length >= BATCH_ROWS) void send()
      else timer ??= setTimeout(send, GATHER_MS)
    },
    flush: send,
  }
}
