// What was changed in how the server decides: a row for each change, to be audited. https://hl7.org/fhir/R4/auditevent.html
import { randomUUID } from 'node:crypto'
import type { RecordChange } from '../store/store.ts'

/** Collection of records; keys begin with the instant, so that a list is in the order of time. */
export const CONFIGURATION = 'configuration-change'

export interface ConfigurationChange {
  /** Collection of what was changed, and its key there. */
  readonly collection: string
  readonly key: string
  /** Undefined: there was none. */
  readonly before?: unknown
  /** Undefined: it was removed. */
  readonly after?: unknown
}

/** Returns the row that notes a change; it belongs in the commit that makes it, and is what an audit is written from. */
export function noteConfiguration(change: ConfigurationChange, time = Date.now()): RecordChange {
  const at = new Date(time).toISOString()
  const key = `${at} ${randomUUID()}`
  return { kind: 'add', row: { collection: CONFIGURATION, key, value: { ...change, at } } }
}
