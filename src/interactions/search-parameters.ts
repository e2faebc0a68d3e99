// Posted SearchParameters in force: kept as records beside their resources. https://hl7.org/fhir/R4/searchparameter.html
import type { Change } from '../access/plan.ts'
import type { Definitions } from '../fhir/definitions.ts'
import { compileFhirPath } from '../fhir/fhirpath.ts'
import { parseJson } from '../fhir/json.ts'
import { FhirError, type Issue } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/resource.ts'
import {
  type CustomParameter,
  extendDefinitions,
  type ParameterState,
  stateOf,
  toCustomParameter,
} from '../search/custom.ts'
import type { IndexEntry } from '../search/query.ts'
import type { RecordChange, RecordRow, Store } from '../store/store.ts'

type Indexer = (resource: Resource) => IndexEntry[]

/** One posted parameter with the id of the SearchParameter it came from. */
export interface PostedParameter extends CustomParameter {
  readonly id: string
}

export interface SearchParameters {
  /** R4's definitions with what was posted: ask each time, they change. */
  readonly definitions: Definitions
  /** Indexes by `definitions`, those that are building included. */
  readonly indexer: Indexer
  readonly posted: readonly PostedParameter[]
  stateOf(type: string, code: string): ParameterState
  /** Issues of a SearchParameter that is to add a parameter and cannot; empty for every other resource. */
  check(resource: unknown): readonly Issue[]
  /** Reads the records again: after `$reindex` has put some in force. */
  refresh(): Promise<void>
}

const COLLECTION = 'search-parameter'

/** Returns the record that keeps `parameter`, in the state it has. */
export function toRecord({ id, ...value }: PostedParameter): RecordRow {
  return { collection: COLLECTION, key: id, value }
}

/** How often another process is looked for that may have posted a parameter or put one in force. */
const LOOK_MS = 250

/**
 * Returns what the records of a store add to `base`; `toIndexer` makes the indexer for each set of definitions. What this
 * process writes is followed at once, what another does soon after.
 */
export async function openSearchParameters(
  store: Store,
  base: Definitions,
  toIndexer: (definitions: Definitions) => Indexer,
): Promise<SearchParameters> {
  let posted: readonly PostedParameter[] = []
  let definitions = base
  let indexer = toIndexer(base)
  const refresh = async () => {
    const rows = await store.records.list(COLLECTION)
    const now = rows.map(({ key, value }) => ({ ...(value as CustomParameter), id: key }))
    if (JSON.stringify(now) === JSON.stringify(posted)) return
    posted = now
    definitions = extendDefinitions(base, posted)
    indexer = toIndexer(definitions)
  }
  let [lookedAt, epoch] = [performance.now(), store.epoch()]
  const look = async () => {
    if (performance.now() - lookedAt < LOOK_MS) return
    lookedAt = performance.now()
    const now = store.epoch()
    if (now === epoch) return
    await refresh()
    epoch = now
  }
  // One that fails (the store is closing) is tried again with the next use.
  const follow = () => void look().catch(() => {})
  await refresh()
  return {
    get definitions() {
      follow()
      return definitions
    },
    get indexer() {
      follow()
      return indexer
    },
    get posted() {
      return posted
    },
    stateOf: (type, code) => stateOf(posted, type, code),
    check: (resource) => check(resource, base, posted),
    refresh,
  }
}

function check(resource: unknown, base: Definitions, posted: readonly PostedParameter[]): readonly Issue[] {
  if (!isSearchParameter(resource)) return []
  try {
    const custom = toCustomParameter(resource, base, assertCompiles)
    return custom ? findTaken(custom, resource.id, posted) : []
  } catch (error) {
    if (error instanceof FhirError) return error.issues
    throw error
  }
}

function isSearchParameter(resource: unknown): resource is Resource {
  return (resource as Resource | null)?.resourceType === 'SearchParameter'
}

// Two meanings of one code would index by the one and search by the other.
function findTaken(
  { parameter, base }: CustomParameter,
  id: string | undefined,
  posted: readonly PostedParameter[],
): readonly Issue[] {
  const other = posted.find(
    (each) =>
      each.id !== id &&
      each.parameter.code === parameter.code &&
      each.base.some((type) => base.includes(type)),
  )
  if (!other) return []
  const type = other.base.find((each) => base.includes(each))
  const diagnostics = `Another SearchParameter gives ${type} the code ${parameter.code} already`
  return [{ severity: 'error', code: 'duplicate', diagnostics, expression: ['SearchParameter.code'] }]
}

// Run once: a function that does not exist is noticed only then.
function assertCompiles(type: string, { expression }: { readonly expression: string }): void {
  compileFhirPath(expression)({ resourceType: type })
}

/**
 * Returns what changes of SearchParameters do to the records, to ride in the same commit: a parameter that is new or
 * means something else waits for `$reindex`. Throws FhirError `unprocessable` for an expression that cannot be evaluated.
 */
function recordsFor(
  base: Definitions,
  posted: readonly PostedParameter[],
  changes: readonly Change[],
): readonly RecordChange[] {
  return changes.flatMap(({ data }): RecordChange[] => {
    if (data.type !== 'SearchParameter' || data.kind === 'index') return []
    const custom =
      data.kind === 'put' && toCustomParameter(parseJson(data.document) as Resource, base, assertCompiles)
    if (custom) return [{ kind: 'put', row: toRecord(keepState({ ...custom, id: data.id }, posted)) }]
    return [{ kind: 'delete', collection: COLLECTION, key: data.id }]
  })
}

function keepState(custom: PostedParameter, posted: readonly PostedParameter[]): PostedParameter {
  const old = posted.find(({ id }) => id === custom.id)
  const same = JSON.stringify({ ...old, state: custom.state, id: custom.id }) === JSON.stringify(custom)
  return old && same ? old : custom
}

/** Returns `store` with a commit in which the records of SearchParameters ride along; `parameters` follows at once. */
export function withSearchParameters(store: Store, base: Definitions, parameters: SearchParameters): Store {
  const commit: Store['commit'] = async (changes, options = {}) => {
    const records = recordsFor(base, parameters.posted, changes)
    if (records.length === 0) return store.commit(changes, options)
    const committed = await store.commit(changes, {
      ...options,
      records: [...(options.records ?? []), ...records],
    })
    await parameters.refresh()
    return committed
  }
  return { ...store, commit }
}
