// What may be used once: a challenge, a login on its way. Atomic across processes, and quiet.
import { FhirError } from '../../fhir/outcome.ts'
import type { RecordChange, RecordRow, Store } from '../../store/store.ts'

const USED = 'used'

/** Returns the row, at most once however many ask at the same time; undefined where there is none or it was used. */
export async function useOnce(store: Store, collection: string, key: string): Promise<RecordRow | undefined> {
  const row = await store.records.get(collection, key)
  if (!row) return undefined
  const used = { collection: USED, key: `${collection} ${key}`, value: null, expiresAt: row.expiresAt }
  return (await tryCommit(store, [{ kind: 'add', quiet: true, row: used }])) ? row : undefined
}

/** Commits records; false where one that was to be added exists already. */
export async function tryCommit(store: Store, records: readonly RecordChange[]): Promise<boolean> {
  try {
    await store.commit([], { records })
    return true
  } catch (error) {
    if (error instanceof FhirError && error.code === 'conflict') return false
    throw error
  }
}
