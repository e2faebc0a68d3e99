// A record of provision as an AuditEvent: a privacy disclosure, as its source tells it. https://profiles.ihe.net/ITI/BALP/StructureDefinition-IHE.BasicAudit.PrivacyDisclosure.Source.html
import type { Resource } from '../../fhir/resource.ts'
import { CODES, dicom, toEntity, toPurpose, toRequestEntity, toSource, toWho } from './parts.ts'
import type { ProvisionRow, Recipient } from './provision.ts'

const DISCLOSE = { system: 'http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle', code: 'disclose' }

/** Returns the AuditEvent of `row`. The recipient as known at that time is contained: what it is called today is another thing. */
export function toDisclosureEvent(row: ProvisionRow, baseUrl: string): Resource {
  const recorded = new Date(row.at).toISOString()
  const { recipient } = row
  return {
    resourceType: 'AuditEvent',
    id: row.id,
    meta: { versionId: '1', lastUpdated: recorded },
    contained: [toOrganization(recipient)],
    type: dicom('110106', 'Export'),
    subtype: [DISCLOSE],
    action: 'R',
    recorded,
    outcome: '0',
    purposeOfEvent: [toPurpose(row.purpose)],
    agent: [
      toSender(row, baseUrl),
      {
        type: { coding: [dicom('110152', 'Destination Role ID')] },
        who: toWho(recipient.reference),
        ...(recipient.name !== undefined && { name: recipient.name }),
        requestor: true,
      },
    ],
    source: toSource(baseUrl),
    entity: [
      toEntity(row.patient, { type: CODES.person, role: CODES.patient }),
      toEntity('#recipient', { type: CODES.organization, role: CODES.destination }),
      ...Object.entries(row.items).flatMap(([type, { count, refs }]) => [
        ...refs.map((ref) => toEntity(ref, { type: CODES.object, role: CODES.resource })),
        { type: CODES.object, role: CODES.resource, name: type, detail: [toDetail('count', String(count))] },
      ]),
      ...row.basis.consents.map((consent) =>
        toEntity(consent, { type: CODES.consent, role: CODES.security }),
      ),
      { type: CODES.object, role: CODES.security, detail: [toDetail('basis', row.basis.kind)] },
      toRequestEntity(row.requestId),
    ],
  }
}

function toDetail(type: string, valueString: string): object {
  return { type, valueString }
}

// The organisation that the data came from; where that is not known, the server that gave it.
function toSender({ custodian }: ProvisionRow, baseUrl: string): object {
  return {
    type: { coding: [dicom('110153', 'Source Role ID')] },
    who: custodian === undefined ? { identifier: { value: baseUrl } } : { reference: custodian },
    requestor: false,
    network: { address: baseUrl, type: '5' },
  }
}

function toOrganization({ reference, name, address, representative }: Recipient): object {
  return {
    resourceType: 'Organization',
    id: 'recipient',
    name: name ?? reference,
    ...(address !== undefined && { address: [{ text: address }] }),
    ...(representative !== undefined && { contact: [{ name: { text: representative } }] }),
  }
}
