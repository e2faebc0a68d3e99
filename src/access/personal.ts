// What consents, delegations and the operator's policies let one requester reach, as Exprs over facets (2.6). Rules: consent/README.md
import { type AccessRequest, actingFor, ownNames } from '../consent/access-request.ts'
import { bindsRequester, servesRequester } from '../consent/admin.ts'
import { comesFrom, compileBreakGlass } from '../consent/compile-patient.ts'
import { compileProxy, INFORMED } from '../consent/compile-proxy.ts'
import type { DecideContext } from '../consent/decision.ts'
import { FLAG_PARAM, GRANTEE_PARAM, SEVERAL, UNDELIVERED } from '../consent/facet-params.ts'
import { ALL, and, type Expr, equals, NONE, not, or, PATIENT_PARAM, present } from '../search/query.ts'
import type { Principal } from './principal.ts'
import { compileProxyConsents, type ProxyPowers } from './proxy.ts'

/** Filters of one action. */
export interface PersonalFilters {
  /** What is in somebody's record. */
  readonly records: Expr
  /** Consents in somebody's record (L20). */
  readonly consents: Expr
  /** Those of them that are shown with all they say. */
  readonly wholeConsents: Expr
  /** What is in nobody's record and came from the requester, or a statute opens. */
  readonly nobodys: Expr
  /** What everybody shares. */
  readonly shared: Expr
  /** Everything that came from the requester. */
  readonly own: Expr
}

/** Returns what the persons of a resource, all but `except`, let the requester have. */
export type GrantedBy = (except?: string) => Expr

/** Who asks and what stands, as the compiler needs it. */
export interface PersonalContext {
  readonly principal: Principal
  readonly decide: DecideContext
  /** Of a proxy. */
  readonly powers?: ProxyPowers
  readonly granted: GrantedBy
}

/** Returns the organisations acted for; of who acts for none the person, as whom they write. */
export function sourcesOf(
  request: Pick<AccessRequest, 'identities'>,
  { self, subject }: Principal,
): readonly string[] {
  const acting = actingFor({ ...request, action: 'access', time: 0 })
  return acting.length > 0 ? acting : [self ?? subject]
}

/** Returns the filters of a request. */
export function compilePersonal(request: AccessRequest, context: PersonalContext): PersonalFilters {
  const { principal, decide, granted } = context
  const own = comesFrom(sourcesOf(request, principal))
  const hard = compileHardDenies(request, decide)
  const others = request.purpose === 'BTG' ? compileElevated(request, principal, decide) : granted()
  // Q33
  const delivered = or(not(equals(FLAG_PARAM, UNDELIVERED)), comesFrom(actingFor(request)))
  const isPersonal = present(PATIENT_PARAM)
  const toRecords = (general: Expr) =>
    and(isPersonal, delivered, withOwn(request, decide, general, hard, granted))
  const names = or(...ownNames(request).map((ref) => equals(GRANTEE_PARAM, ref)))
  const notHard = not(hard.always ? ALL : NONE)
  const proxied = compileProxied(request, context, names)
  const records = toRecords(and(not(hard.records), or(compileStatutory(request, decide), others)))
  const named = or(own, request.action === 'access' ? names : NONE)
  const consents = and(toRecords(and(not(hard.records), named)), proxied)
  const needed = byType(consents, records)
  const nobodys = and(
    not(isPersonal),
    notHard,
    or(own, hard.always ? NONE : statutoryOfNobody(request, decide)),
  )
  return {
    records: whole(own, records, needed),
    consents: whole(own, consents, needed),
    wholeConsents: whole(own, and(toRecords(own), proxied), needed),
    nobodys: whole(own, nobodys, nobodys),
    shared: notHard,
    own,
  }
}

// L20: of the person represented a proxy reaches those consents that its powers are for.
function compileProxied({ proxyFor, action }: AccessRequest, { powers }: PersonalContext, names: Expr): Expr {
  if (powers === undefined || proxyFor === undefined) return ALL
  return or(not(equals(PATIENT_PARAM, proxyFor)), compileProxyConsents(powers, action, names))
}

/** How many steps of "cannot be shown without" are followed; what needs more is hidden. */
const NEEDS_DEPTH = 2

const IS_CONSENT: Expr = { kind: 'type', type: 'Consent' }

/** Returns the rule for Consents and that for all others as one for whatever type. */
export function byType(consents: Expr, records: Expr): Expr {
  return or(and(IS_CONSENT, consents), and(not(IS_CONSENT), records))
}

// What another has brought is hidden where it cannot be shown without something hidden (L13), which is asked by its own rule.
function whole(own: Expr, base: Expr, needed: Expr): Expr {
  const withNeeds = (rule: Expr, where: Expr) => and(rule, or(own, { kind: 'needs', where }))
  let where: Expr = NONE
  for (let depth = 1; depth < NEEDS_DEPTH; depth++) where = withNeeds(needed, where)
  return withNeeds(base, where)
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
