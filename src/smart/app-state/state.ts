// State of apps on record: apart from the resources of the FHIR base, sealed, one row for each. https://hl7.org/fhir/smart-app-launch/app-state.html#design-notes
import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { FhirError } from '../../fhir/outcome.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { JournalEntry, RecordChange } from '../../store/store.ts'
import type { SmartContext } from '../context.ts'
import { tryCommit } from '../once.ts'
import type { Basic } from './basic.ts'
import type { Wanted } from './may.ts'

/** Collections of `Records`: state by its id, and the numbers of versions that are taken. */
const STATES = 'app-state'
const VERSIONS = 'app-state-version'

export interface State extends Wanted {
  readonly id: string
  /** Counts from 1. */
  readonly version: number
  /** The client that created it. */
  readonly client: string
  /** As it is served; undefined once it is deleted. */
  readonly resource?: Resource
}

/** The row of a state: what apps keep may be keys to other data. */
interface Sealed extends Omit<State, 'resource'> {
  readonly sealed?: string
}

/** How many states one code may have about one subject. */
const MAX_STATES = 100
/** No request is answered later: until then the number of a version cannot be taken twice. */
const CLAIM_MS = 60 * 60 * 1000
const PURPOSE = 'app-state'

/** Returns the state of that id, a deleted one too. */
export async function findState(context: SmartContext, id: string): Promise<State | undefined> {
  const row = await context.app.store.records.get(STATES, id)
  return row && open(context, row.value as Sealed)
}

/** Returns what is kept under a code about a subject, or about nobody, without what was deleted. */
export async function listStates(context: SmartContext, wanted: Wanted): Promise<readonly State[]> {
  const rows = await context.app.store.records.list(STATES, toOwner(wanted))
  return rows.map(({ value }) => open(context, value as Sealed)).filter(({ resource }) => resource)
}

/** Keeps new state; throws FhirError `unprocessable` where there is too much of it. Journal rows are made with its id. */
export async function createState(
  context: SmartContext,
  client: string,
  { resource, code, subject }: Basic,
  journal: (state: State) => readonly JournalEntry[],
): Promise<State> {
  const others = await listStates(context, { code, ...(subject !== undefined && { subject }) })
  if (others.length >= MAX_STATES)
    throw new FhirError('unprocessable', `There are ${MAX_STATES} states under this code and subject already`)
  const id = randomUUID()
  const state: State = { id, version: 1, client, code, ...(subject !== undefined && { subject }) }
  const kept = { ...state, resource: withMeta(resource, id, 1) }
  await commit(context, kept, journal(kept))
  return kept
}

/**
 * Puts `next` in the place of `state`, or deletes it where there is none. Throws FhirError `version-mismatch` where subject
 * or code changes, or another writer was faster.
 */
export async function replaceState(
  context: SmartContext,
  state: State,
  next: Basic | undefined,
  journal: (state: State) => readonly JournalEntry[],
): Promise<State> {
  if (next && !isSame(state.resource!, next.resource))
    throw new FhirError('version-mismatch', 'Basic.subject and Basic.code stay as they were created')
  const version = state.version + 1
  const { resource: _, ...plain } = state
  const kept: State = {
    ...plain,
    version,
    ...(next && { resource: withMeta(next.resource, state.id, version) }),
  }
  await commit(context, kept, journal(kept))
  return kept
}

function isSame(a: Resource, b: Resource): boolean {
  return isDeepStrictEqual([a['subject'], a['code']], [b['subject'], b['code']])
}

function withMeta(resource: Resource, id: string, version: number): Resource {
  const meta = {
    ...(resource['meta'] as object),
    versionId: String(version),
    lastUpdated: new Date().toISOString(),
  }
  return { ...resource, id, meta }
}

async function commit(context: SmartContext, state: State, journal: readonly JournalEntry[]): Promise<void> {
  const { id, version } = state
  const key = `${id} ${version}`
  const claim = { collection: VERSIONS, key, value: true, expiresAt: Date.now() + CLAIM_MS }
  const row = { collection: STATES, key: id, value: seal(context, state), owner: toOwner(state) }
  const records: RecordChange[] = [
    { kind: 'add', quiet: true, row: claim },
    { kind: 'put', quiet: true, row },
  ]
  if (!(await tryCommit(context.app.store, records, journal)))
    throw new FhirError('version-mismatch', 'Another request was faster')
}

function seal({ keys }: SmartContext, { resource, ...plain }: State): Sealed {
  return { ...plain, ...(resource && { sealed: keys.seal(PURPOSE, JSON.stringify(resource)) }) }
}

function open({ keys }: SmartContext, { sealed, ...plain }: Sealed): State {
  return { ...plain, ...(sealed !== undefined && { resource: JSON.parse(keys.open(PURPOSE, sealed)) }) }
}

// What a query asks for is one owner: no list is longer than what one app may keep about one subject.
function toOwner({ code, subject = '' }: Wanted): string {
  return `${code} ${subject}`
}
