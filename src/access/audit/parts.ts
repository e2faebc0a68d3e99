// What every AuditEvent is made of: codes, agents, the server as their source. https://hl7.org/fhir/R4/auditevent.html
import type { AuditAgent } from '../audit.ts'

export interface Coding {
  readonly system?: string
  readonly code: string
  readonly display?: string
}

const DICOM = 'http://dicom.nema.org/resources/ontology/DCM'

/** Returns a code of DICOM's audit vocabulary. */
export function dicom(code: string, display: string): Coding {
  return { system: DICOM, code, display }
}

const ENTITY_TYPE = 'http://terminology.hl7.org/CodeSystem/audit-entity-type'
const ENTITY_ROLE = 'http://terminology.hl7.org/CodeSystem/object-role'

/** Types and roles of entities. */
export const CODES = {
  person: { system: ENTITY_TYPE, code: '1', display: 'Person' },
  object: { system: ENTITY_TYPE, code: '2', display: 'System Object' },
  consent: { system: 'http://hl7.org/fhir/resource-types', code: 'Consent', display: 'Consent' },
  organization: {
    system: 'http://hl7.org/fhir/resource-types',
    code: 'Organization',
    display: 'Organization',
  },
  patient: { system: ENTITY_ROLE, code: '1', display: 'Patient' },
  resource: { system: ENTITY_ROLE, code: '4', display: 'Domain Resource' },
  security: { system: ENTITY_ROLE, code: '13', display: 'Security Resource' },
  destination: { system: ENTITY_ROLE, code: '16', display: 'Data Destination' },
  query: { system: ENTITY_ROLE, code: '24', display: 'Query' },
} as const satisfies Record<string, Coding>

const SOURCE = dicom('110153', 'Source Role ID')
const DESTINATION = dicom('110152', 'Destination Role ID')
const USER: Coding = {
  system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType',
  code: 'IRCP',
  display: 'information recipient',
}
const ROLE_CLASS = 'http://terminology.hl7.org/CodeSystem/v3-RoleClass'
const PROVIDER: Coding = { system: ROLE_CLASS, code: 'PROV', display: 'healthcare provider' }
const PATIENT: Coding = { system: ROLE_CLASS, code: 'PAT', display: 'patient' }
const REQUEST: Coding = {
  system: 'https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType',
  code: 'XrequestId',
}

/** Returns the purpose as a concept of v3-ActReason. */
export function toPurpose(code: string): object {
  return { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code }] }
}

/** Returns an entity that refers to `ref`. */
export function toEntity(
  ref: string,
  { type, role }: { readonly type: Coding; readonly role: Coding },
): object {
  return { what: { reference: ref }, type, role }
}

/** Returns the entity by which the rows of one request are found together. */
export function toRequestEntity(requestId: string): object {
  return { what: { identifier: { value: requestId } }, type: REQUEST }
}

/** Returns this server as who observed the event. */
export function toSource(baseUrl: string): object {
  return {
    site: new URL(baseUrl).host,
    observer: toServer(baseUrl),
    type: [
      {
        system: 'http://terminology.hl7.org/CodeSystem/security-source-type',
        code: '4',
        display: 'Application Server',
      },
    ],
  }
}

function toServer(baseUrl: string): object {
  return { identifier: { value: baseUrl }, display: 'Musubi' }
}

/** Returns a reference to who acts; a client of ours is no resource. */
export function toWho(ref: string): object {
  return ref.startsWith('Client/')
    ? { identifier: { value: ref.slice('Client/'.length) } }
    : { reference: ref }
}

/** Which way the data, or the question, went. */
export type Direction = 'to-client' | 'from-client'

/** Returns client and server, then the user, whom they act for and their organisation; one of them is the requestor. */
export function toAgents(agent: AuditAgent, baseUrl: string, direction: Direction): readonly object[] {
  const [client, server] = direction === 'to-client' ? [DESTINATION, SOURCE] : [SOURCE, DESTINATION]
  const isClient = agent.subject.startsWith('Client/')
  return [
    { type: concept(client), who: toWho(`Client/${agent.client}`), requestor: isClient },
    {
      type: concept(server),
      who: toServer(baseUrl),
      requestor: false,
      network: { address: baseUrl, type: '5' },
    },
    ...(isClient ? [] : [{ type: concept(USER), who: toWho(agent.subject), requestor: true }]),
    ...toOther(PATIENT, agent.onBehalfOf),
    ...toOther(PROVIDER, agent.organization),
  ]
}

function toOther(type: Coding, ref: string | undefined): readonly object[] {
  return ref === undefined ? [] : [{ type: concept(type), who: { reference: ref }, requestor: false }]
}

function concept(coding: Coding): object {
  return { coding: [coding] }
}
