// What deciding about one stored resource draws on, looked up: records of its persons, what governs, what refers to it.
import { openAccess, type Presumed, toRequest } from '../access/access.ts'
import type { Principal } from '../access/principal.ts'
import type { Right } from '../access/scopes.ts'
import { createSystemPolicy } from '../access/system.ts'
import { type AccessRequest, type Action, actingFor, ownNames } from '../consent/access-request.ts'
import { decide } from '../consent/decide.ts'
import { type DecideContext, type Decision, deny, permit } from '../consent/decision.ts'
import { REF_PARAM } from '../consent/facet-params.ts'
import type { Facets } from '../consent/facets.ts'
import { createFaceter } from '../consent/facets-of.ts'
import type { Governance } from '../consent/governance.ts'
import type { DataReference } from '../consent/rule.ts'
import { rulesOf, type Standing, toPatientState } from '../consent/standing.ts'
import { createOrganisations } from '../consent/state.ts'
import { parseJson } from '../fhir/json.ts'
import type { Resource } from '../fhir/resource.ts'
import { and, type Expr, equals } from '../search/query.ts'
import type { AppContext } from './context.ts'
import { isStanding } from './write.ts'

/** What is on record of some persons, and the context in which it is decided. */
export interface DecideRecords {
  /** By `Patient/id`; those not asked for have none. */
  readonly standings: ReadonlyMap<string, readonly Standing[]>
  readonly context: DecideContext
  readonly governance: Governance
}

/** Returns what deciding about the records of `patients` (`Patient/id`) draws on, as it stands now. */
export async function readDecideRecords(
  { store, governance }: AppContext,
  patients: readonly string[],
): Promise<DecideRecords> {
  const governed = await governance()
  const { vocabulary, switches, admin } = governed
  const organisations = createOrganisations(await store.consents.partOf())
  const standings = new Map<string, readonly Standing[]>()
  for (const patient of patients) standings.set(patient, await store.consents.standingsOf(patient))
  const of = (patient: string) => toPatientState(standings.get(patient) ?? [], vocabulary)
  return {
    standings,
    governance: governed,
    context: { vocabulary, state: { of, admin, switches, organisations } },
  }
}

/**
 * Returns the facets of what stands at an id, as it is stored and whoever asks, but what refers to it; undefined where
 * nothing does.
 */
export async function readFacets(context: AppContext, type: string, id: string): Promise<Facets | undefined> {
  const system = await createSystemPolicy('decide', context)
  const version = await context.store.read(system.targetPlan('u', type, id))
  if (!isStanding(version)) return undefined
  const { document, source } = version
  const { vocabulary } = await context.governance()
  const resource = parseJson(document) as Resource
  const toFacets = createFaceter(context.definitions, vocabulary, context.settings)
  return toFacets(resource, context.indexer(resource), source)
}

/** Who is asked about, and what they would do. */
export interface StoredQuestion {
  readonly requester: Principal
  readonly action: Action
  /** Of the version: `readFacets`. */
  readonly facets: Facets
  /** Instant in ms. */
  readonly time: number
  /** `Patient/id`: by this person's consents alone; what others in the resource refuse is not asked. */
  readonly only?: string
}

/**
 * Returns the decision about a stored version: what a read of it by this requester comes to, scopes apart. What refers to
 * it, and who Provenance says made it, is looked up for what the consents name (M16, M17).
 */
export async function decideStored(context: AppContext, question: StoredQuestion): Promise<Decision> {
  const { requester, action, time, only } = question
  const facets = only === undefined ? question.facets : { ...question.facets, patients: [only] }
  const request: AccessRequest = { ...(await toRequest(requester, context.access, time)), action }
  const persons = [...facets.patients, ...(request.proxyFor === undefined ? [] : [request.proxyFor])]
  const records = await readDecideRecords(context, persons)
  const named = [...records.standings.values()].flatMap((standings) => standings.flatMap(dataOf))
  const whole = await withReferrers(context, facets, named)
  const decision = toShown(decide(request, whole, records.context), request, whole)
  const presumed = only === undefined ? undefined : { patient: only, standings: records.standings.get(only)! }
  return decision.permit && !(await isShown(context, question, presumed)) ? deny('incomplete') : decision
}

const RIGHTS: Partial<Readonly<Record<Action, Right>>> = { access: 'r', correct: 'u' }

// What is permitted is hidden all the same where it cannot be shown without something hidden (L13).
async function isShown(
  context: AppContext,
  { requester, action, time, facets: { type, id } }: StoredQuestion,
  presumed: Presumed | undefined,
): Promise<boolean> {
  const right = RIGHTS[action]
  if (right === undefined) return true
  const access = await openAccess(requester, context.access, time, presumed)
  const policy = await createSystemPolicy('decide', context)
  const select = [{ type, where: equals('_id', id) }]
  const query = { select, sort: [], count: 0, total: 'accurate', includes: [] } as const
  const plan = policy.narrowedPlan(query, (each) => access.filterFor(each, right))
  return ((await context.store.search(plan)).total ?? 0) > 0
}

/** Codes of what is settled before anybody's consent is asked. */
const SETTLED = /^(hard:|statutory:|purpose$|btg-not-elevated$|self$|proxy)/

// What `openAccess` shows beyond decide: consents to those they name (L20), and what is nobody's to whom it came from.
function toShown(decision: Decision, request: AccessRequest, facets: Facets): Decision {
  const isNobodys = facets.patients.length === 0
  if (
    SETTLED.test(decision.reason) &&
    (facets.type !== 'Consent' || !decision.reason.startsWith('statutory'))
  )
    return decision
  const isOwn = facets.source !== undefined && ownersOf(request).includes(facets.source)
  if (isNobodys) return !decision.permit && isOwn ? permit('nobodys-own') : decision
  const isPersons = [request.self, request.proxyFor].some((each) => each && facets.patients.includes(each))
  if (facets.type !== 'Consent' || isPersons) return decision
  if (isOwn) return permit('consent-recorded')
  const isNamed = ownNames(request).some((ref) => facets.grantees?.includes(ref))
  return isNamed && request.action === 'access' ? permit('consent-named') : deny('consent-others')
}

function ownersOf(request: AccessRequest): readonly string[] {
  const acting = actingFor(request)
  if (acting.length > 0) return acting
  const user = request.identities.find(({ via }) => via === 'user')?.ref
  return [request.self ?? user].filter((ref) => ref !== undefined)
}

function dataOf(standing: Standing): readonly DataReference[] {
  return standing.kind === 'agreement' ? rulesOf(standing).flatMap(({ data = [] }) => data) : []
}

async function withReferrers(
  context: AppContext,
  facets: Facets,
  named: readonly DataReference[],
): Promise<Facets> {
  const own = `${facets.type}/${facets.id}`
  const refBy = new Set<string>()
  const authors = new Set(facets.authors)
  for (const { meaning, ref } of named) {
    const [type, id] = ref.split('/') as [string, string]
    if (meaning === 'authoredby') {
      if (await exists(context, 'Provenance', and(equals('target', own), equals('agent', ref))))
        authors.add(ref)
    } else if (meaning !== 'instance') {
      if (await exists(context, type, and(equals('_id', id), equals(REF_PARAM, own)))) refBy.add(ref)
    }
  }
  return { ...facets, refBy: [...refBy], authors: [...authors] }
}

// Whoever asks: the engine decides by what is there, not by what the requester sees of it.
async function exists(context: AppContext, type: string, where: Expr): Promise<boolean> {
  const policy = await createSystemPolicy('decide', context)
  const query = { select: [{ type, where }], sort: [], count: 0, total: 'accurate', includes: [] } as const
  return ((await context.store.search(policy.searchPlan(query))).total ?? 0) > 0
}
