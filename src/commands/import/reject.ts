// The reject file: one JSON line for each entry that was not stored: where it stood, why, and its source.
import { createWriteStream, type WriteStream } from 'node:fs'
import { toOutcome } from '../../fhir/outcome.ts'
import type { Rejection } from '../../interactions/ingest.ts'

export interface RejectFile {
  readonly file: string
  readonly count: () => number
  add(source: string, rejection: Rejection, bytes: Uint8Array | undefined): void
  end(): Promise<void>
}

/** Opens `file` at the first rejection only (readable by its owner alone: it holds what was to be stored). */
export function openRejectFile(file: string): RejectFile {
  let stream: WriteStream | undefined
  let count = 0
  return {
    file,
    count: () => count,
    add(source, { key, issues }, bytes) {
      stream ??= createWriteStream(file, { flags: 'a', mode: 0o600 })
      count++
      const text = bytes && Buffer.from(bytes).toString('utf8')
      stream.write(`${JSON.stringify({ source, line: key, outcome: toOutcome(issues), text })}\n`)
    },
    end: () => new Promise((resolve) => (stream ? stream.end(resolve) : resolve())),
  }
}
