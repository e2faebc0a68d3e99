// What consents and the operator's policies let one requester reach, as an Expr for every type. Rules: consent/README.md
import { type AccessRequest, type Action, actingFor } from '../consent/access-request.ts'
import { bindsRequester, servesRequester } from '../consent/admin.ts'
import { comesFrom, compileBreakGlass } from '../consent/compile-patient.ts'
import { compileProxy, INFORMED } from '../consent/compile-proxy.ts'
import type { DecideContext } from '../consent/decision.ts'
import { ownSources } from '../consent/defaults.ts'
import { FLAG_PARAM, GRANTEE_PARAM, SEVERAL, UNDELIVERED } from '../consent/facet-params.ts'
import type { Governance } from '../consent/governance.ts'
import { granteeKey, namesOf, toGrantee } from '../consent/grantee.ts'
import type { ConsentRecords } from '../consent/records.ts'
import { type Standing, toPatientState } from '../consent/standing.ts'
import { createOrganisations } from '../consent/state.ts'
import {
  ALL,
  and,
  type Expr,
  equals,
  type IndexEntry,
  NONE,
  not,
  or,
  PATIENT_PARAM,
  present,
} from '../search/query.ts'
import { toReach } from './directory.ts'
import { identify } from './identities.ts'
import { isBreakGlass, type Principal } from './principal.ts'
import { admitsFromProxy, compileProxyConsents, type ProxyPowers, toPowers } from './proxy.ts'
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
  /** True where an update may make a resource at an id of the client's choice. */
  readonly choosesIds: boolean
  /** The grantee whose grants decide, for reading; undefined where none do. */
  readonly grantee?: string
  /** The instant (ms) of every decision. */
  readonly time: number
}

export interface AccessContext {
  /** Organisations whose clients may choose ids (W1). */
  readonly idChoosers: readonly string[]
  readonly records: ConsentRecords
  readonly governance: () => Promise<Governance>
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
  readonly isContradicted: boolean
}

async function ask(
  principal: Principal,
  { records }: AccessContext,
  { admin, vocabulary, switches }: Governance,
  time: number,
): Promise<Asked> {
  const known = await identify(principal, { records, admin, timeZone: vocabulary.timeZone, time })
  const identities = [...principal.identities, ...known.identities]
  const { self, proxyFor, purpose, elevation, legalBasis } = principal
  const elevated = elevation !== undefined
  const request = { identities, purpose, time, elevated, self, proxyFor, legalBasis }
  const organizations = identities.map(({ ref }) => ref).filter((ref) => ref.startsWith('Organization/'))
  const organisations = createOrganisations(await records.partOf(organizations))
  const named = await records.named(namesOf({ identities }, organisations))
  const standings = await standingsOf(principal, records)
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
    isContradicted: known.isContradicted,
  }
}

/** Returns what a principal may reach now. One read of what governs it; the same instant for the whole request. */
export async function openAccess(
  principal: Principal,
  context: AccessContext,
  time = Date.now(),
): Promise<Access> {
  const governance = await context.governance()
  const asked = await ask(principal, context, governance, time)
  const { request, toKey, powers } = asked
  const filters = new Map<Action, PersonalFilters>()
  const personal = (action: Action) => {
    const compiled =
      filters.get(action) ?? compilePersonal({ ...request, action }, principal, asked, toKey(action))
    filters.set(action, compiled)
    return compiled
  }
  const refused = refuse(principal, governance) ?? (asked.isContradicted ? 'role' : undefined)
  const source = actingFor({ ...request, action: 'access' })[0] ?? principal.self ?? principal.subject
  return {
    refused,
    source,
    choosesIds: context.idChoosers.includes(source),
    grantee: toKey('access'),
    ...(powers && { admits: admitsFromProxy }),
    time,
    filterFor(type, right) {
      if (refused !== undefined || (isBreakGlass(principal) && right !== 'r' && right !== 's')) return NONE
      if (right === 'c') return mayCreate(type, powers) ? ALL : NONE
      const { records, nobodys, shared, consents } = personal(CORRECTING.has(right) ? 'correct' : 'access')
      switch (toReach(type, right)) {
        case 'everybody':
          return ALL
        case 'shared':
          return shared
        case 'source':
          return nobodys
        case 'record':
          return or(type === 'Consent' ? consents : records, nobodys)
      }
    },
  }
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

// The persons whose own state decides: the one represented, and the one under break-glass.
async function standingsOf(
  { proxyFor, elevation }: Principal,
  records: ConsentRecords,
): Promise<ReadonlyMap<string, readonly Standing[]>> {
  const standings = new Map<string, readonly Standing[]>()
  for (const patient of [proxyFor, elevation?.patient])
    if (patient !== undefined) standings.set(patient, await records.standingsOf(patient))
  return standings
}

/** Filters of one action. */
interface PersonalFilters {
  /** What is in somebody's record. */
  readonly records: Expr
  /** Consents in somebody's record (L20). */
  readonly consents: Expr
  /** What is in nobody's record and came from the requester, or a statute opens. */
  readonly nobodys: Expr
  /** What everybody shares. */
  readonly shared: Expr
}

function compilePersonal(
  request: AccessRequest,
  principal: Principal,
  { decide: context, powers }: Asked,
  grantee: string | undefined,
): PersonalFilters {
  const acting = actingFor(request)
  const own = comesFrom([...acting, ...(acting.length === 0 ? [request.self ?? principal.subject] : [])])
  const hard = compileHardDenies(request, context)
  const statutory = compileStatutory(request, context)
  const granted = (except?: string): Expr =>
    grantee === undefined
      ? NONE
      : {
          kind: 'granted',
          grantee,
          at: request.time,
          fallback: comesFrom(ownSources(request, context.state.switches)),
          ...(except !== undefined && { except }),
        }
  const others = request.purpose === 'BTG' ? compileElevated(request, principal, context) : granted()
  // Q33
  const delivered = or(not(equals(FLAG_PARAM, UNDELIVERED)), comesFrom(acting))
  const isPersonal = present(PATIENT_PARAM)
  const toRecords = (general: Expr) =>
    and(
      isPersonal,
      delivered,
      withOwn(request, context, general, hard, (patient) => granted(patient)),
    )
  const names = request.identities
    .filter(({ via }) => via !== 'affil')
    .map(({ ref }) => equals(GRANTEE_PARAM, ref))
  const notHard = not(hard.always ? ALL : NONE)
  // L20
  const proxied =
    powers === undefined || request.proxyFor === undefined
      ? ALL
      : or(
          not(equals(PATIENT_PARAM, request.proxyFor)),
          compileProxyConsents(powers, request.action, or(...names)),
        )
  return {
    records: toRecords(and(not(hard.records), or(statutory, others))),
    consents: and(
      toRecords(and(not(hard.records), or(own, request.action === 'access' ? or(...names) : NONE))),
      proxied,
    ),
    nobodys: and(not(isPersonal), notHard, or(own, hard.always ? NONE : statutoryOfNobody(request, context))),
    shared: notHard,
  }
}

// C3a: the person and the proxy are decided by 2.9 for their own record, by everybody else's rules for the others in it.
function withOwn(
  request: AccessRequest,
  context: DecideContext,
  general: Expr,
  hard: HardDenies,
  granted: (except: string) => Expr,
): Expr {
  const { self, proxyFor } = request
  const person = self ?? proxyFor
  if (person === undefined) return general
  const isTheirs = equals(PATIENT_PARAM, person)
  const own = self !== undefined ? INFORMED : and(not(hard.records), compileProxy(person, request, context))
  return or(and(isTheirs, own, granted(person)), and(not(isTheirs), general))
}

interface HardDenies {
  /** Of resources in somebody's record. */
  readonly records: Expr
  /** True where one binds whatever the resource. */
  readonly always: boolean
}

function compileHardDenies(request: AccessRequest, context: DecideContext): HardDenies {
  const binding = context.state.admin.filter(
    (policy) => policy.kind === 'hard-deny' && bindsRequester(policy, request, context),
  )
  const patients = binding.map((policy) => (policy.kind === 'hard-deny' ? policy.patient : undefined))
  return {
    always: patients.includes(undefined),
    records: or(...patients.map((patient) => (patient === undefined ? ALL : equals(PATIENT_PARAM, patient)))),
  }
}

function serving(request: AccessRequest, context: DecideContext) {
  return context.state.admin.flatMap((policy) =>
    policy.kind === 'statutory-permit' && servesRequester(policy, request, context) ? [policy] : [],
  )
}

function compileStatutory(request: AccessRequest, context: DecideContext): Expr {
  const alone = not(equals(FLAG_PARAM, SEVERAL))
  return or(
    ...serving(request, context).map(({ patient }) =>
      patient === undefined ? ALL : and(equals(PATIENT_PARAM, patient), alone),
    ),
  )
}

function statutoryOfNobody(request: AccessRequest, context: DecideContext): Expr {
  return serving(request, context).some(({ patient }) => patient === undefined) ? ALL : NONE
}

// B1, B3: the session is for one person's record.
function compileElevated(request: AccessRequest, { elevation }: Principal, context: DecideContext): Expr {
  const patient = elevation?.patient
  if (patient === undefined) return NONE
  const alone = not(equals(FLAG_PARAM, SEVERAL))
  return and(equals(PATIENT_PARAM, patient), alone, compileBreakGlass(patient, request, context))
}
