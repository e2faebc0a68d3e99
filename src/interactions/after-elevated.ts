// After an elevated request has disclosed something: the notice and the review, once for each session (B2).
import { isUniversal } from '../access/directory.ts'
import type { Policy } from '../access/policy.ts'
import { isBreakGlass, type Principal } from '../access/principal.ts'
import { createSystemPolicy } from '../access/system.ts'
import { FhirError } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/resource.ts'
import { type Disclosure, toNotice, toReview } from './break-glass.ts'
import type { AppContext } from './context.ts'
import { planCreate } from './create.ts'
import { parsePieces, type Result } from './result.ts'

/** Collection of records: a row for each session that has disclosed something; its key is the session's. */
export const SESSIONS = 'break-glass-session'

/**
 * Puts the obligations of a break-glass session on record where `result` discloses something and the session has none yet;
 * nothing for any other principal. Ends before the result is sent: what cannot be told is not shown. Throws what the store
 * throws.
 */
export async function afterElevated(
  context: AppContext,
  principal: Principal,
  result: Result,
): Promise<void> {
  if (!isBreakGlass(principal) || !discloses(result)) return
  const { records } = context.store
  const key = toSessionKey(principal)
  if (await records.get(SESSIONS, key)) return
  try {
    await commitObligations(context, toDisclosure(context, principal), key)
  } catch (error) {
    // Another request of the session was first.
    const isDone =
      error instanceof FhirError && error.code === 'conflict' && (await records.get(SESSIONS, key))
    if (!isDone) throw error
  }
}

async function commitObligations(context: AppContext, disclosure: Disclosure, key: string): Promise<void> {
  const { organization, patient } = disclosure
  const { breakGlassReviewDays, timeZone } = context.settings
  // The notice comes from the server: the organisation may not take it back. The review is the organisation's own.
  const server = await createSystemPolicy('break-glass', context)
  const owner = await createSystemPolicy('break-glass', context, organization)
  const plan = async (policy: Policy, resource: Resource) => {
    const type = resource.resourceType
    const step = await planCreate(
      { context, policy, reader: context.store },
      { kind: 'create', type, resource },
    )
    if (step.kind !== 'put') throw new Error(`${type} was not planned`)
    return { change: step.change, ref: `${type}/${step.change.data.id}` }
  }
  const name = (await context.store.consents.current(organization))?.['name']
  const told = { timeZone, name: typeof name === 'string' ? name : undefined }
  const notice = await plan(server, toNotice(disclosure, told))
  const review = await plan(owner, toReview(disclosure, notice.ref, breakGlassReviewDays))
  const value = { ...disclosure, notice: notice.ref, review: review.ref }
  await context.store.commit([notice.change, review.change], {
    records: [{ kind: 'add', row: { collection: SESSIONS, key, owner: patient, value } }],
  })
}

function toDisclosure({ settings }: AppContext, { subject, identities, elevation }: Principal): Disclosure {
  return {
    patient: elevation!.patient!,
    organization: identities.find(({ via }) => via === 'acting')?.ref ?? settings.organization,
    user: subject,
    reason: elevation!.reason,
    time: Date.now(),
  }
}

function toSessionKey({ elevation, subject, expiresAt }: Principal): string {
  return elevation?.id ?? `${subject} ${elevation?.patient} ${expiresAt}`
}

/** True where the requester learns something that is not everybody's: also that a resource is gone, or unchanged. */
function discloses(result: Result): boolean {
  switch (result.kind) {
    case 'found':
    case 'gone':
      return !isUniversal(result.version.type)
    case 'not-modified':
      return result.version === undefined || !isUniversal(result.version.type)
    case 'pieces':
      return holdsPersonal(parsePieces(result.pieces))
    case 'resource':
      return holdsPersonal(result.resource as Resource)
    case 'written':
    case 'removed':
    case 'public':
    case 'outcome':
    case 'text':
      return false
  }
}

function holdsPersonal(resource: Resource): boolean {
  const { resourceType: type } = resource
  if (type !== 'Bundle') return type !== 'OperationOutcome' && !isUniversal(type)
  const entries = (resource['entry'] ?? []) as readonly Entry[]
  // A count alone tells as well.
  if (entries.length === 0) return Number(resource['total'] ?? 0) > 0
  return entries.some((entry) => {
    const of = entry.resource?.resourceType ?? entry.request?.url?.split('/')[0]
    return of !== undefined && of !== 'OperationOutcome' && !isUniversal(of)
  })
}

interface Entry {
  readonly resource?: Resource
  /** In a history. */
  readonly request?: { readonly url?: string }
}
