// What an interaction is to the access log: its code, what it names, what it has shown. https://hl7.org/fhir/R4/valueset-type-restful-interaction.html
import type { AuditAction, AuditOutcome, Disclosed } from '../../access/audit.ts'
import { isUniversal } from '../../access/directory.ts'
import type { Custody } from '../../access/policy.ts'
import type { Principal } from '../../access/principal.ts'
import { toRole } from '../../access/roles.ts'
import type { Interaction } from '../interaction.ts'
import type { Result, VersionMark } from '../result.ts'

/** How an interaction is told. */
export interface Code {
  readonly action: AuditAction
  readonly subtype: string
}

/** Returns the code of an interaction; a result tells whether an update brought something forth. */
export function toCode(asked: Interaction, result?: Result): Code {
  switch (asked.kind) {
    case 'read':
    case 'vread':
    case 'capabilities':
      return { action: 'R', subtype: asked.kind }
    case 'create':
      return { action: 'C', subtype: 'create' }
    case 'update':
      return { action: result?.kind === 'written' && result.created ? 'C' : 'U', subtype: 'update' }
    case 'patch':
      return { action: 'U', subtype: 'patch' }
    case 'delete':
      return { action: 'D', subtype: 'delete' }
    case 'history':
      return { action: 'R', subtype: toHistoryCode(asked) }
    case 'search':
      return { action: 'E', subtype: asked.type === undefined ? 'search-system' : 'search-type' }
    case 'operation':
      return { action: 'E', subtype: `$${asked.operation.code}` }
    case 'batch':
    case 'transaction':
      return { action: 'E', subtype: asked.kind }
  }
}

function toHistoryCode({ type, id }: { readonly type?: string; readonly id?: string }): string {
  if (id !== undefined) return 'history-instance'
  return type === undefined ? 'history-system' : 'history-type'
}

/** What a request that could not be understood was meant to be, by its method. */
const METHODS: Readonly<Record<string, Code>> = {
  POST: { action: 'C', subtype: 'create' },
  PUT: { action: 'U', subtype: 'update' },
  PATCH: { action: 'U', subtype: 'patch' },
  DELETE: { action: 'D', subtype: 'delete' },
}

/** Returns the code of a request that never became an Interaction. */
export function toCodeOfMethod(method: string): Code {
  return METHODS[method] ?? { action: 'R', subtype: 'read' }
}

/** Returns the outcome that an HTTP status stands for. */
export function toOutcomeOf(status: number): AuditOutcome {
  if (status < 400) return 0
  if (status < 500) return 4
  return status === 503 || status === 507 ? 12 : 8
}

/** Returns the Patients that a request names, or that the principal is bound to whatever it asks of people's data. */
export function namedPatients(principal: Principal, asked: Interaction | undefined): readonly string[] {
  if (asked === undefined) return []
  const type = 'type' in asked ? asked.type : undefined
  if (type !== undefined && isUniversal(type)) return []
  const own = boundPatient(principal)
  const named = patientIn(asked)
  if (named === undefined || named === own) return own === undefined ? [] : [own]
  return own === undefined ? [named] : [own, named]
}

function patientIn(asked: Interaction): string | undefined {
  if (asked.kind === 'search')
    return asked.compartment?.name === 'Patient' ? `Patient/${asked.compartment.id}` : undefined
  const id = idOf(asked)
  return 'type' in asked && asked.type === 'Patient' && id !== undefined ? `Patient/${id}` : undefined
}

function idOf(asked: Interaction): string | undefined {
  if ('target' in asked) return asked.target.id
  return 'id' in asked ? asked.id : undefined
}

function boundPatient({ subject, scopes, launch }: Principal): string | undefined {
  if (subject.startsWith('Patient/')) return subject
  const isBound = toRole(subject) === 'patient' || scopes.every(({ level }) => level === 'patient')
  return isBound && launch?.patient !== undefined ? `Patient/${launch.patient}` : undefined
}

/** Returns what `result` has shown or written: what it says, else its version, of which nothing more is known. */
export function disclosedBy(result: Result): readonly Disclosed[] {
  if (result.disclosed) return result.disclosed
  switch (result.kind) {
    case 'found':
    case 'written':
    case 'gone':
    case 'removed':
    case 'not-modified':
      return result.version ? [toDisclosed(result.version)] : []
    case 'pieces':
    case 'public':
    case 'outcome':
    case 'resource':
    case 'text':
      return []
  }
}

/** Returns what showing a version discloses. */
export function toDisclosed(version: VersionMark & Custody & Pick<Disclosed, 'labels'>): Disclosed {
  const { type, id, versionId, source, patients = [], labels } = version
  return { type, id, versionId, patients, ...(source !== undefined && { source }), ...(labels && { labels }) }
}

/** Returns the resource that a request names without anything being known of it: what was refused. */
export function namedResource(asked: Interaction | undefined): readonly Disclosed[] {
  if (asked === undefined || !('type' in asked) || asked.type === undefined) return []
  const id = idOf(asked)
  if (id === undefined) return []
  const versionId = asked.kind === 'vread' ? asked.versionId : undefined
  return [{ type: asked.type, id, ...(versionId !== undefined && { versionId }), patients: [] }]
}
