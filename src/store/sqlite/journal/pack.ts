// A row of the journal on its way to the writer: a line of where it belongs, a line of JSON that is kept as it is.
import type { AuditRow } from '../../../access/audit.ts'
import type { JournalEntry } from '../../store.ts'

/** A row as the writer keeps it. */
export interface PackedEntry {
  readonly chain: JournalEntry['kind']
  readonly at: number
  readonly mark: number
  readonly keys: readonly string[]
  /** UTF-8 JSON. */
  readonly row: Uint8Array
}

type Line = readonly [chain: PackedEntry['chain'], at: number, mark: number, keys: readonly string[]]

/**
 * Returns the two lines of an entry. Text, and at once: a row that waits as an object costs more in garbage collection
 * than all else.
 */
export function packEntry(entry: JournalEntry): string {
  const { kind, row } = entry
  const line: Line = [kind, row.at, toMark(row.id), keysOf(entry)]
  return `${JSON.stringify(line)}\n${JSON.stringify(row)}\n`
}

const NEWLINE = 10

/** Returns the entries of packed lines, in order. */
export function* unpackEntries(lines: Uint8Array): IterableIterator<PackedEntry> {
  const bytes = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength)
  for (let start = 0; start < bytes.length; ) {
    const middle = bytes.indexOf(NEWLINE, start)
    const end = bytes.indexOf(NEWLINE, middle + 1)
    const [chain, at, mark, keys] = JSON.parse(bytes.toString('utf8', start, middle)) as Line
    yield { chain, at, mark, keys, row: bytes.subarray(middle + 1, end) }
    start = end + 1
  }
}

/** Returns the first 48 bits of a UUID: as an index, a quarter of its size. */
export function toMark(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
}

/** Keys of rows about a patient, by a subject, on behalf of an organisation. */
export const KEYS = {
  patient: (ref: string) => `p${ref}`,
  subject: (ref: string) => `a${ref}`,
  organization: (ref: string) => `o${ref}`,
} as const

/** Returns the keys under which a row is listed. */
export function keysOf(entry: JournalEntry): readonly string[] {
  if (entry.kind === 'provision') return [KEYS.patient(entry.row.patient)]
  const { patients, agent }: AuditRow = entry.row
  const keys = patients.map(KEYS.patient)
  keys.push(KEYS.subject(agent.subject))
  if (agent.organization !== undefined) keys.push(KEYS.organization(agent.organization))
  return keys
}
