// A row of the journal made ready to be kept: its text, and the keys it is found by.
import type { AuditRow } from '../../../access/audit.ts'
import type { JournalEntry } from '../../store.ts'
import type { PackedEntry } from '../message.ts'

/** Returns the entry with its row as JSON text: what is hashed is what is kept. */
export function packEntry(entry: JournalEntry): PackedEntry {
  const { kind, row } = entry
  return { chain: kind, at: row.at, mark: toMark(row.id), row: JSON.stringify(row), keys: keysOf(entry) }
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
  const keys = [...patients.map(KEYS.patient), KEYS.subject(agent.subject)]
  if (agent.organization !== undefined) keys.push(KEYS.organization(agent.organization))
  return keys
}
