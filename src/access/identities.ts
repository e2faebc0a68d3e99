// Further names of a requester, by the directory: roles, other organisations, groups and teams. Rules: consent.md 2.1
import type { Identity } from '../consent/access-request.ts'
import { belongingTo, COLLECTIVES, type Role, toRoleAt } from '../consent/membership.ts'
import type { DirectoryRecords } from '../consent/records.ts'
import type { AdminPolicy } from '../consent/state.ts'
import type { Principal } from './principal.ts'

export interface DirectoryContext {
  readonly records: DirectoryRecords
  readonly admin: readonly AdminPolicy[]
  /** IANA zone of periods without an offset. */
  readonly timeZone: string
  /** The instant (ms) asked about. */
  readonly time: number
}

/** What the directory says of a principal. */
export interface Known {
  /** In addition to those of the token. */
  readonly identities: readonly Identity[]
  /** True where periods of roles and memberships play a part: it may be another a moment later. */
  readonly isTimed: boolean
  /** True where it contradicts the token: the role has ended, or is not with the organisation acted for (C1). */
  readonly isContradicted: boolean
}

/**
 * Returns what the directory says of a principal at an instant. Of a practitioner whose roles it knows one in force must be
 * with the organisation acted for; of whom it knows none the token's word stands. For everybody else it is asked only
 * where a rule names a Group or CareTeam.
 */
export async function identify(principal: Principal, context: DirectoryContext): Promise<Known> {
  const acting = principal.identities.find(({ via }) => via === 'acting')?.ref
  const { practitioner, roles } = await rolesFor(principal, context)
  const active = roles.filter(({ isActive }) => isActive)
  const identities: Identity[] = [
    ...(practitioner !== undefined && practitioner !== principal.subject
      ? [{ ref: practitioner, via: 'user' } as const]
      : []),
    ...active.flatMap(({ ref }) => (ref === principal.subject ? [] : [{ ref, via: 'user' } as const])),
    ...affiliations(active, acting),
  ]
  const refs = [...principal.identities, ...identities].map(({ ref }) => ref)
  const collectives = await collectivesFor(refs, context)
  const groups = collectives?.map((ref): Identity => ({ ref, via: 'group' })) ?? []
  return {
    identities: [...identities, ...groups],
    isTimed: roles.length > 0 || collectives !== undefined,
    isContradicted:
      contradicts(principal, roles, active, acting) || (await hasLostRoles(principal, roles, context)),
  }
}

function affiliations(active: readonly Role[], acting: string | undefined): readonly Identity[] {
  const organizations = new Set(active.flatMap(({ organization }) => organization ?? []))
  return [...organizations].flatMap((ref) => (ref === acting ? [] : [{ ref, via: 'affil' as const }]))
}

interface Roles {
  readonly practitioner?: string
  readonly roles: readonly Role[]
}

async function rolesFor(
  { subject }: Principal,
  { records, time, timeZone }: DirectoryContext,
): Promise<Roles> {
  if (subject.startsWith('Practitioner/')) return toRoles(subject)
  if (!subject.startsWith('PractitionerRole/')) return { roles: [] }
  const own = await records.current(subject)
  if (!own) return { roles: [] }
  const role = toRoleAt(own, time, timeZone)
  return role.practitioner === undefined ? { roles: [role] } : toRoles(role.practitioner)

  async function toRoles(practitioner: string): Promise<Roles> {
    const documents = await records.rolesOf(practitioner)
    return { practitioner, roles: documents.map((each) => toRoleAt(each, time, timeZone)) }
  }
}

function contradicts(
  { subject, role }: Principal,
  roles: readonly Role[],
  active: readonly Role[],
  acting: string | undefined,
): boolean {
  const asRole = role ?? (subject.startsWith('PractitionerRole/') ? subject : undefined)
  // The role named in the token was there when it was made: one that is gone has ended.
  if (role !== undefined && !roles.some(({ ref }) => ref === role)) return true
  if (roles.length === 0) return false
  const inForce = asRole === undefined ? active : active.filter(({ ref }) => ref === asRole)
  return acting === undefined
    ? inForce.length === 0
    : !inForce.some(({ organization }) => organization === acting)
}

// The last role that is deleted ends what the token says, as one that is made inactive does.
async function hasLostRoles(
  { subject }: Principal,
  roles: readonly Role[],
  { records }: DirectoryContext,
): Promise<boolean> {
  return roles.length === 0 && /^Practitioner(Role)?\//.test(subject) && (await records.hadRole(subject))
}

// Undefined where no rule names one.
async function collectivesFor(
  refs: readonly string[],
  { records, admin, time, timeZone }: DirectoryContext,
): Promise<readonly string[] | undefined> {
  const named = admin.flatMap((policy) => ('actor' in policy && policy.actor ? [policy.actor] : []))
  const isNamed = named.some((ref) => COLLECTIVES.some((type) => ref.startsWith(`${type}/`)))
  if (!isNamed && !(await records.namesTypes(COLLECTIVES))) return undefined
  return belongingTo(await records.collectivesOf(refs, named), refs, time, timeZone)
}
