// Rows of the journal for tests.
import { randomUUID } from 'node:crypto'
import type { ProvisionRow } from '../../src/access/audit/provision.ts'
import type { AuditRow } from '../../src/access/audit.ts'
import type { JournalEntry } from '../../src/store/store.ts'

/** Returns a row: Practitioner/7 of Organization/1 has read Observation/9 of Patient/1, but for what `parts` say. */
export function toAudit(parts: Partial<AuditRow> = {}): AuditRow {
  return {
    id: randomUUID(),
    at: Date.now(),
    action: 'R',
    subtype: 'read',
    outcome: 0,
    agent: { subject: 'Practitioner/7', client: 'emr', organization: 'Organization/1' },
    purpose: 'TREAT',
    patients: ['Patient/1'],
    entities: [{ ref: 'Observation/9/_history/1' }],
    entityCount: 1,
    basis: { consents: [], scopes: ['user/*.rs'] },
    requestId: 'r',
    ...parts,
  }
}

/** Returns a record: Observation/9 of Patient/1 was given to Organization/2, but for what `parts` say. */
export function toProvision(parts: Partial<ProvisionRow> = {}): ProvisionRow {
  return {
    id: randomUUID(),
    at: Date.now(),
    patient: 'Patient/1',
    recipient: { reference: 'Organization/2', name: '結び病院' },
    purpose: 'TREAT',
    basis: { kind: 'consent', consents: ['Consent/1/_history/1'] },
    items: { Observation: { count: 1, refs: ['Observation/9/_history/1'] } },
    custodian: 'Organization/1',
    subject: 'Practitioner/8',
    requestId: 'r',
    ...parts,
  }
}

/** Returns the row as an entry of the journal. */
export function audited(parts: Partial<AuditRow> = {}): JournalEntry {
  return { kind: 'audit', row: toAudit(parts) }
}

/** Returns the record as an entry of the journal. */
export function provided(parts: Partial<ProvisionRow> = {}): JournalEntry {
  return { kind: 'provision', row: toProvision(parts) }
}
