// What consents and the operator's policies let one requester reach, as an Expr for every type. Rules: consent/README.md
import { type AccessRequest, type Action, actingFor, type Identity } from '../consent/access-request.ts'
import { bindsRequester, servesRequester } from '../consent/admin.ts'
import { comesFrom, compileBreakGlass, compilePatient } from '../consent/compile-patient.ts'
import { compileProxy, INFORMED } from '../consent/compile-proxy.ts'
import type { DecideContext } from '../consent/decision.ts'
import { ownSources } from '../consent/defaults.ts'
import { FLAG_PARAM, GRANTEE_PARAM, SEVERAL, UNDELIVERED } from '../consent/facet-params.ts'
import type { Governance } from '../consent/governance.ts'
import { granteeKey, namesOf, toGrantee } from '../consent/grantee.ts'
import type { ConsentRecords } from '../consent/records.ts'
import { type Standing, toPatientState } from '../consent/standing.ts'
import { createOrganisations } from '../consent/state.ts'
import { ALL, and, type Expr, equals, NONE, not, or, PATIENT_PARAM, present } from '../search/query.ts'
import { toTypeClass } from './directory.ts'
import type { Principal } from './principal.ts'
import type { Right } from './scopes.ts'

/** What a requester may reach beyond what scopes say, at one instant. */
export interface Access {
  /** Why nothing may be reached at all, whatever the data (C1); undefined where that is not so. */
  readonly refused?: string
  /** Returns what may be reached of a type. A create is not asked: it is what scopes allow. */
  filterFor(type: string, right: Right): Expr
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
  /** Returns further identities of a principal, by the directory: roles, teams, groups. */
  readonly identitiesOf: (principal: Principal) => Promise<readonly Identity[]>
}

/** Records that stand in for those of the store: what would hold if this were what one person has on record. */
export interface Presumed {
  /** `Patient/id` */
  readonly patient: string
  readonly standings: readonly Standing[]
}

const CORRECTING: ReadonlySet<Right> = new Set(['u', 'd'])

/** True where it depends on the instant itself what may be reached, beyond what grants say of it: by ages and periods. */
export function isTimeBound({ proxyFor, elevation }: Principal): boolean {
  return proxyFor !== undefined || elevation !== undefined
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
  const { elevation } = principal
  const request = await toRequest(principal, context, time)
  const { identities } = request
  const organizations = identities.map(({ ref }) => ref).filter((ref) => ref.startsWith('Organization/'))
  // Whoever compiles consents here also asks what is below an organisation (M17).
  const isCompiled = presumed !== undefined || elevation?.patient !== undefined
  const organisations = createOrganisations(
    await context.records.partOf(isCompiled ? undefined : organizations),
  )
  const named = await context.records.named(namesOf({ identities }, organisations))
  const states = await statesOf(principal, context, governance, presumed)
  const decide: DecideContext = {
    vocabulary: governance.vocabulary,
    state: {
      of: (patient) => states.get(patient)!,
      admin: governance.admin,
      switches: governance.switches,
      organisations,
    },
  }
  const toKey = (action: Action) => {
    const grantee = toGrantee({ ...request, action }, (ref) => named.has(ref), organisations)
    return grantee && granteeKey(grantee)
  }
  const grantsOf = (asked: AccessRequest): GrantedBy => {
    if (presumed === undefined) return byGrants(asked, decide, toKey(asked.action))
    const theirs = compilePatient(presumed.patient, asked, decide)
    return (except) => (except === presumed.patient ? ALL : theirs)
  }
  const filters = new Map<Action, PersonalFilters>()
  const personal = (action: Action) => {
    const known =
      filters.get(action) ??
      compilePersonal({ ...request, action }, principal, decide, grantsOf({ ...request, action }))
    filters.set(action, known)
    return known
  }
  const refused = refuse(principal, governance)
  const sources = sourcesOf({ ...request, action: 'access' }, principal)
  const source = sources[0]!
  return {
    refused,
    source,
    own: personal('access').own,
    isOwn: (version) => version.source !== undefined && sources.includes(version.source),
    get visible() {
      const { records, consents, nobodys } = personal('access')
      return or(and(isConsent, consents), and(not(isConsent), records), nobodys)
    },
    get wholeConsents() {
      return personal('access').wholeConsents
    },
    names: identities.filter(({ via }) => via !== 'affil').map(({ ref }) => ref),
    choosesIds: context.idChoosers.includes(source),
    grantee: toKey('access'),
    get time() {
      return isTimeBound(principal) ? time : Date.now()
    },
    filterFor(type, right) {
      if (refused !== undefined) return NONE
      if (right === 'c') return ALL
      const { records, nobodys, shared, consents } = personal(CORRECTING.has(right) ? 'correct' : 'access')
      switch (toTypeClass(type)) {
        case 'definition':
          return right === 'r' || right === 's' ? ALL : nobodys
        case 'directory':
          return right === 'r' || right === 's' ? shared : nobodys
        default:
          return or(type === 'Consent' ? consents : records, nobodys)
      }
    },
  }
}

/** Returns what a principal asks as consents understand it: its identities by token and directory, purpose and instant. */
export async function toRequest(
  principal: Principal,
  { identitiesOf }: Pick<AccessContext, 'identitiesOf'>,
  time: number,
): Promise<Omit<AccessRequest, 'action'>> {
  const { self, proxyFor, purpose, elevation, legalBasis } = principal
  const identities = [...principal.identities, ...(await identitiesOf(principal))]
  return { identities, purpose, time, elevated: elevation !== undefined, self, proxyFor, legalBasis }
}

const isConsent: Expr = { kind: 'type', type: 'Consent' }

// The organisations acted for; who acts for none writes as the person.
function sourcesOf(request: AccessRequest, { self, subject }: Principal): readonly string[] {
  const acting = actingFor(request)
  return acting.length > 0 ? acting : [self ?? subject]
}

// C1: by the token alone.
function refuse({ purpose, elevation, self }: Principal, { vocabulary }: Governance): string | undefined {
  if (!vocabulary.purposes.has(purpose) && self === undefined) return 'purpose'
  return purpose === 'BTG' && elevation === undefined ? 'btg-not-elevated' : undefined
}

// The persons whose own state decides: the one represented, and the one under break-glass.
async function statesOf(
  { proxyFor, elevation }: Principal,
  { records }: AccessContext,
  { vocabulary }: Governance,
  presumed: Presumed | undefined,
) {
  const states = new Map<string, ReturnType<typeof toPatientState>>()
  for (const patient of [proxyFor, elevation?.patient])
    if (patient !== undefined)
      states.set(patient, toPatientState(await records.standingsOf(patient), vocabulary))
  if (presumed) states.set(presumed.patient, toPatientState(presumed.standings, vocabulary))
  return states
}

/** Returns what the persons of a resource, all but `except`, let the requester have. */
type GrantedBy = (except?: string) => Expr

function byGrants(request: AccessRequest, { state }: DecideContext, grantee: string | undefined): GrantedBy {
  return (except) =>
    grantee === undefined
      ? NONE
      : {
          kind: 'granted',
          grantee,
          // A policy that is kept asks for the instant when it is asked.
          ...((request.proxyFor !== undefined || request.elevated) && { at: request.time }),
          fallback: comesFrom(ownSources(request, state.switches)),
          ...(except !== undefined && { except }),
        }
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
  readonly wholeConsents: Expr
  readonly own: Expr
}

function compilePersonal(
  request: AccessRequest,
  principal: Principal,
  context: DecideContext,
  granted: GrantedBy,
): PersonalFilters {
  const own = comesFrom(sourcesOf(request, principal))
  const hard = compileHardDenies(request, context)
  const statutory = compileStatutory(request, context)
  const others = request.purpose === 'BTG' ? compileElevated(request, principal, context) : granted()
  // Q33
  const delivered = or(not(equals(FLAG_PARAM, UNDELIVERED)), comesFrom(actingFor(request)))
  const isPersonal = present(PATIENT_PARAM)
  const toRecords = (general: Expr) =>
    whole(own, and(isPersonal, delivered, withOwn(request, context, general, hard, granted)))
  const names = request.identities
    .filter(({ via }) => via !== 'affil')
    .map(({ ref }) => equals(GRANTEE_PARAM, ref))
  const notHard = not(hard.always ? ALL : NONE)
  return {
    records: toRecords(and(not(hard.records), or(statutory, others))),
    consents: toRecords(and(not(hard.records), or(own, request.action === 'access' ? or(...names) : NONE))),
    wholeConsents: toRecords(own),
    nobodys: whole(
      own,
      and(not(isPersonal), notHard, or(own, hard.always ? NONE : statutoryOfNobody(request, context))),
    ),
    shared: notHard,
    own,
  }
}

/** How many steps of "cannot be shown without" are followed; what needs more is hidden. */
const NEEDS_DEPTH = 2

// What another has brought is hidden where it cannot be shown without something hidden (L13).
function whole(own: Expr, base: Expr): Expr {
  let where: Expr = NONE
  for (let depth = 0; depth < NEEDS_DEPTH; depth++) where = and(base, or(own, { kind: 'needs', where }))
  return where
}

// C3a: the person and the proxy are decided by 2.9 for their own record, by everybody else's rules for the others in it.
function withOwn(
  request: AccessRequest,
  context: DecideContext,
  general: Expr,
  hard: HardDenies,
  granted: GrantedBy,
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
