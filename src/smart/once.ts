// What may happen once: a challenge, an assertion, a change of what was read. Atomic across processes, by a record that is added.
import { FhirError } from '../fhir/outcome.ts'
import type { JournalEntry, RecordChange, RecordRow, Store } from '../store/store.ts'

const USED = 'used'

/** Returns the row, at most once however many ask at the same time; undefined where there is none or it was used. */
export async function useOnce(store: Store, collection: string, key: string): Promise<RecordRow | undefined> {
  const row = await store.records.get(collection, key)
  if (!row) return undefined
  const used = { collection: USED, key: `${collection} ${key}`, value: null, expiresAt: row.expiresAt }
  return (await tryCommit(store, [{ kind: 'add', quiet: true, row: used }])) ? row : undefined
}

/** Commits records, with rows of the access log; false, and nothing is written, where one that was to be added exists already. */
export async function tryCommit(
  store: Store,
  records: readonly RecordChange[],
  journal: readonly JournalEntry[] = [],
): Promise<boolean> {
  try {
    await store.commit([], { records, journal })
    return true
  } catch (error) {
    if (error instanceof FhirError && error.code === 'conflict') return false
    throw error
  }
}
