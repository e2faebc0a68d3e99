// Which app may do what with which state, by its token. https://hl7.org/fhir/smart-app-launch/app-state.html#security-and-access-controls
import type { Principal } from '../../access/principal.ts'
import { toRole } from '../../access/roles.ts'
import { parseScopes, type Right, type Scope } from '../../access/scopes.ts'
import { originsOf } from '../client.ts'
import type { SmartContext } from '../context.ts'

/** What state an app asks for. */
export interface Wanted {
  /** `system|code` */
  readonly code: string
  readonly subject?: string
}

/**
 * True where the token lets its app do this, all of which must hold:
 *  1. a scope on Basic has the right; of parameters it has `code` alone, and that is this code;
 *  2. `patient/` reaches state about the patient in context, `user/` that about the user who is there, and `user/` and
 *     `system/` that about nobody; the last is changed by no patient or relative;
 *  3. the code belongs to the app: its system is of an origin of the app, or a scope that is registered for it (without
 *     registration: granted to it) names the code;
 *  4. of another person's record, the Patient may be seen by the requester as consents stand now;
 *  5. the session is no break-glass session.
 */
export async function mayTouch(
  context: SmartContext,
  principal: Principal,
  right: Right,
  wanted: Wanted,
): Promise<boolean> {
  if (principal.elevation) return false
  const scopes = principal.scopes.filter((scope) => isOn(scope, right, wanted.code))
  if (!scopes.some(({ level }) => reaches(context, principal, level, right, wanted))) return false
  return (await ownsCode(context, principal, wanted.code)) && (await sees(context, principal, wanted))
}

function isOn({ type, rights, params }: Scope, right: Right, code: string): boolean {
  return (type === 'Basic' || type === '*') && rights.includes(right) && isFor(params, code)
}

function isFor(params: Scope['params'], code: string): boolean {
  return params.every(([name, value]) => name === 'code' && value.split(',').includes(code))
}

function reaches(
  { urls }: SmartContext,
  principal: Principal,
  level: Scope['level'],
  right: Right,
  { subject }: Wanted,
): boolean {
  if (subject === undefined) {
    if (level === 'patient') return false
    return right === 'r' || right === 's' || toRole(principal.subject) !== 'patient'
  }
  const { launch, identities, role } = principal
  const user = identities.find(({ via }) => via === 'user')?.ref
  const own = {
    patient: [launch?.patient && `Patient/${launch.patient}`],
    user: [user, role],
    system: [],
  }[level]
  return own.some((ref) => ref !== undefined && ref !== '' && `${urls.base}/${ref}` === subject)
}

async function ownsCode(
  { app, clients }: SmartContext,
  { client: id, scopes }: Principal,
  code: string,
): Promise<boolean> {
  const client = await clients.find(id)
  const system = code.slice(0, code.lastIndexOf('|'))
  if (client && URL.canParse(system) && originsOf(client).includes(new URL(system).origin)) return true
  const granted = client ? parseScopes(client.metadata.scope, app.definitions.isResourceType).scopes : scopes
  return granted.some(({ type, params }) => type === 'Basic' && params.length > 0 && isFor(params, code))
}

async function sees(
  { app, urls }: SmartContext,
  principal: Principal,
  { subject }: Wanted,
): Promise<boolean> {
  const patient = toPatient(urls.base, subject)
  if (patient === undefined || patient === principal.self) return true
  const policy = await app.policyFor(principal)
  return (await app.store.visible(policy.visiblePlan([patient]))).has(patient)
}

/** Returns `Patient/1` of a subject that is one, below the FHIR base. */
export function toPatient(base: string, subject: string | undefined): string | undefined {
  return subject?.startsWith(`${base}/Patient/`) ? subject.slice(base.length + 1) : undefined
}
