// What one requester may see of a world, by the interpreter of consents: never by the filters that a store compiles.
import { toTypeClass } from '../../../src/access/directory.ts'
import { createPolicy } from '../../../src/access/policy.ts'
import { type Principal, toPrincipal } from '../../../src/access/principal.ts'
import { toEverything } from '../../../src/access/system.ts'
import { type AccessRequest, actingFor } from '../../../src/consent/access-request.ts'
import { findHardDeny } from '../../../src/consent/admin.ts'
import { decide } from '../../../src/consent/decide.ts'
import type { DecideContext } from '../../../src/consent/decision.ts'
import type { Facets } from '../../../src/consent/facets.ts'
import { createFaceter } from '../../../src/consent/facets-of.ts'
import { type Standing, toPatientState, toStanding } from '../../../src/consent/standing.ts'
import { createOrganisations } from '../../../src/consent/state.ts'
import type { Vocabulary } from '../../../src/consent/vocabulary.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import type { AppContext } from '../../../src/interactions/context.ts'
import type { IndexEntry } from '../../../src/search/query.ts'
import { GOVERNANCE } from './policies.ts'
import type { Viewer } from './principals.ts'
import { type Item, refOf } from './world.ts'

/** True of a version that came from `source`, were it the one that stands now. */
export type Sees = (resource: Resource, source: string) => boolean

/** Returns what the last living version of an item puts on record; undefined for most, and for what is deleted. */
export function standingOf(
  vocabulary: Vocabulary,
  { versions, source, deleted }: Item,
): Standing | undefined {
  return deleted ? undefined : toStanding(vocabulary, versions.at(-1)!, source)
}

/** Returns the function that says what `viewer` may see in a world of `items`. */
export async function openOracle(
  context: AppContext,
  items: readonly Item[],
  { grant }: Viewer,
): Promise<Sees> {
  const { vocabulary } = GOVERNANCE
  const principal = toPrincipal(grant, context.definitions)
  const scopes = await createPolicy(principal, context, toEverything('Client/oracle'))
  const toFacets = createFaceter(context.definitions, vocabulary, context.settings)
  const referrers = referrersOf(context, toFacets, items)
  const makers = makersOf(items)
  const decideContext = toDecideContext(items)
  const request = toRequest(principal)
  return (resource, source) => {
    const entries = context.indexer(resource)
    if (!isInScope(scopes, resource, entries)) return false
    const facets = toFacets(resource, entries, source)
    const ref = `${facets.type}/${facets.id}`
    const made = makers.get(ref) ?? []
    const whole = { ...facets, refBy: referrers.get(ref) ?? [], authors: [...facets.authors, ...made] }
    return mayHave(request, principal, whole, decideContext)
  }
}

function isInScope(
  scopes: Awaited<ReturnType<typeof createPolicy>>,
  { resourceType, id }: Resource,
  entries: readonly IndexEntry[],
): boolean {
  return scopes.permits('s', resourceType, [...entries, { param: '_id', lo: id!, hi: id! }])
}

// What refers to a resource now, seen or not.
function referrersOf(
  { indexer }: AppContext,
  toFacets: ReturnType<typeof createFaceter>,
  items: readonly Item[],
): ReadonlyMap<string, readonly string[]> {
  const referrers = new Map<string, string[]>()
  for (const each of items.filter(({ deleted }) => !deleted)) {
    const resource = each.versions.at(-1)!
    for (const ref of toFacets(resource, indexer(resource), each.source).refs)
      referrers.set(ref, [...(referrers.get(ref) ?? []), refOf(each)])
  }
  return referrers
}

interface Provenance {
  readonly target: readonly { readonly reference: string }[]
  readonly agent: readonly { readonly who: { readonly reference: string } }[]
}

// M17: whom a Provenance names as having made a resource.
function makersOf(items: readonly Item[]): ReadonlyMap<string, readonly string[]> {
  const makers = new Map<string, string[]>()
  for (const { versions, deleted } of items) {
    const last = versions.at(-1)!
    if (deleted || last.resourceType !== 'Provenance') continue
    const { target, agent } = last as unknown as Provenance
    for (const { reference } of target)
      makers.set(reference, [...(makers.get(reference) ?? []), ...agent.map(({ who }) => who.reference)])
  }
  return makers
}

function partOf(items: readonly Item[]): ReadonlyMap<string, string> {
  const above = items.flatMap((item): [string, string][] => {
    const { partOf } = item.versions.at(-1) as { partOf?: { reference: string } }
    return partOf ? [[refOf(item), partOf.reference]] : []
  })
  return new Map(above)
}

function toDecideContext(items: readonly Item[]): DecideContext {
  const { vocabulary, switches, admin } = GOVERNANCE
  const standings = items.flatMap((each) => standingOf(vocabulary, each) ?? [])
  const byPatient = Map.groupBy(standings, ({ patient }) => patient)
  return {
    vocabulary,
    state: {
      of: (patient) => toPatientState(byPatient.get(patient) ?? [], vocabulary),
      admin,
      organisations: createOrganisations(partOf(items)),
      switches,
    },
  }
}

function toRequest({ identities, purpose, self, proxyFor, elevation, legalBasis }: Principal): AccessRequest {
  const elevated = elevation !== undefined
  return { identities, purpose, self, proxyFor, elevated, legalBasis, action: 'access', time: Date.now() }
}

// What all share, what is nobody's, and Consents (L20) are told apart before anybody's consent is asked.
function mayHave(
  request: AccessRequest,
  { subject, self, proxyFor }: Principal,
  facets: Facets,
  context: DecideContext,
): boolean {
  const { type, patients, source, isUndelivered, grantees = [] } = facets
  if (toTypeClass(type) === 'directory' || toTypeClass(type) === 'definition') return true
  const acting = actingFor(request)
  const isOwn =
    source !== undefined && (acting.length > 0 ? acting.includes(source) : source === (self ?? subject))
  if (patients.length === 0) return isOwn
  const isTheirs = patients.some((patient) => patient === self || patient === proxyFor)
  if (type !== 'Consent' || isTheirs) return decide(request, facets, context).permit
  if (findHardDeny(request, facets, context)) return false
  if (isUndelivered && !(source !== undefined && acting.includes(source))) return false
  return isOwn || request.identities.some(({ ref, via }) => via !== 'affil' && grantees.includes(ref))
}
