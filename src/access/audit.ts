// One row of the access log: who did what, with whose data, by which permission. https://hl7.org/fhir/R4/auditevent.html
import { randomUUID } from 'node:crypto'
import type { Principal } from './principal.ts'

/** C create, R read, U update, D delete, E execute. https://hl7.org/fhir/R4/valueset-audit-event-action.html */
export type AuditAction = 'C' | 'R' | 'U' | 'D' | 'E'

/** 0 done, 4 refused, 8 failed, 12 not available. https://hl7.org/fhir/R4/valueset-audit-event-outcome.html */
export type AuditOutcome = 0 | 4 | 8 | 12

export interface AuditAgent {
  /** `Practitioner/7`, `Patient/1`, `RelatedPerson/2` or `Client/app`. */
  readonly subject: string
  readonly client: string
  /** The organisation acted for. */
  readonly organization?: string
  /** The Patient whom a proxy acts for: then there are two agents. */
  readonly onBehalfOf?: string
}

/** What let an interaction through: Consents by version (`Consent/1/_history/2`) and scopes as granted. */
export interface AuditBasis {
  readonly consents: readonly string[]
  readonly scopes: readonly string[]
}

export interface AuditEntity {
  /** `Observation/7/_history/2`, or without a version where none is known. */
  readonly ref: string
  /** Whose it is, as places in the row's `patients`; left out where these are one or none. */
  readonly of?: readonly number[]
  /** `added HIV (hiv)`: a label that was changed, with the rule that did it. */
  readonly labels?: readonly string[]
}

/** Plain JSON, kept as it is: protected data, never logged. */
export interface AuditRow {
  /** UUIDv4: an id in the order of time would tell how much others do. */
  readonly id: string
  /** Instant in ms. */
  readonly at: number
  readonly action: AuditAction
  /** An interaction code of R4, `$name` of an operation, or a code of our own (`TASKS`, `SECURITY_EVENTS`). */
  readonly subtype: string
  readonly outcome: AuditOutcome
  readonly agent: AuditAgent
  /** One v3-ActReason code. */
  readonly purpose: string
  readonly patients: readonly string[]
  /** At most `MAX_ENTITIES`. */
  readonly entities: readonly AuditEntity[]
  /** How many there were. */
  readonly entityCount: number
  /** Path and query as asked. */
  readonly query?: string
  readonly basis: AuditBasis
  /** Why rights were raised (break-glass, a task of the server). */
  readonly elevation?: string
  /** Law by which no consent was needed. */
  readonly legalBasis?: string
  readonly requestId: string
}

/** One resource that an interaction has shown or written. */
export interface Disclosed {
  readonly type: string
  readonly id: string
  readonly versionId?: string
  /** Every Patient it is about, as references. */
  readonly patients: readonly string[]
  /** The organisation it came from, where that is known. */
  readonly source?: string
  /** What its labels have gained or lost by being written (LI3). */
  readonly labels?: readonly string[]
}

/** What was done, apart from who did it. */
export interface Deed {
  readonly at: number
  readonly action: AuditAction
  readonly subtype: string
  readonly outcome: AuditOutcome
  /** Patients that the request names; those of `disclosed` are added. */
  readonly patients: readonly string[]
  readonly disclosed: readonly Disclosed[]
  readonly query?: string
  readonly legalBasis?: string
  readonly requestId: string
}

/** Acts of the server itself that are no interaction of R4. */
export const TASKS = ['token', 'import', 'export', 'config'] as const
export type Task = (typeof TASKS)[number]

/** What happens to tokens and the people who ask for them. */
export const SECURITY_EVENTS = [
  'login',
  'logout',
  'authorize',
  'issue',
  'refresh',
  'revoke',
  'introspect',
  'register',
  'refused-token',
  'credential',
] as const
export type SecurityEvent = (typeof SECURITY_EVENTS)[number]

/** Entities that a row names; beyond it only their number is kept. */
export const MAX_ENTITIES = 100
const MAX_QUERY_CHARS = 8_192

/** Returns the row of a deed done by `principal`; `basis` is what its Policy names. */
export function buildAuditRow(principal: Principal, basis: readonly string[], deed: Deed): AuditRow {
  const { at, action, subtype, outcome, disclosed, query, legalBasis, requestId } = deed
  const patients = joinPatients(deed)
  return {
    id: randomUUID(),
    at,
    action,
    subtype,
    outcome,
    agent: once(agents, principal, toAuditAgent),
    purpose: principal.purpose,
    patients,
    entities: toEntities(disclosed, patients),
    entityCount: disclosed.length,
    ...(query !== undefined && { query: query.slice(0, MAX_QUERY_CHARS) }),
    basis: once(bases, basis, toBasis),
    ...(principal.elevation && { elevation: principal.elevation.reason }),
    ...(legalBasis !== undefined && { legalBasis }),
    requestId,
  }
}

// The same for every request with one token.
const agents = new WeakMap<Principal, AuditAgent>()
const bases = new WeakMap<readonly string[], AuditBasis>()

function once<Key extends object, Value>(
  known: WeakMap<Key, Value>,
  key: Key,
  make: (key: Key) => Value,
): Value {
  let value = known.get(key)
  if (value === undefined) {
    value = make(key)
    known.set(key, value)
  }
  return value
}

/** What the server did by order of its operator. */
export interface TaskDeed {
  readonly task: Task
  /** The command and what it was given, without values that are secret. */
  readonly query: string
  readonly outcome?: AuditOutcome
  readonly patients?: readonly string[]
  /** Scopes that were granted. */
  readonly scopes?: readonly string[]
}

/** Returns the row of a task. Whoever has the command line is the operator: nobody else is known by name. */
export function buildTaskRow({ task, query, outcome = 0, patients = [], scopes = [] }: TaskDeed): AuditRow {
  return {
    id: randomUUID(),
    at: Date.now(),
    action: task === 'token' ? 'C' : 'E',
    subtype: task,
    outcome,
    agent: { subject: 'Client/musubi', client: 'musubi' },
    purpose: 'HSYSADMIN',
    patients,
    entities: [],
    entityCount: 0,
    query: query.slice(0, MAX_QUERY_CHARS),
    basis: { consents: [], scopes },
    elevation: 'command line',
    requestId: randomUUID(),
  }
}

function joinPatients({ patients, disclosed }: Deed): readonly string[] {
  if (disclosed.every((each) => each.patients.length === 0)) return patients
  return [...new Set([...patients, ...disclosed.flatMap((each) => each.patients)])]
}

function toEntities(disclosed: readonly Disclosed[], patients: readonly string[]): readonly AuditEntity[] {
  const places = patients.length > 1 ? new Map(patients.map((patient, i) => [patient, i])) : undefined
  return disclosed.slice(0, MAX_ENTITIES).map(({ type, id, versionId, patients: of, labels }) => {
    const ref = versionId === undefined ? `${type}/${id}` : `${type}/${id}/_history/${versionId}`
    const told = labels && labels.length > 0 ? { labels } : {}
    return places ? { ref, of: of.map((patient) => places.get(patient)!), ...told } : { ref, ...told }
  })
}

/** Returns the agent that a principal is: of a proxy the one who acts, for whom. */
export function toAuditAgent(principal: Principal): AuditAgent {
  const { subject, client, proxyFor, identities } = principal
  const organization = actingFor(principal)
  const user = identities.find(({ via }) => via === 'user')?.ref
  return {
    subject: user ?? subject,
    client,
    ...(organization !== undefined && { organization }),
    ...(proxyFor !== undefined && { onBehalfOf: proxyFor }),
  }
}

/** Returns the organisation a principal acts for, if any. */
export function actingFor({ identities }: Principal): string | undefined {
  return identities.find(({ via }) => via === 'acting')?.ref
}

/** Sorts what a Policy names as its basis: references to Consents, and scopes. */
export function toBasis(basis: readonly string[]): AuditBasis {
  const isConsent = (text: string) => text.startsWith('Consent/')
  return { consents: basis.filter(isConsent), scopes: basis.filter((text) => !isConsent(text)) }
}

/** True of a row that `patient` (`Patient/1`) may read because it is about that person. */
export function concerns(row: AuditRow, patient: string): boolean {
  return row.patients.includes(patient)
}
