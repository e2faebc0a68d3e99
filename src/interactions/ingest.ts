// Many resources at once through the one write door: each an update at its id, or a create where it has none.
import { randomUUID } from 'node:crypto'
import type { Change, PutChange } from '../access/plan.ts'
import type { Policy } from '../access/policy.ts'
import { type Labels, labelsOf } from '../consent/read-labels.ts'
import { parseJson } from '../fhir/json.ts'
import { FhirError, type Issue } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/resource.ts'
import type { RecordChange } from '../store/store.ts'
import type { AppContext } from './context.ts'
import { prepare } from './prepare.ts'
import { buildPut, isStanding, type PutStep, toUnchanged, type Writing } from './write.ts'

/** One resource to store; `key` tells it apart in the answer (a line number). */
export interface Candidate {
  readonly key: number
  readonly bytes: Uint8Array
}

/** One that was not stored, and why. */
export interface Rejection {
  readonly key: number
  readonly issues: readonly Issue[]
}

export interface Ingested {
  readonly stored: number
  /** Stood there already with the same content. */
  readonly unchanged: number
  readonly rejected: readonly Rejection[]
}

/** What became of a candidate before the commit. */
export type Prepared =
  | { readonly kind: 'change'; readonly key: number; readonly change: Change<PutChange> }
  | { readonly kind: 'stored' | 'unchanged' }
  | ({ readonly kind: 'rejected' } & Rejection)

const ATTEMPTS = 3

function toRejection(key: number, error: unknown): Prepared {
  if (error instanceof FhirError) return { kind: 'rejected', key, issues: error.issues }
  throw error
}

async function prepareCandidate(writing: Ingesting, { key, bytes }: Candidate): Promise<Prepared> {
  const { context, policy, pending } = writing
  try {
    const given = parseJson(bytes) as Resource
    const { resourceType: type } = given
    const id = given.id ?? randomUUID()
    const current =
      given.id === undefined ? undefined : await context.store.read(policy.targetPlan('u', type, id))
    const standing = isStanding(current) ? current : undefined
    const replaced = standing && { stored: standing, shown: standing }
    // What was agreed elsewhere is taken in as it is; what cannot be interpreted then denies (N3).
    const resource = await prepare(writing, { ...given, id }, replaced, { admitted: true })
    if (standing && toUnchanged(standing, resource)) return { kind: 'unchanged' }
    const method = given.id === undefined ? 'POST' : 'PUT'
    const step = buildPut(writing, resource, method, { version: standing?.versionId ?? null }, standing)
    pending.set(`${type}/${id}`, labelsOf(resource, (await context.governance()).vocabulary.sensitivities))
    return toPrepared(key, step)
  } catch (error) {
    return toRejection(key, error)
  }
}

/** Candidates see the labels of those before them, which are not stored yet. */
interface Ingesting extends Writing {
  readonly pending: Map<string, Labels>
}

function startIngesting(context: AppContext, policy: Policy): Ingesting {
  return { context, policy, reader: context.store, pending: new Map() }
}

const toPrepared = (key: number, { change }: PutStep): Prepared => ({ kind: 'change', key, change })

// What came in between (another process wrote the same id) is prepared anew, one by one.
async function storeAlone(context: AppContext, policy: Policy, candidate: Candidate): Promise<Prepared> {
  for (let attempt = 1; ; attempt++) {
    const prepared = await prepareCandidate(startIngesting(context, policy), candidate)
    if (prepared.kind !== 'change') return prepared
    try {
      await context.store.commit([prepared.change])
      return { kind: 'stored' }
    } catch (error) {
      const stale = error instanceof FhirError && error.code === 'version-mismatch'
      if (!stale || attempt === ATTEMPTS) return toRejection(candidate.key, error)
    }
  }
}

async function storeOneByOne(
  context: AppContext,
  policy: Policy,
  candidates: readonly Candidate[],
  records: readonly RecordChange[],
): Promise<Ingested> {
  const results: Prepared[] = []
  for (const candidate of candidates) results.push(await storeAlone(context, policy, candidate))
  await context.store.commit([], { records })
  return summarise(results, 'stored')
}

// `done` is the kind of those that are stored by now: prepared changes once their commit has gone through.
function summarise(results: readonly Prepared[], done: 'stored' | 'change'): Ingested {
  const count = (kind: Prepared['kind']) => results.filter((each) => each.kind === kind).length
  return {
    stored: count(done),
    unchanged: count('unchanged'),
    rejected: results.flatMap((each) =>
      each.kind === 'rejected' ? [{ key: each.key, issues: each.issues }] : [],
    ),
  }
}

/** Parses, checks and indexes the candidates, and looks up what stands at their ids; nothing is written yet. */
export async function prepareAll(
  context: AppContext,
  policy: Policy,
  candidates: readonly Candidate[],
): Promise<readonly Prepared[]> {
  const prepared: Prepared[] = []
  const ingesting = startIngesting(context, policy)
  for (const candidate of candidates) prepared.push(await prepareCandidate(ingesting, candidate))
  return prepared
}

/**
 * Stores what was prepared in one durable transaction together with `records`, and returns what became of each. One that
 * is refused (invalid, not allowed) does not hold up the others; of two with the same id the later one stands.
 * Throws what the store throws when nothing at all can be stored (full disk).
 */
export async function storeAll(
  context: AppContext,
  policy: Policy,
  candidates: readonly Candidate[],
  prepared: readonly Prepared[],
  records: readonly RecordChange[] = [],
): Promise<Ingested> {
  const changes = prepared.flatMap((each) => (each.kind === 'change' ? [each.change] : []))
  try {
    await context.store.commit(changes, { records })
  } catch (error) {
    if (!(error instanceof FhirError) || error.code !== 'version-mismatch') throw error
    return storeOneByOne(context, policy, candidates, records)
  }
  return summarise(prepared, 'change')
}
