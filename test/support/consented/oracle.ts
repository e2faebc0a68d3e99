// What one requester may see of a world, by the interpreter of consents: never by the filters that a store compiles.
import { isPersonal, toTypeClass } from '../../../src/access/directory.ts'
import { type Principal, toPrincipal } from '../../../src/access/principal.ts'
import { type AccessRequest, actingFor } from '../../../src/consent/access-request.ts'
import { findHardDeny } from '../../../src/consent/admin.ts'
import { decide } from '../../../src/consent/decide.ts'
import type { DecideContext } from '../../../src/consent/decision.ts'
import type { Facets } from '../../../src/consent/facets.ts'
import { createFaceter } from '../../../src/consent/facets-of.ts'
import { type Standing, toPatientState, toStanding } from '../../../src/consent/standing.ts'
import { createOrganisations } from '../../../src/consent/state.ts'
import type { Vocabulary } from '../../../src/consent/vocabulary.ts'
import { essentialReferences } from '../../../src/fhir/prune.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import type { AppContext } from '../../../src/interactions/context.ts'
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

/** Returns the function that reads the facets of a resource as the server does. */
export function createFacetsOf({ definitions, indexer, settings }: AppContext) {
  const ground = { definitions, baseUrl: settings.baseUrl, isPersonal }
  const toFacets = createFaceter(definitions, GOVERNANCE.vocabulary, settings, (resource) =>
    essentialReferences(resource, ground),
  )
  return (resource: Resource, source: string) => toFacets(resource, indexer(resource), source)
}

/**
 * Returns the function that says what consents let `viewer` see in a world of `items`. Scopes are left out: both servers
 * narrow by them alike, and a reference is shown whatever scopes say of its target.
 */
export async function openOracle(
  context: AppContext,
  items: readonly Item[],
  { grant }: Viewer,
): Promise<Sees> {
  const principal = toPrincipal(grant, context.definitions)
  const facetsOf = createFacetsOf(context)
  const living = items.filter(({ deleted }) => !deleted)
  const current = new Map(living.map((item) => [refOf(item), facetsOf(item.versions.at(-1)!, item.source)]))
  const referrers = referrersOf(current)
  const makers = makersOf(living)
  const toWhole = (facets: Facets): Facets => {
    const ref = `${facets.type}/${facets.id}`
    const authors = [...facets.authors, ...(makers.get(ref) ?? [])]
    return { ...facets, authors, refBy: referrers.get(ref) ?? [] }
  }
  const decideContext = toDecideContext(items)
  const request = toRequest(principal)
  // L13: what another brought is hidden where what it cannot be shown without is; two steps are followed.
  const isWhole = (facets: Facets, steps: number): boolean =>
    isOwn(request, principal, facets) ||
    facets.needs.every((ref) => {
      const needed = current.get(ref)
      if (!needed || steps === 0) return false
      const whole = toWhole(needed)
      return isInRecord(request, principal, whole, decideContext) && isWhole(whole, steps - 1)
    })
  return (resource, source) => {
    const facets = toWhole(facetsOf(resource, source))
    if (toTypeClass(facets.type) === 'directory' || toTypeClass(facets.type) === 'definition') return true
    if (facets.patients.length === 0) return isOwn(request, principal, facets)
    return isInRecord(request, principal, facets, decideContext) && isWhole(facets, 1)
  }
}

// What refers to a resource now, seen or not.
function referrersOf(current: ReadonlyMap<string, Facets>): ReadonlyMap<string, readonly string[]> {
  const referrers = new Map<string, string[]>()
  for (const [from, { refs }] of current)
    for (const ref of refs) referrers.set(ref, [...(referrers.get(ref) ?? []), from])
  return referrers
}

interface Provenance {
  readonly target: readonly { readonly reference: string }[]
  readonly agent: readonly { readonly who: { readonly reference: string } }[]
}

// M17: whom a Provenance names as having made a resource.
function makersOf(living: readonly Item[]): ReadonlyMap<string, readonly string[]> {
  const makers = new Map<string, string[]>()
  for (const { versions } of living) {
    const last = versions.at(-1)!
    if (last.resourceType !== 'Provenance') continue
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

function isOwn(request: AccessRequest, { self, subject }: Principal, { source }: Facets): boolean {
  const acting = actingFor(request)
  return source !== undefined && (acting.length > 0 ? acting.includes(source) : source === (self ?? subject))
}

// Of Consents in the records of others there are rules of their own (L20).
function isInRecord(
  request: AccessRequest,
  principal: Principal,
  facets: Facets,
  context: DecideContext,
): boolean {
  const { patients, source, isUndelivered, grantees = [] } = facets
  const { self, proxyFor } = principal
  if (patients.length === 0) return false
  const isTheirs = patients.some((patient) => patient === self || patient === proxyFor)
  if (facets.type !== 'Consent' || isTheirs) return decide(request, facets, context).permit
  if (findHardDeny(request, facets, context)) return false
  if (isUndelivered && !(source !== undefined && actingFor(request).includes(source))) return false
  const isNamed = request.identities.some(({ ref, via }) => via !== 'affil' && grantees.includes(ref))
  return isOwn(request, principal, facets) || isNamed
}
