// Who may read which rows of the access log. https://hl7.org/fhir/R4/auditevent.html#security

import { toAuditEvent } from '../../access/audit/event.ts'
import { type AuditRow, actingFor, concerns } from '../../access/audit.ts'
import type { Policy } from '../../access/policy.ts'
import type { Principal } from '../../access/principal.ts'
import type { Right } from '../../access/scopes.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { IndexEntry } from '../../search/query.ts'
import type { AuditQuestion, Version } from '../../store/store.ts'
import type { AppContext } from '../context.ts'

/** The rows that a principal may read: about the person, by the same agent, or by a client of the same organisation. */
export type Share = Pick<AuditQuestion, 'patient' | 'subject' | 'organization'>

/** Returns the share of `principal`; nobody sees what others did with others' data. */
export function shareOf(principal: Principal): Share {
  const { subject } = principal
  if (subject.startsWith('Patient/')) return { patient: subject }
  const organization = actingFor(principal)
  return subject.startsWith('Client/') && organization !== undefined ? { organization } : { subject }
}

function isIn(row: AuditRow, { patient, subject, organization }: Share): boolean {
  if (patient !== undefined) return concerns(row, patient)
  return subject === undefined ? row.agent.organization === organization : row.agent.subject === subject
}

/** A row as one reader may see it. */
export interface Shown {
  readonly row: AuditRow
  readonly event: Resource
  readonly entries: readonly IndexEntry[]
}

/**
 * Returns the row as an AuditEvent, or undefined where it is not the principal's to read or its scopes leave it out. A
 * person is shown their own part of it, and a search sees no more than that.
 */
export function showRow(context: AppContext, policy: Policy, right: Right, row: AuditRow): Shown | undefined {
  const share = shareOf(policy.principal)
  if (!isIn(row, share)) return undefined
  const event = toAuditEvent(row, context.settings.baseUrl, share.patient)
  const entries = [...context.indexer(event), { param: '_lastUpdated', lo: row.at, hi: row.at }]
  return policy.permits(right, 'AuditEvent', entries) ? { row, event, entries } : undefined
}

/** Returns the event as if it were stored. */
export function toVersion({ row, event }: Shown): Version {
  return {
    type: 'AuditEvent',
    id: row.id,
    versionId: '1',
    lastUpdated: row.at,
    method: 'POST',
    document: Buffer.from(JSON.stringify(event)),
  }
}
