// What one requester may reach now beyond what scopes say: consents, delegations, the operator's policies. Rules: consent/README.md
import { type AccessRequest, type Action, ownNames } from '../consent/access-request.ts'
import { comesFrom, compilePatient } from '../consent/compile-patient.ts'
import type { DecideContext } from '../consent/decision.ts'
import { ownSources } from '../consent/defaults.ts'
import type { Governance } from '../consent/governance.ts'
import { granteeKey, namesOf, toGrantee } from '../consent/grantee.ts'
import type { ConsentRecords, DirectoryRecords } from '../consent/records.ts'
import { type Standing, toPatientState } from '../consent/standing.ts'
import { createOrganisations } from '../consent/state.ts'
import { ALL, type Expr, type IndexEntry, NONE } from '../search/query.ts'
import { toReach } from './directory.ts'
import { identify } from './identities.ts'
import { compilePersonal, type GrantedBy, sourcesOf } from './personal.ts'
import { isBreakGlass, type Principal } from './principal.ts'
import { admitsFromProxy, type ProxyPowers, toPowers } from './proxy.ts'
import { keepReached, type Reached, toReached } from './reached.ts'
import type { Right } from './scopes.ts'

/** What a requester may reach beyond what scopes say, at one instant. */
export interface Access {
  /** Why nothing may be reached at all, whatever the data (C1); undefined where that is not so. */
  readonly refused?: string
  /** Returns what may be reached of a type. A create is what scopes allow, but a proxy's needs the delegation. */
  filterFor(type: string, right: Right): Expr
  /** True of a resource with these index entries that the requester may store; undefined where all may be. */
  readonly admits?: (type: string, entries: readonly IndexEntry[]) => boolean
  /** Where the requester's own writes come from: the organisation acted for, or the person. */
  readonly source: string
  /** Everything from there: its references are shown whatever they lead to, since the requester made them. */
  readonly own: Expr
  /** True of a version of it. */
  isOwn(version: { readonly source?: string }): boolean
  /** What a reference may be shown to lead to, of any personal type, whatever scopes say (L13). */
  readonly visible: Expr
  /** Consents that are shown with all they say; others tell the requester of itself alone (L20). */
  readonly wholeConsents: Expr
  /** The names by which a consent may speak of the requester. */
  readonly names: readonly string[]
  /** True where an update may make a resource at an id of the client's choice. */
  readonly choosesIds: boolean
  /** True for a secondary purpose: no exact numbers of what is found (U6). */
  readonly isSecondary: boolean
  /** The grantee whose grants decide, for reading; undefined where none do. */
  readonly grantee?: string
  /** The instant (ms) of every decision. */
  readonly time: number
  /** True where it may be another a moment later though nothing is written: by ages, periods of delegations and roles. */
  readonly isTimeBound: boolean
}

export interface AccessContext {
  /** Organisations whose clients may choose ids (W1). */
  readonly idChoosers: readonly string[]
  readonly records: ConsentRecords & DirectoryRecords
  readonly governance: () => Promise<Governance>
}

/** Records that stand in for those of the store: what would hold if this were what one person has on record. */
export interface Presumed {
  /** `Patient/id` */
  readonly patient: string
  readonly standings: readonly Standing[]
}

const CORRECTING: ReadonlySet<Right> = new Set(['u', 'd'])

/** Who asks and what stands, read once for a request. */
interface Asked {
  readonly request: Omit<AccessRequest, 'action'>
  readonly decide: DecideContext
  /** Returns the key of the grantee whose grants decide. */
  readonly toKey: (action: Action) => string | undefined
  /** Of a proxy. */
  readonly powers?: ProxyPowers
  /** By which rules may speak of the requester. */
  readonly names: readonly string[]
  readonly isContradicted: boolean
  readonly isTimeBound: boolean
}

/**
 * Returns what a principal may reach now. One read of what governs it; the same instant for the whole request. With
 * `presumed` it is what that person's records alone let the principal have of the person's own record: the others in a
 * resource are not asked, since the answer would tell what they refuse. Such an Access answers questions about access and
 * never a request: it is only ever used to narrow (`Policy.narrowedPlan`).
 */
export async function openAccess(
  principal: Principal,
  context: AccessContext,
  time = Date.now(),
  presumed?: Presumed,
): Promise<Access> {
  const governance = await context.governance()
  const asked = await ask(principal, context, governance, time, presumed)
  const { request, decide, toKey, powers, isTimeBound } = asked
  const filters = new Map<Action, Reached>()
  const personal = (action: Action) => {
    const known = filters.get(action)
    if (known) return known
    const of = { ...request, action }
    const make = () =>
      compilePersonal(of, { principal, decide, powers, granted: toGranted(of, asked, presumed) })
    const key = presumed === undefined ? toLastingKey(of, asked, principal) : undefined
    const made = key === undefined ? toReached(make()) : keepReached(governance, key, make)
    filters.set(action, made)
    return made
  }
  const refused = refuse(principal, governance) ?? (asked.isContradicted ? 'role' : undefined)
  const sources = sourcesOf(request, principal)
  const source = sources[0]!
  return {
    refused,
    source,
    own: personal('access').own,
    isOwn: (version) => version.source !== undefined && sources.includes(version.source),
    get visible() {
      return personal('access').visible
    },
    get wholeConsents() {
      return personal('access').wholeConsents
    },
    names: ownNames(request),
    choosesIds: context.idChoosers.includes(source),
    isSecondary: governance.vocabulary.purposes.isSecondary(principal.purpose),
    grantee: toKey('access'),
    ...(powers && { admits: admitsFromProxy }),
    get time() {
      return isTimeBound ? time : Date.now()
    },
    isTimeBound,
    filterFor(type, right) {
      if (refused !== undefined || (isBreakGlass(principal) && right !== 'r' && right !== 's')) return NONE
      if (right === 'c') return mayCreate(type, powers) ? ALL : NONE
      const reached = personal(CORRECTING.has(right) ? 'correct' : 'access')
      switch (toReach(type, right)) {
        case 'everybody':
          return ALL
        case 'shared':
          return reached.shared
        case 'source':
          return reached.nobodys
        case 'record':
          return type === 'Consent' ? reached.recordedConsents : reached.recorded
      }
    },
  }
}

// All that the filters follow from beside the governance; undefined where that is not lasting.
function toLastingKey(
  request: AccessRequest,
  { decide, toKey, names, powers, isTimeBound }: Asked,
  { subject }: Principal,
): string | undefined {
  const isOfActor = decide.state.admin.some((policy) => 'actor' in policy && policy.actor !== undefined)
  if (isTimeBound || powers !== undefined || isOfActor) return undefined
  return JSON.stringify([{ ...request, time: 0 }, subject, toKey(request.action), names])
}

async function ask(
  principal: Principal,
  { records }: AccessContext,
  { admin, vocabulary, switches }: Governance,
  time: number,
  presumed: Presumed | undefined,
): Promise<Asked> {
  const { proxyFor, elevation } = principal
  const known = await identify(principal, { records, admin, timeZone: vocabulary.timeZone, time })
  const request = toAsking(principal, known.identities, time)
  const organizations = request.identities.map(({ ref }) => ref).filter(isOrganization)
  // Whoever compiles consents here also asks what is below an organisation (M17).
  const isCompiled = presumed !== undefined || elevation?.patient !== undefined
  const organisations = createOrganisations(await records.partOf(isCompiled ? undefined : organizations))
  const names = namesOf(request, organisations)
  const named = await records.named(names)
  const standings = await standingsOf(principal, records, presumed)
  const states = new Map(
    [...standings].map(([patient, each]) => [patient, toPatientState(each, vocabulary)] as const),
  )
  const of = (patient: string) => states.get(patient)!
  const decide = { vocabulary, state: { of, admin, switches, organisations } }
  return {
    request,
    decide,
    toKey(action) {
      const grantee = toGrantee({ ...request, action }, (ref) => named.has(ref), organisations)
      return grantee && granteeKey(grantee)
    },
    ...(proxyFor !== undefined && {
      powers: toPowers(proxyFor, standings.get(proxyFor)!, request, decide),
    }),
    names,
    isContradicted: known.isContradicted,
    isTimeBound: proxyFor !== undefined || elevation !== undefined || known.isTimed,
  }
}

function isOrganization(ref: string): boolean {
  return ref.startsWith('Organization/')
}

/** Returns what a principal asks as consents understand it: its identities by token and directory, purpose and instant. */
export async function toRequest(
  principal: Principal,
  { records, governance }: Pick<AccessContext, 'records' | 'governance'>,
  time: number,
): Promise<Omit<AccessRequest, 'action'>> {
  const { admin, vocabulary } = await governance()
  const { identities } = await identify(principal, { records, admin, timeZone: vocabulary.timeZone, time })
  return toAsking(principal, identities, time)
}

function toAsking(
  principal: Principal,
  known: AccessRequest['identities'],
  time: number,
): Omit<AccessRequest, 'action'> {
  const { self, proxyFor, purpose, elevation, legalBasis } = principal
  const identities = [...principal.identities, ...known]
  return { identities, purpose, time, elevated: elevation !== undefined, self, proxyFor, legalBasis }
}

function toGranted(
  request: AccessRequest,
  { decide, toKey, isTimeBound }: Asked,
  presumed?: Presumed,
): GrantedBy {
  if (presumed !== undefined) {
    const theirs = compilePatient(presumed.patient, request, decide)
    return (except) => (except === presumed.patient ? ALL : theirs)
  }
  const grantee = toKey(request.action)
  if (grantee === undefined) return () => NONE
  return (except) => ({
    kind: 'granted',
    grantee,
    // A policy that is kept asks for the instant when it is asked.
    ...(isTimeBound && { at: request.time }),
    fallback: comesFrom(ownSources(request, decide.state.switches)),
    ...(except !== undefined && { except }),
  })
}

// P3: who acts for a person writes by the delegation.
function mayCreate(type: string, powers: ProxyPowers | undefined): boolean {
  if (powers === undefined) return true
  return type === 'Consent' ? powers.mayGrantConsent : powers.mayWrite
}

// C1, B1, B3: by the token alone.
function refuse(principal: Principal, { vocabulary }: Governance): string | undefined {
  const { purpose, identities, self } = principal
  if (!vocabulary.purposes.has(purpose) && self === undefined) return 'purpose'
  if (!isBreakGlass(principal)) return purpose === 'BTG' ? 'btg-not-elevated' : undefined
  if (purpose !== 'BTG') return 'btg-purpose'
  return identities.some(({ via }) => via === 'user') ? undefined : 'btg-unattended'
}

// The persons whose own state decides: the one represented, the one under break-glass, the one presumed.
async function standingsOf(
  { proxyFor, elevation }: Principal,
  records: ConsentRecords,
  presumed: Presumed | undefined,
): Promise<ReadonlyMap<string, readonly Standing[]>> {
  const standings = new Map<string, readonly Standing[]>()
  for (const patient of [proxyFor, elevation?.patient])
    if (patient !== undefined) standings.set(patient, await records.standingsOf(patient))
  if (presumed) standings.set(presumed.patient, presumed.standings)
  return standings
}
