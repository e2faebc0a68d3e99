// What deciding about one stored resource draws on, looked up: records of its persons, what governs, what refers to it.
import { createSystemPolicy } from '../access/system.ts'
import { type AccessRequest, actingFor } from '../consent/access-request.ts'
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
import type { Version } from '../store/store.ts'
import type { AppContext } from './context.ts'
import type { Stored } from './result.ts'

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

/** Returns the facets of a version as it is stored, but what refers to it. */
export async function readFacets(
  context: AppContext,
  { document, source }: Stored & Version,
): Promise<Facets> {
  const { vocabulary } = await context.governance()
  const resource = parseJson(document) as Resource
  const toFacets = createFaceter(context.definitions, vocabulary, context.settings)
  return toFacets(resource, context.indexer(resource), source)
}

/**
 * Returns the decision about a stored version, by the records of all `facets.patients`: what a read of it by this requester
 * comes to, scopes apart. What refers to it, and who Provenance says made it, is looked up for what the consents name (M16,
 * M17).
 */
export async function decideStored(
  context: AppContext,
  request: AccessRequest,
  facets: Facets,
): Promise<Decision> {
  const persons = [...facets.patients, ...(request.proxyFor === undefined ? [] : [request.proxyFor])]
  const records = await readDecideRecords(context, persons)
  const named = [...records.standings.values()].flatMap((standings) => standings.flatMap(dataOf))
  const whole = await withReferrers(context, facets, named)
  return toShown(decide(request, whole, records.context), request, whole)
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
  const names = request.identities.some(({ ref, via }) => via !== 'affil' && facets.grantees?.includes(ref))
  return names && request.action === 'access' ? permit('consent-named') : deny('consent-others')
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
  const query = { select: [{ type, where }], sort: [], count: 1, total: 'none', includes: [] } as const
  return (await context.store.search(policy.searchPlan(query))).matches.length > 0
}
