// What somebody has decided about an app, made good: the Consent, the authorization and its code. https://hl7.org/fhir/smart-app-launch/app-launch.html#step-4-authorization-code
import { randomUUID } from 'node:crypto'
import { assertGrant } from '../../access/grant.ts'
import { parseScopes } from '../../access/scopes.ts'
import { FhirError } from '../../fhir/outcome.ts'
import type { RecordChange } from '../../store/store.ts'
import { performAs, policyOf } from '../acting.ts'
import { toJournal } from '../audit.ts'
import {
  type Authorization,
  CODE_LIFE_MS,
  type GrantBase,
  type LaunchContext,
  toAuthorizationRow,
  toLastInstant,
  toStay,
} from '../authorization.ts'
import type { Client } from '../client.ts'
import { CODES, type Code } from '../code.ts'
import type { SmartContext } from '../context.ts'
import { toGrantContext } from '../grant-context.ts'
import { OAuthError } from '../oauth-error.ts'
import { toStyleUrl } from '../pages/style.ts'
import { type Session, toFirst } from '../session.ts'
import { hashToken, makeToken } from '../token.ts'
import { toConsent } from './app-consent.ts'
import type { Capacity } from './capacity.ts'
import { type Pending, toPendingEnd } from './pending.ts'
import { toRemembered } from './remembered.ts'

/** What was decided, by whom. */
export interface Decided {
  readonly pending: Pending
  readonly client: Client
  readonly session: Session
  readonly capacity: Capacity
  readonly purpose: string
  /** As granted; a subset of what was asked for. */
  readonly scope: string
  /** What could have been granted: the same question is not put twice. */
  readonly asked: string
  /** Instant (ms) at which it ends. */
  readonly until?: number
  /** The same question was answered by it: its Consent is taken over, where else a new one is written. */
  readonly before?: Authorization
}

/** True where a person lets an app into their own record, or that of whom they act for: that is a Consent; staff give none. */
export function writesConsent({ subject }: Capacity, scope: string): boolean {
  return !subject.startsWith('Practitioner/') && asksRecords(scope)
}

function asksRecords(scope: string): boolean {
  return /(^| )(patient|user)\//.test(scope)
}

/**
 * Puts the decision on record and returns the code. Throws OAuthError `access_denied` where rules of the server refuse the
 * grant or the Consent; nothing is granted then.
 */
export async function decide(context: SmartContext, decided: Decided): Promise<string> {
  const { pending, client, scope } = decided
  const now = Date.now()
  const grant = toGrant(decided)
  await refuseOn(async () => {
    const expiresAt = now + context.settings.accessTokenTtl
    await assertGrant({ ...grant, scope: scopesOf(scope), expiresAt }, await toGrantContext(context.app))
  })
  const { before } = decided
  const consent = before ? before.consent : await refuseOn(() => writeConsent(context, decided, now))
  const authorization = toAuthorization(context, decided, { grant, consent, now })
  const code = makeToken()
  await context.app.store.commit([], {
    records: [
      ...toAuthorizationChanges(context, decided, authorization, now),
      { kind: 'add', quiet: true, row: toCodeRow(context, decided, code, authorization.id) },
      toPendingEnd(pending),
    ],
    journal: toJournal(context, {
      event: 'authorize',
      client: client.id,
      grant,
      scope,
      ...(consent !== undefined && { consent }),
    }),
  })
  return code
}

function toAuthorizationChanges(
  { settings }: SmartContext,
  { before, pending, scope, asked }: Decided,
  authorization: Authorization,
  now: number,
): readonly RecordChange[] {
  const isEmpty = asksRecords(asked) && !asksRecords(scope)
  const row = toAuthorizationRow(authorization, toLastInstant(authorization, settings, now))
  return [
    { kind: 'add', quiet: true, row },
    // Whoever breaks the glass is asked each time, and who has given nothing may change their mind.
    ...(pending.elevation || isEmpty ? [] : [toRemembered(authorization, row.expiresAt!)]),
    // An app that is opened every day leaves no trail of authorizations: of each only its tokens are left.
    ...(before ? [toStay(before, toLastInstant(before, settings, now), { superseded: true })] : []),
  ]
}

function toGrant({ client, capacity, purpose, pending }: Decided): GrantBase {
  const { subject, organization, role } = capacity
  const patient = capacity.patient ?? pending.patient
  const encounter = pending.launch?.context.encounter
  return {
    subject,
    client: client.id,
    purpose,
    ...(patient !== undefined && { patient }),
    ...(encounter !== undefined && { encounter }),
    ...(organization !== undefined && { organization }),
    ...(role !== undefined && { role }),
    ...(pending.elevation && { elevation: pending.elevation }),
  }
}

function scopesOf(scope: string): string {
  return scope
    .split(' ')
    .filter((each) => /^(patient|user)\//.test(each))
    .join(' ')
}

async function writeConsent(
  context: SmartContext,
  decided: Decided,
  at: number,
): Promise<string | undefined> {
  const { client, capacity, purpose, scope, until } = decided
  const { app, settings } = context
  const { scopes } = parseScopes(scope, app.definitions.isResourceType)
  if (!writesConsent(capacity, scope)) return undefined
  const resource = toConsent(
    { client, capacity, scopes, purpose, at, ...(until !== undefined && { until }) },
    settings,
  )
  const policy = await policyOf(app, capacity, { client: client.id })
  const result = await performAs(app, policy, { kind: 'create', type: 'Consent', resource })
  if (result.kind !== 'written') throw new OAuthError('access_denied', 'The Consent was not accepted')
  return `Consent/${result.version.id}`
}

// What the server refuses is told to the app as a refusal, and to nobody why.
async function refuseOn<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof FhirError && error.status < 500)
      throw new OAuthError('access_denied', 'What was asked for cannot be granted')
    throw error
  }
}

interface Made {
  readonly grant: GrantBase
  readonly consent: string | undefined
  readonly now: number
}

function toAuthorization(
  context: SmartContext,
  { pending, client, session, scope, asked, until, capacity }: Decided,
  { grant, consent, now }: Made,
): Authorization {
  return {
    id: randomUUID(),
    client: client.id,
    account: session.account,
    grant,
    scope,
    asked,
    context: toLaunchContext(context, pending, grant, scope),
    ...(consent !== undefined && { consent }),
    session: toFirst(session),
    fhirUser: `${context.urls.base}/${capacity.subject}`,
    authTime: Math.floor(session.authTime / 1000),
    amr: session.amr,
    createdAt: now,
    ...(until !== undefined && { until }),
  }
}

// Context goes with the scopes that were granted for it.
function toLaunchContext(
  { urls }: SmartContext,
  { launch }: Pending,
  { patient }: GrantBase,
  scope: string,
): LaunchContext {
  const { encounter, patient: _, ...others } = launch?.context ?? {}
  const scopes = scope.split(' ')
  const isBound = scopes.some((each) => /^(patient\/|launch(\/patient)?(\?|$))/.test(each))
  const tellsEncounter = scopes.some((each) => /^launch(\/encounter)?(\?|$)/.test(each))
  return {
    ...(scopes.includes('launch') && others),
    ...(encounter !== undefined && tellsEncounter && { encounter }),
    ...(patient !== undefined &&
      isBound && {
        patient,
        // Neither our launches nor a browser of its own show whose record it is.
        need_patient_banner: others.need_patient_banner ?? true,
        smart_style_url: toStyleUrl(urls),
      }),
  }
}

function toCodeRow(
  { urls }: SmartContext,
  { pending: { request }, client }: Decided,
  code: string,
  authorization: string,
) {
  const value: Code = {
    authorization,
    client: client.id,
    redirectUri: request.redirectUri,
    challenge: request.challenge,
    audience: urls.base,
    ...(request.nonce !== undefined && { nonce: request.nonce }),
  }
  return { collection: CODES, key: hashToken(code), value, expiresAt: Date.now() + CODE_LIFE_MS }
}
