// Definitions that were posted as resources: rows that ride in the same commit tell where they are. https://hl7.org/fhir/R4/http.html#create
import type { Change } from '../../access/plan.ts'
import type { CanonicalType } from '../../fhir/canonicals.ts'
import { parseJson } from '../../fhir/json.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { RecordChange, Store } from '../../store/store.ts'

/** One row of each posted definition, by `Type/id`. */
export const POSTED = 'canonical'

export interface PostedRow {
  readonly type: CanonicalType
  readonly id: string
  readonly url: string
  readonly version?: string
  /** Another with each write, so that a change is seen. */
  readonly versionId: string
}

const TYPES: ReadonlySet<string> = new Set<CanonicalType>([
  'StructureDefinition',
  'ValueSet',
  'CodeSystem',
  'ConceptMap',
])

/** Returns `store` with a commit in which the rows of definitions ride along; `onChange` follows it. */
export function withCanonicals(store: Store, onChange: () => Promise<void>): Store {
  const commit: Store['commit'] = async (changes, options = {}) => {
    const records = changes.flatMap(toRecords)
    if (records.length === 0) return store.commit(changes, options)
    const committed = await store.commit(changes, {
      ...options,
      records: [...(options.records ?? []), ...records],
    })
    await onChange()
    return committed
  }
  return { ...store, commit }
}

function toRecords({ data }: Change): readonly RecordChange[] {
  if (!TYPES.has(data.type) || data.kind === 'index') return []
  const key = `${data.type}/${data.id}`
  const row =
    data.kind === 'put'
      ? toRow(data.type as CanonicalType, data.id, data.versionId, parseJson(data.document) as Resource)
      : undefined
  if (row) return [{ kind: 'put', row: { collection: POSTED, key, value: row } }]
  return [{ kind: 'delete', collection: POSTED, key }]
}

// One without a url cannot be named, and one that is retired is not meant any more.
function toRow(
  type: CanonicalType,
  id: string,
  versionId: string,
  resource: Resource,
): PostedRow | undefined {
  const { url, version, status } = resource
  if (typeof url !== 'string' || status === 'retired') return undefined
  return { type, id, url, versionId, ...(typeof version === 'string' && { version }) }
}
