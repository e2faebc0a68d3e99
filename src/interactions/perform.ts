// The spine: an Interaction under a Policy comes to a Result. https://hl7.org/fhir/R4/http.html
import type { Disclosed } from '../access/audit.ts'
import type { InteractionCode } from '../access/interaction-code.ts'
import type { Policy } from '../access/policy.ts'
import { isBreakGlass } from '../access/principal.ts'
import { FhirError } from '../fhir/outcome.ts'
import type { Reader, Store, Version } from '../store/store.ts'
import { toDisclosed } from './audit/deed.ts'
import { readAuditEvent } from './audit/read.ts'
import { searchAuditEvents } from './audit/search.ts'
import { batch } from './batch.ts'
import { toCapabilities } from './capabilities.ts'
import type { AppContext } from './context.ts'
import { planCreate } from './create.ts'
import { remove } from './delete.ts'
import { history } from './history.ts'
import type { Create, Interaction } from './interaction.ts'
import { planPatch } from './patch.ts'
import { read } from './read.ts'
import type { Result } from './result.ts'
import { search } from './search.ts'
import { showing, showResult } from './show.ts'
import { noteDoubles } from './steward.ts'
import { transaction } from './transaction.ts'
import { planUpdate } from './update.ts'
import { vread } from './vread.ts'
import { commitStep } from './write.ts'

/**
 * Returns what the interaction came to. `reader` answers what is read: the store, or a transaction with its own writes.
 * Throws FhirError for every expected failure; `forbidden` here only where the interaction is never allowed on the type.
 */
export async function perform(
  context: AppContext,
  policy: Policy,
  asked: Interaction,
  reader: Reader = context.store,
): Promise<Result> {
  assertMay(policy, asked)
  const disclosed: Disclosed[] = []
  const result = await dispatch(context, policy, asked, reader, (version) =>
    disclosed.push(toDisclosed(version)),
  )
  const shown = await showResult(context, reader, policy, result)
  return shown.disclosed || disclosed.length === 0 || !READS.has(asked.kind) ? shown : { ...shown, disclosed }
}

/** What these answer with is what they have read; writes read for their own ends. */
const READS: ReadonlySet<Interaction['kind']> = new Set(['read', 'vread', 'search', 'history', 'operation'])

async function dispatch(
  context: AppContext,
  policy: Policy,
  asked: Interaction,
  reader: Reader,
  onShown: (version: Version) => void,
): Promise<Result> {
  const shown = showing(context, reader, policy, onShown)
  const writing = { context, policy, reader: shown }
  switch (asked.kind) {
    case 'read':
      if (asked.type === 'AuditEvent') return readAuditEvent(context, shown, policy, asked)
      return read(shown, policy, asked)
    case 'vread':
      return vread(shown, policy, asked)
    case 'search':
      if (asked.type === 'AuditEvent') return searchAuditEvents(context, shown, policy, asked)
      return search(context, shown, policy, asked)
    case 'history':
      return history(context, shown, policy, asked)
    case 'create':
      return created(context, asked, await commitStep(context, () => planCreate(writing, asked)))
    case 'update':
      return commitStep(context, () => planUpdate(writing, asked))
    case 'patch':
      return commitStep(context, () => planPatch(writing, asked))
    case 'delete':
      return remove(writing, asked)
    case 'operation':
      return asked.operation.run(toReadBy(context, shown), { ...asked, policy })
    case 'batch':
      return batch(context, policy, asked, perform)
    case 'transaction':
      return transaction(context, policy, asked, perform, assertMay)
    case 'capabilities':
      return toCapabilities(context, asked)
  }
}

function created(context: AppContext, { ifNoneExist }: Create, result: Result): Result {
  if (ifNoneExist !== undefined && result.kind === 'written' && result.created)
    void noteDoubles(context, ifNoneExist, `${result.version.type}/${result.version.id}`).catch(() => {})
  return result
}

// An operation reads through its context: as the requester is shown it, and inside a transaction its own writes.
function toReadBy(context: AppContext, reader: Reader): AppContext {
  const store: Store = {
    ...context.store,
    read: (plan) => reader.read(plan),
    search: (plan) => reader.search(plan),
    history: (plan) => reader.history(plan),
    visible: (plan) => reader.visible(plan),
  }
  return Object.create(context, { store: { value: store } }) as AppContext
}

/** Throws FhirError `forbidden` where the policy allows the interaction on no resource of the type. */
export function assertMay(policy: Policy, asked: Interaction): void {
  // C1
  if (policy.access.refused !== undefined && asked.kind !== 'capabilities')
    throw new FhirError('forbidden', 'Purpose, organisation and role of the token do not allow any request')
  assertWithinSession(policy, asked)
  const code = toCode(asked)
  if (code === undefined || policy.may(code, 'type' in asked ? asked.type : undefined)) return
  throw new FhirError('forbidden', `The scopes granted do not allow this ${code}`)
}

/** B3: what a break-glass session is for. */
const IN_SESSION: ReadonlySet<Interaction['kind']> = new Set(['read', 'vread', 'search', 'history'])

// By the token and the URL alone: no data is looked at.
function assertWithinSession({ principal }: Policy, asked: Interaction): void {
  if (!isBreakGlass(principal) || IN_SESSION.has(asked.kind) || asked.kind === 'capabilities') return
  if (asked.kind === 'operation' && asked.operation.code === 'everything') return
  throw new FhirError('forbidden', 'An elevated session reads one record: read, search, history, $everything')
}

function toCode(asked: Interaction): InteractionCode | undefined {
  switch (asked.kind) {
    case 'operation':
      return undefined
    case 'search':
      // A walk whose access was withdrawn meanwhile ends with an empty page.
      if (asked.params.some(([name]) => name === '_page')) return undefined
      return asked.type === undefined ? 'search-system' : 'search-type'
    case 'history':
      if (asked.id !== undefined) return 'history-instance'
      return asked.type === undefined ? 'history-system' : 'history-type'
    default:
      return asked.kind
  }
}
