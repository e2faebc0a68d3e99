// What stands between a request and its answer, in the order in which it is asked: one question at a time.
import { parseScopes } from '../../access/scopes.ts'
import { type Account, findAccount } from '../account.ts'
import type { Authorization } from '../authorization.ts'
import type { Client } from '../client.ts'
import type { SmartContext } from '../context.ts'
import { OAuthError } from '../oauth-error.ts'
import { readPurposeScope, toPurpose } from '../purpose.ts'
import type { Session } from '../session.ts'
import { type Capacity, capacitiesOf, isSameCapacity } from './capacity.ts'
import { isBelowConsentAge } from './consent-age.ts'
import { type Grantable, needsPatient, toGrantable } from './grantable.ts'
import type { Pending } from './pending.ts'
import { findRemembered } from './remembered.ts'

/** All that is known when the person is asked for the grant itself. */
export interface Question {
  readonly account: Account
  readonly session: Session
  readonly capacity: Capacity
  readonly purpose: string
  readonly grantable: Grantable
  /** The scope strings of `grantable`, sorted. */
  readonly asked: string
}

export type Step =
  | { readonly kind: 'login' }
  /** Who is logged in proves it once more. */
  | { readonly kind: 'reauthenticate' }
  | { readonly kind: 'identity'; readonly account: Account; readonly capacities: readonly Capacity[] }
  | { readonly kind: 'patient'; readonly account: Account; readonly capacity: Capacity }
  | { readonly kind: 'elevate'; readonly account: Account; readonly capacity: Capacity }
  | { readonly kind: 'consent'; readonly question: Question }
  /** The same question was answered before, and what was granted then is in force. */
  | { readonly kind: 'remembered'; readonly question: Question; readonly before: Authorization }

/**
 * Returns what is to be asked next. Throws the OAuthError that the app is redirected with where the answer can only be no:
 * nobody may go on in any capacity, or for the purpose, or nothing of what was asked for can be granted.
 */
export async function nextStep(
  context: SmartContext,
  pending: Pending,
  client: Client,
  session: Session | undefined,
): Promise<Step> {
  const account = session && (await findAccount(context.app.store, session.account))
  if (!session || !account || !isPending(pending, account) || isToChoose(context, pending, session))
    return { kind: 'login' }
  if (isStale(pending, session)) return { kind: 'reauthenticate' }
  const capacities = await capacitiesOf(context, account)
  const capacity = chooseCapacity(pending, capacities)
  if (!capacity) return { kind: 'identity', account, capacities }
  const purpose = toPurpose(client, capacity, readPurposeScope(pending.request.scope))
  if (purpose === undefined)
    throw new OAuthError('access_denied', 'The client is not registered for a purpose that this user has')
  // Before anybody is looked for: that there is this way at all is said by the right to it (B5).
  if (purpose === 'BTG' && account.breakGlass !== true)
    throw new OAuthError('access_denied', 'This user may not break the glass')
  const grantable = await toGrantable(context.app, client, pending.request.scope, {
    isElevated: purpose === 'BTG',
    hasEncounter: pending.launch?.context.encounter !== undefined,
  })
  assertSomething(context, pending, grantable)
  const known = { account, capacity }
  if ((needsPatient(grantable) || purpose === 'BTG') && patientOf(pending, capacity) === undefined)
    return { kind: 'patient', ...known }
  if (purpose === 'BTG' && !pending.elevation) return { kind: 'elevate', ...known }
  if (purpose === 'BTG' && session.authTime < pending.startedAt) return { kind: 'reauthenticate' }
  // Of an age that the app is not told.
  if (grantable.scopes.length > 0 && (await isBelowConsentAge(context, capacity)))
    throw new OAuthError('access_denied', 'The user may not grant this alone')
  const question = { ...known, session, purpose, grantable, asked: toAsked(grantable) }
  const before = await findBefore(context, pending, client, question)
  return before ? { kind: 'remembered', question, before } : { kind: 'consent', question }
}

/** Returns the id of the Patient in context, or undefined where none is yet. */
export function patientOf({ patient }: Pending, capacity: Capacity): string | undefined {
  return capacity.patient ?? patient
}

// A launch is for the user it was made for; a request that somebody has gone on with is theirs.
function isPending({ launch, account: begun }: Pending, account: Account): boolean {
  return (
    (launch === undefined || launch.account === account.id) && (begun === undefined || begun === account.id)
  )
}

// Which account it is, somebody says by logging in; a provider may have recognised them before that.
function isToChoose(
  { settings }: SmartContext,
  { request, startedAt }: Pending,
  { expiresAt }: Session,
): boolean {
  return request.prompt.includes('select_account') && expiresAt - settings.sessionTtl < startedAt
}

function isStale({ request, startedAt }: Pending, { authTime }: Session): boolean {
  const { prompt, maxAge } = request
  if (prompt.includes('login') && authTime < startedAt) return true
  return maxAge !== undefined && authTime < startedAt - maxAge * 1000
}

function chooseCapacity(
  { launch, capacity }: Pending,
  capacities: readonly Capacity[],
): Capacity | undefined {
  const chosen = launch?.capacity ?? capacity
  if (capacities.length === 0)
    throw new OAuthError('access_denied', 'The user is bound to nobody who is on record here')
  if (chosen === undefined) return capacities.length === 1 ? capacities[0] : undefined
  const found = capacities.find((each) => isSameCapacity(each, chosen))
  if (!found) throw new OAuthError('access_denied', 'The user may no longer act in this capacity')
  return found
}

function assertSomething({ app }: SmartContext, { request }: Pending, { scopes }: Grantable): void {
  const asked = parseScopes(request.scope, app.definitions.isResourceType)
  const isOnlyIdentity = asked.scopes.length === 0 && asked.others.length > 0
  if (scopes.length === 0 && !isOnlyIdentity)
    throw new OAuthError('invalid_scope', 'None of the scopes can be granted to this client')
}

function toAsked({ scopes, others }: Grantable): string {
  return [...scopes.map(({ text }) => text), ...others].sort().join(' ')
}

async function findBefore(
  { app }: SmartContext,
  { request, elevation, patient }: Pending,
  client: Client,
  { account, capacity, purpose, asked }: Question,
): Promise<Authorization | undefined> {
  if (request.prompt.includes('consent') || elevation || !isKnownByAddress(client, request.redirectUri))
    return undefined
  const grant = { patient, ...capacity, purpose }
  return findRemembered(app.store, { account: account.id, client: client.id, asked, grant })
}

// A public client behind a loopback or private-use address may be any program on the device: the person is asked each time (RFC 8252 8.6).
function isKnownByAddress({ metadata }: Client, redirectUri: string): boolean {
  return metadata.token_endpoint_auth_method !== 'none' || redirectUri.startsWith('https://')
}
