// The write door: what is to be stored is checked, indexed, put under the policy and committed. https://hl7.org/fhir/R4/http.html#transactional-integrity
import type { Change, DeleteChange, Expectation, PutChange } from '../access/plan.ts'
import type { Custody, Policy } from '../access/policy.ts'
import type { Labels } from '../consent/read-labels.ts'
import { buildDocument, sameContent } from '../fhir/document.ts'
import { parseJson } from '../fhir/json.ts'
import { FhirError, type Issue } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/resource.ts'
import { PATIENT_PARAM } from '../search/query.ts'
import type { CommittedVersion, Reader, Version } from '../store/store.ts'
import { assertWhole } from './body.ts'
import type { AppContext } from './context.ts'
import { createResolver } from './resolver.ts'
import type { Result, Stored } from './result.ts'
import { inTurn } from './turn.ts'
import { newVersionId } from './version-id.ts'

export interface PutStep {
  readonly kind: 'put'
  readonly change: Change<PutChange>
  /** Where what is written comes from, and in whose record it is. */
  readonly custody: Custody
  /** How its labels differ from those that stood. */
  readonly labels?: readonly string[]
  /** What has to go with it: agreements that it replaces. */
  readonly also?: readonly Change[]
}

/** What a write comes to before it is committed. */
export type Step =
  | PutStep
  | { readonly kind: 'remove'; readonly change: Change<DeleteChange> }
  /** Nothing has to be written. */
  | { readonly kind: 'done'; readonly result: Result }

/** Who writes, and what may be read meanwhile: inside a transaction its own writes. */
export interface Writing {
  readonly context: AppContext
  readonly policy: Policy
  readonly reader: Reader
  /** Labels of what the same transaction is going to write, by `Type/id`. */
  readonly pending?: ReadonlyMap<string, Labels>
}

/** Throws FhirError `unprocessable` with every issue where `resource` may not be stored; warnings let it through. */
export async function assertValid({ context, policy, reader }: Writing, resource: Resource): Promise<void> {
  assertWhole(resource)
  const resolve = createResolver(context, policy, reader)
  const issues = await context.validate(resource, { level: 'errors', resolve })
  if (issues.some(isFailure))
    throw new FhirError('unprocessable', issues.find(isFailure)!.diagnostics, issues)
}

function isFailure({ severity }: Issue): boolean {
  return severity === 'error' || severity === 'fatal'
}

/**
 * Returns the Change that stores a valid `resource`, under its `id`; `standing` is the version that it replaces. Throws
 * FhirError `forbidden` outside the policy.
 */
export function buildPut(
  { context, policy }: Writing,
  resource: Resource & { readonly id: string },
  method: PutChange['method'],
  expect: Expectation,
  standing?: Version,
): PutStep {
  const versionId = newVersionId()
  // A consent is on record under its version: what is provided on its ground names it.
  const versioned = { ...resource, meta: { ...resource.meta, versionId } }
  // A resource stays with whom it first came from, whoever corrects it.
  const source = standing?.source ?? policy.access.source
  const indexed = context.indexFor(versioned, source)
  const change = policy.put(
    {
      type: resource.resourceType,
      id: resource.id,
      method,
      versionId,
      ...buildDocument(resource, versionId),
      ...indexed,
      expect,
    },
    standing,
  )
  const patients = indexed.entries.flatMap(({ param, lo }) => (param === PATIENT_PARAM ? [String(lo)] : []))
  return { kind: 'put', change, custody: { source, patients } }
}

/** True of a version that stands: it is not a tombstone. */
export function isStanding(version: Version | undefined): version is Version & Stored {
  return version?.document !== undefined
}

/** Returns the step that does nothing because `current` says the same, or undefined where `resource` differs from it. */
export function toUnchanged(current: Stored, resource: Resource): Step | undefined {
  if (!sameContent(parseJson(current.document) as Resource, resource)) return undefined
  return { kind: 'done', result: { kind: 'written', version: current, created: false } }
}

/** What is known of a written version beside its bytes. */
export type Written = Custody & { readonly labels?: readonly string[] }

/** Returns it of the version that a step writes. */
export function custodyOf(step: Step): Written {
  return step.kind === 'put' ? { ...step.custody, ...(step.labels && { labels: step.labels }) } : {}
}

/** Returns everything that a step commits, its own change first. */
export function changesOf(step: Exclude<Step, { kind: 'done' }>): readonly Change[] {
  return step.kind === 'put' ? [step.change, ...(step.also ?? [])] : [step.change]
}

/** Returns what the committed version of a step answers with. */
export function toResult(version: CommittedVersion, custody: Written = {}): Result {
  const { document } = version
  if (document === undefined) return { kind: 'removed', version, count: 1 }
  return { kind: 'written', version: { ...version, ...custody, document }, created: version.created }
}

const ATTEMPTS = 8

/** True of a refusal by the store that says the world has changed since the step was planned: plan it again. */
export function isStale(error: unknown): boolean {
  return error instanceof FhirError && (error.code === 'conflict' || error.code === 'version-mismatch')
}

/**
 * Plans and commits, planning again where another write came in between; throws FhirError `conflict` where that goes on.
 * The plan reads anew each time, so it is the one that refuses a stale If-Match.
 */
export async function commitStep(context: AppContext, plan: () => Promise<Step>): Promise<Result> {
  const first = await tryStep(context, plan)
  if (first.kind !== 'stale') return first
  return inTurn(context.store, first.ref, async () => {
    for (let attempt = 2; attempt <= ATTEMPTS; attempt++) {
      const next = await tryStep(context, plan)
      if (next.kind !== 'stale') return next
    }
    throw new FhirError('conflict', 'Other writes to the same resource kept coming in between; try again')
  })
}

/** What a write ran into: something else was written at `ref`, or matched, in the meantime. */
interface Stale {
  readonly kind: 'stale'
  readonly ref: string
}

async function tryStep(context: AppContext, plan: () => Promise<Step>): Promise<Result | Stale> {
  const step = await plan()
  if (step.kind === 'done') return step.result
  try {
    const changes = changesOf(step)
    const { versions } = await context.store.commit(changes)
    await context.onStored(changes)
    return toResult(versions[0]!, custodyOf(step))
  } catch (error) {
    if (!isStale(error)) throw error
    return { kind: 'stale', ref: `${step.change.data.type}/${step.change.data.id}` }
  }
}

/**
 * Returns what stands at an id for a write with `right`, a tombstone included, or undefined where nothing does. Throws
 * FhirError `forbidden` for what may be read but not written; what may not be read is not there.
 */
export async function readTarget(
  { policy, reader }: Writing,
  right: 'u' | 'd',
  type: string,
  id: string,
): Promise<Version | undefined> {
  const target = await reader.read(policy.targetPlan(right, type, id))
  if (target || !policy.may('read', type)) return target
  if (isStanding(await reader.read(policy.readPlan(type, id))))
    throw new FhirError(
      'forbidden',
      `The scopes granted do not allow to ${right === 'u' ? 'update' : 'delete'} this ${type}`,
    )
  return undefined
}
