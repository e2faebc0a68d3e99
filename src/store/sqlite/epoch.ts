// A number that grows when another process may have changed the store, or anyone a record. https://www.sqlite.org/pragma.html#pragma_data_version
import type { Connection } from './connection.ts'
import { closed } from './failure.ts'

/** Slots shared by the main thread and its writer: the last sequence of our own; how often others were seen to write. */
export const OWN_SEQ = 0
export const FOREIGN = 1
export const SHARED_BYTES = 16

/** Returns `Store.epoch`: about a microsecond while nothing is written, two more after any commit. */
export function createEpoch(connection: Connection, shared: BigInt64Array): () => number {
  let epoch = 0
  let dataVersion: unknown
  let records: unknown
  let foreign = 0n

  function compare(): void {
    const [value, seq] = connection.get(
      'SELECT (SELECT value FROM epoch), coalesce((SELECT max(seq) FROM version), 0)',
      [],
    )!
    // In this order: the writer counts a foreign write before it tells its own next sequence.
    const foreignSeq = BigInt(seq as number) > Atomics.load(shared, OWN_SEQ)
    const seen = Atomics.load(shared, FOREIGN)
    if (foreignSeq || seen !== foreign || value !== records) epoch++
    records = value
    foreign = seen
  }

  return () => {
    const [current] = connection.get('PRAGMA data_version', [])!
    if (current !== dataVersion) {
      dataVersion = current
      compare()
    }
    return epoch
  }
}

/** Returns `Store.accessEpoch`, made of `epochs` of the same connection: one look while nothing is written, not one for each. Throws FhirError `unavailable` once the store is closed. */
export function createAccessEpoch(
  connection: Connection,
  isClosed: () => boolean,
  epochs: readonly (() => number)[],
): () => number {
  let access = 0
  let dataVersion: unknown
  let known: readonly number[] = []
  return () => {
    if (isClosed()) throw closed()
    const [current] = connection.get('PRAGMA data_version', [])!
    if (current === dataVersion) return access
    const now = epochs.map((epoch) => epoch())
    if (now.some((epoch, i) => epoch !== known[i])) access++
    known = now
    dataVersion = current
    return access
  }
}
