// A store of a version without consents is brought up: every resource gets its facets, from one source. Until then all is hidden.
import type { Change } from '../access/plan.ts'
import { createSystemPolicy } from '../access/system.ts'
import { parseJson } from '../fhir/json.ts'
import type { Resource } from '../fhir/resource.ts'
import { ALL } from '../search/query.ts'
import type { Store } from '../store/store.ts'
import type { AppContext } from './context.ts'

/** The record that the store's migration leaves where resources stood. */
const COLLECTION = 'upgrade'
const KEY = 'facets'
const BATCH = 200

/**
 * Gives facets to what a store had before it knew them, as data of `organization`, and tells `onProgress` how many are done;
 * nothing where that is not so or was done. May be stopped and begun again.
 */
export async function backfillFacets(
  context: AppContext,
  organization: string,
  onProgress: (done: number) => void = () => {},
): Promise<void> {
  const { store, definitions, indexFor } = context
  if (!(await store.records.get(COLLECTION, KEY))) return
  const policy = await createSystemPolicy('upgrade', context, organization)
  const select = definitions.resourceTypes.map((type) => ({ type, where: ALL }))
  let batch: Change[] = []
  let done = 0
  for await (const { type, id, versionId, document, source } of store.scan(policy.scanPlan(select))) {
    const indexed = indexFor(parseJson(document!) as Resource, source ?? organization)
    batch.push(policy.reindex({ type, id, versionId, ...indexed }))
    done++
    if (batch.length === BATCH) batch = await commit(store, batch)
    onProgress(done)
  }
  await commit(store, batch)
  await store.records.delete(COLLECTION, KEY)
}

async function commit(store: Store, batch: readonly Change[]): Promise<Change[]> {
  if (batch.length > 0) await store.commit(batch)
  return []
}
