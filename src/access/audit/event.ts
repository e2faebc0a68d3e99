// A row of the access log as an AuditEvent, in the form of IHE's Basic Audit Log Patterns. https://profiles.ihe.net/ITI/BALP/
import type { Resource } from '../../fhir/resource.ts'
import type { AuditAgent, AuditEntity, AuditRow, SecurityEvent, Task } from '../audit.ts'
import {
  CODES,
  type Coding,
  dicom,
  toAgents,
  toEntity,
  toPurpose,
  toRequestEntity,
  toSource,
} from './parts.ts'

/**
 * Returns the AuditEvent of `row`, for those who may see all of it, or for the one Patient `viewer`: then without other
 * people, what is theirs, and a query that somebody else asked.
 */
export function toAuditEvent(row: AuditRow, baseUrl: string, viewer?: string): Resource {
  const recorded = new Date(row.at).toISOString()
  return {
    resourceType: 'AuditEvent',
    id: row.id,
    meta: { versionId: '1', lastUpdated: recorded },
    type: toType(row.subtype),
    subtype: toSubtypes(row.subtype),
    action: row.action,
    recorded,
    outcome: String(row.outcome),
    purposeOfEvent: [toPurpose(row.purpose)],
    agent: toAgents(row.agent, baseUrl, isReading(row) ? 'to-client' : 'from-client'),
    source: toSource(baseUrl),
    entity: [
      ...toPatients(row, viewer).map((patient) =>
        toEntity(patient, { type: CODES.person, role: CODES.patient }),
      ),
      ...toData(row, viewer),
      ...toQuery(row, viewer),
      ...row.basis.consents.map((consent) =>
        toEntity(consent, { type: CODES.consent, role: CODES.security }),
      ),
      ...toPermission(row),
      toRequestEntity(row.requestId),
    ],
  }
}

// The pattern of a Query has the client as source, since the question flows from there.
function isReading({ action }: AuditRow): boolean {
  return action === 'R'
}

const LOGGED_IN = dicom('110114', 'User Authentication')
const SECURITY = dicom('110113', 'Security Alert')

const TYPES: Readonly<Record<Task | SecurityEvent, Coding>> = {
  token: SECURITY,
  import: dicom('110107', 'Import'),
  export: dicom('110106', 'Export'),
  config: SECURITY,
  login: LOGGED_IN,
  logout: LOGGED_IN,
  authorize: SECURITY,
  issue: SECURITY,
  refresh: SECURITY,
  revoke: SECURITY,
  introspect: SECURITY,
  register: SECURITY,
  'refused-token': SECURITY,
  credential: SECURITY,
}

const REST: Coding = { system: 'http://terminology.hl7.org/CodeSystem/audit-event-type', code: 'rest' }
const INTERACTION = 'http://hl7.org/fhir/restful-interaction'

/** The code system of subtypes that are no interaction of R4. */
export const SUBTYPES = 'https://musubi.example/fhir/CodeSystem/audit-event-subtype'

function isOurs(subtype: string): subtype is Task | SecurityEvent {
  return Object.hasOwn(TYPES, subtype)
}

function toType(subtype: string): Coding {
  return isOurs(subtype) ? TYPES[subtype] : REST
}

// The name of an operation is a code without a system: each is defined by its own OperationDefinition.
function toSubtypes(subtype: string): readonly Coding[] {
  if (isOurs(subtype)) return [{ system: SUBTYPES, code: subtype }]
  if (!subtype.startsWith('$')) return [{ system: INTERACTION, code: subtype }]
  return [{ system: INTERACTION, code: 'operation' }, { code: subtype.slice(1) }]
}

function toPatients({ patients }: AuditRow, viewer: string | undefined): readonly string[] {
  return viewer === undefined ? patients : patients.filter((patient) => patient === viewer)
}

// With one patient, or none, all entities belong to that one; a Patient is told as a person already.
function toData(row: AuditRow, viewer: string | undefined): readonly object[] {
  const shown = row.entities.filter((entity) => viewer === undefined || isOf(row, entity, viewer))
  const entities = shown.map(({ ref, labels = [] }) => ({
    ...toEntity(ref, { type: CODES.object, role: CODES.resource }),
    ...(labels.length > 0 && { detail: labels.map((valueString) => ({ type: 'label', valueString })) }),
  }))
  const hidden = row.entityCount - row.entities.length
  if (hidden <= 0 || (viewer !== undefined && row.patients.length > 1)) return entities
  const detail = [{ type: 'count', valueString: String(row.entityCount) }]
  return [...entities, { type: CODES.object, role: CODES.resource, detail }]
}

function isOf({ patients }: AuditRow, { of }: AuditEntity, viewer: string): boolean {
  return of === undefined ? patients.length <= 1 : of.some((place) => patients[place] === viewer)
}

function toQuery({ query, agent }: AuditRow, viewer: string | undefined): readonly object[] {
  if (query === undefined || (viewer !== undefined && !isOwn(agent, viewer))) return []
  return [{ type: CODES.object, role: CODES.query, query: Buffer.from(query).toString('base64') }]
}

function isOwn({ subject }: AuditAgent, viewer: string): boolean {
  return subject === viewer
}

function toPermission({ basis, elevation, legalBasis }: AuditRow): readonly object[] {
  const detail = [
    ...basis.scopes.map((scope) => ({ type: 'scope', valueString: scope })),
    ...(elevation === undefined ? [] : [{ type: 'elevation', valueString: elevation }]),
    ...(legalBasis === undefined ? [] : [{ type: 'legal-basis', valueString: legalBasis }]),
  ]
  return detail.length === 0 ? [] : [{ type: CODES.object, role: CODES.security, detail }]
}
