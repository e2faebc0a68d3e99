// transaction: all entries or none, in R4's order. https://hl7.org/fhir/R4/http.html#transaction
import type { Change } from '../access/plan.ts'
import type { Policy } from '../access/policy.ts'
import { type Labels, labelsOf } from '../consent/read-labels.ts'
import { FhirError } from '../fhir/outcome.ts'
import type { CommittedVersion, Reader } from '../store/store.ts'
import { atEntry, type Entry, parseEntries } from './bundle-entry.ts'
import { type EntryOutcome, toResponse } from './bundle-response.ts'
import type { AppContext } from './context.ts'
import { createIdentities, type Identity, type WriteEntry } from './identity.ts'
import type { BundleInteraction, Interaction } from './interaction.ts'
import { type Links, recheckLinks, resolveLinks } from './links-within.ts'
import { createPacer } from './pace.ts'
import type { Result } from './result.ts'
import { showResult } from './show.ts'
import { type Planned, planStep } from './transaction-plan.ts'
import { inTurn } from './turn.ts'
import { changesOf, custodyOf, isStale, type Step, toResult, type Writing } from './write.ts'

/** How an entry that reads is run: the spine, with a reader that sees what the transaction has written. */
export type PerformIn = (
  context: AppContext,
  policy: Policy,
  asked: Interaction,
  reader: Reader,
) => Promise<Result>

/** Throws FhirError `forbidden` where the policy never allows the interaction. */
export type AssertMay = (policy: Policy, asked: Interaction) => void

interface Run {
  readonly context: AppContext
  readonly policy: Policy
  readonly entries: readonly Entry[]
  readonly perform: PerformIn
}

const ATTEMPTS = 5

/** DELETE, POST, PUT and PATCH, GET: whatever order the entries are in. https://hl7.org/fhir/R4/http.html#trules */
const ORDER: Readonly<Partial<Record<Interaction['kind'], number>>> = {
  delete: 0,
  create: 1,
  update: 2,
  patch: 2,
}

/** Returns the answers of all entries. Throws FhirError, naming the entry, where one fails: then nothing is written. */
export async function transaction(
  context: AppContext,
  policy: Policy,
  asked: BundleInteraction,
  perform: PerformIn,
  assertMay: AssertMay,
): Promise<Result> {
  const outcomes = await runTransaction(context, policy, asked, perform, assertMay)
  const shown = outcomes.map(
    async (outcome): Promise<EntryOutcome> =>
      outcome.result ? { result: await showResult(context, context.store, policy, outcome.result) } : outcome,
  )
  return toResponse(context, 'transaction-response', await Promise.all(shown), asked.return)
}

/** Returns what became of each entry, in their order; throws as `transaction` does. */
export async function runTransaction(
  context: AppContext,
  policy: Policy,
  asked: BundleInteraction,
  perform: PerformIn,
  assertMay: AssertMay,
): Promise<readonly EntryOutcome[]> {
  const parsed = await parseEntries(context, asked)
  const entries = parsed.map((entry): Entry => {
    if ('error' in entry) throw entry.error
    return entry
  })
  for (const entry of entries) assertAllowed(policy, entry, assertMay)
  const run = { context, policy, entries, perform }
  return (await attemptOnce(run)) ?? inTurn(context.store, 'transaction', () => attemptAgain(run))
}

async function attemptAgain(run: Run): Promise<readonly EntryOutcome[]> {
  for (let attempt = 2; attempt <= ATTEMPTS; attempt++) {
    const outcomes = await attemptOnce(run)
    if (outcomes) return outcomes
  }
  throw new FhirError('conflict', 'Other writes to the same resources kept coming in between; try again')
}

function assertAllowed(policy: Policy, { index, asked }: Entry, assertMay: AssertMay): void {
  try {
    assertMay(policy, asked)
    if (asked.kind === 'operation' && asked.operation.affectsState)
      throw new FhirError(
        'not-supported',
        'an operation that changes what is stored cannot be in a transaction',
      )
    if (asked.kind === 'delete' && asked.atMost !== undefined)
      throw new FhirError('not-supported', '_count on a delete cannot be in a transaction')
  } catch (error) {
    throw error instanceof FhirError ? atEntry(index, error) : error
  }
}

// Undefined where another write came in between: everything is looked up again.
async function attemptOnce(run: Run): Promise<readonly EntryOutcome[] | undefined> {
  const writing: Writing = { context: run.context, policy: run.policy, reader: run.context.store }
  const writes = run.entries.filter(isWrite).sort((a, b) => ORDER[a.asked.kind]! - ORDER[b.asked.kind]!)
  const identities = createIdentities(writing)
  const pace = createPacer()
  const all: Identity[] = []
  for (const entry of writes) {
    all.push(await identities.identify(entry))
    await pace()
  }
  const links = await resolveLinks(identities, all, pace)
  const planned: Planned[] = []
  const coming: Writing = { ...writing, pending: await labelsToCome(run.context, all) }
  for (const identity of all) {
    planned.push({ identity, step: await planStep(coming, identity, links) })
    await pace()
  }
  return commitAll(run, planned, links)
}

// What entries refer to may itself be about to be stored: its labels are those of its own codes (LI2).
async function labelsToCome(
  { label, governance }: AppContext,
  all: readonly Identity[],
): Promise<ReadonlyMap<string, Labels>> {
  const { vocabulary } = await governance()
  const labels = new Map<string, Labels>()
  for (const { type, id, entry } of all)
    if ('resource' in entry.asked)
      labels.set(`${type}/${id}`, labelsOf(label(entry.asked.resource).resource, vocabulary.sensitivities))
  return labels
}

function isWrite(entry: Entry): entry is WriteEntry {
  return ORDER[entry.asked.kind] !== undefined
}

async function commitAll(
  run: Run,
  planned: readonly Planned[],
  { conditional }: Links,
): Promise<readonly EntryOutcome[] | undefined> {
  const steps = planned.flatMap(({ step }) => (step === 'same' || step.kind === 'done' ? [] : [step]))
  // First each entry's own change, in their order: versions are told by their place.
  const changes: Change[] = [
    ...steps.map(({ change }) => change),
    ...steps.flatMap((step) => changesOf(step).slice(1)),
  ]
  const reads = run.entries.filter((entry) => !isWrite(entry))
  const outcomes: EntryOutcome[] = new Array(run.entries.length)
  const readAll = async (reader: Reader) => {
    for (const entry of reads) outcomes[entry.index] = { result: await readOne(run, entry, reader) }
  }
  if (changes.length === 0) {
    await readAll(run.context.store)
    return tell(planned, [], outcomes)
  }
  const beforeCommit = async (reader: Reader) => {
    await recheckLinks(reader, conditional)
    await readAll(reader)
  }
  // A transaction that is held open for questions holds up all other writes.
  const holds = reads.length > 0 || conditional.length > 0
  try {
    const { versions } = await run.context.store.commit(changes, holds ? { beforeCommit } : {})
    await run.context.onStored(changes)
    return tell(planned, versions, outcomes)
  } catch (error) {
    if (isStale(error)) return undefined
    throw error
  }
}

async function readOne(run: Run, { index, asked }: Entry, reader: Reader): Promise<Result> {
  const { read, search, history, visible } = reader
  const context = { ...run.context, store: { ...run.context.store, read, search, history, visible } }
  try {
    const result = await run.perform(context, run.policy, asked, reader)
    if (result.kind === 'gone') throw new FhirError('deleted', `This ${result.version.type} has been deleted`)
    return result
  } catch (error) {
    throw error instanceof FhirError ? atEntry(index, error) : error
  }
}

// Puts the outcome of every write at the place of its entry.
function tell(
  planned: readonly Planned[],
  versions: readonly (CommittedVersion | undefined)[],
  outcomes: EntryOutcome[],
): readonly EntryOutcome[] {
  const written = new Map<string, Result>()
  let next = 0
  for (const { identity, step } of planned) {
    const ref = `${identity.type}/${identity.id}`
    const result = step === 'same' ? toSame(written.get(ref)) : toOutcome(step, () => versions[next++])
    written.set(ref, result)
    outcomes[identity.entry.index] = { result }
  }
  return outcomes
}

function toOutcome(step: Step, takeVersion: () => CommittedVersion | undefined): Result {
  if (step.kind === 'done') return step.result
  const version = takeVersion()
  return version ? toResult(version, custodyOf(step)) : { kind: 'removed', count: 0 }
}

function toSame(result: Result | undefined): Result {
  if (result?.kind !== 'written') throw new TypeError('an earlier entry has written this resource')
  return { ...result, created: false }
}
