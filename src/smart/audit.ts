// Events of the authorization server in the access log: logins, grants, tokens and their end. https://hl7.org/fhir/R4/auditevent.html
import { randomUUID } from 'node:crypto'
import type { AuditAgent, AuditOutcome, AuditRow, SecurityEvent } from '../access/audit.ts'
import type { TokenGrant } from '../access/principal.ts'
import type { JournalEntry } from '../store/store.ts'
import type { GrantBase } from './authorization.ts'
import type { SmartContext } from './context.ts'

export interface TokenEvent {
  readonly event: SecurityEvent
  readonly outcome?: AuditOutcome
  readonly client?: string
  /** Who is concerned and for whom, where that is known. */
  readonly grant?: Partial<GrantBase>
  readonly scope?: string
  /** `Consent/7` that it rests on. */
  readonly consent?: string
  /** What was refused: an error code, never a value that was sent. */
  readonly reason?: string
}

/** Returns the row of an event, to ride in the commit that makes it; none where nothing is recorded here. */
export function toJournal({ app }: Pick<SmartContext, 'app'>, event: TokenEvent): readonly JournalEntry[] {
  return app.settings.audit ? [{ kind: 'audit', row: toRow(event) }] : []
}

/** Records an event that changes nothing in the store: a refusal, an introspection. */
export async function noteEvent(context: SmartContext, event: TokenEvent): Promise<void> {
  const entries = toJournal(context, event)
  if (entries.length > 0) await context.app.store.journal.append(entries)
}

/** Records that a client came with a token that has been ended: the person sees that nothing was given. */
export async function noteRefusedToken(context: SmartContext, grant: TokenGrant): Promise<void> {
  await noteEvent(context, {
    event: 'refused-token',
    outcome: 4,
    client: grant.client,
    grant,
    scope: grant.scope,
  }).catch((error: unknown) => process.emitWarning(error as Error))
}

function toRow({ event, outcome = 0, client, grant = {}, scope, consent, reason }: TokenEvent): AuditRow {
  const { subject, patient, purpose, elevation, legalBasis } = grant
  const persons = [subject, patient && `Patient/${patient}`]
  return {
    id: randomUUID(),
    at: Date.now(),
    action: 'E',
    subtype: event,
    outcome,
    agent: toAgent(client, grant),
    purpose: purpose ?? 'HSYSADMIN',
    patients: [...new Set(persons)].filter((ref): ref is string => ref?.startsWith('Patient/') === true),
    entities: [],
    entityCount: 0,
    ...(reason !== undefined && { query: `reason=${reason}` }),
    basis: {
      consents: consent === undefined ? [] : [consent],
      scopes: scope === undefined || scope === '' ? [] : scope.split(' '),
    },
    ...(elevation && { elevation: elevation.reason }),
    ...(legalBasis !== undefined && { legalBasis }),
    requestId: randomUUID(),
  }
}

function toAgent(client = 'musubi', { subject, act, organization, patient }: Partial<GrantBase>): AuditAgent {
  const isProxy =
    act !== undefined || (patient !== undefined && subject?.startsWith('RelatedPerson/') === true)
  return {
    subject: act ?? subject ?? `Client/${client}`,
    client,
    ...(organization !== undefined && { organization }),
    ...(isProxy && { onBehalfOf: act === undefined ? `Patient/${patient}` : subject }),
  }
}
