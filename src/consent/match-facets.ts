// Whether a rule speaks of this resource: what a store compiles (M8 to M17). Its twin is `compile-facets.ts`.
import type { Facets } from './facets.ts'
import type { ClassCode, DataReference, Labels, Rule } from './rule.ts'
import { contains, overlaps, type Span } from './span.ts'
import type { Organisations } from './state.ts'
import type { Vocabulary } from './vocabulary.ts'

export interface FacetContext {
  readonly vocabulary: Pick<Vocabulary, 'actCodes'>
  readonly organisations: Organisations
}

/** True where class, code, labels, data period and data of the rule match; a permit narrowly, a deny widely. */
export function matchesFacets(rule: Rule, facets: Facets, context: FacetContext): boolean {
  const { classes, codes, labels, dataPeriod, data } = rule
  const permit = rule.effect === 'permit'
  return (
    (!classes || classes.some((each) => (permit ? isOfClass(each, facets) : holdsClass(each, facets)))) &&
    (!codes ||
      codes.some((code) => facets.codes.includes(code) || (!permit && facets.codings.includes(code)))) &&
    (!labels || (permit ? opensLabels(labels, facets) : coversLabels(labels, facets, context))) &&
    (!dataPeriod || (permit ? isWithin(dataPeriod, facets.when) : mayOverlap(dataPeriod, facets.when))) &&
    (!data || data.some((each) => (permit ? opensData(each, facets) : coversData(each, facets, context))))
  )
}

// A claim may name the version of the profile.
function isOfClass(each: ClassCode, { type, profiles }: Facets): boolean {
  if (each.kind === 'type') return each.type === type
  return profiles.some((url) => url === each.url || url.startsWith(`${each.url}|`))
}

function holdsClass(each: ClassCode, facets: Facets): boolean {
  return isOfClass(each, facets) || (each.kind === 'type' && facets.holds.includes(each.type))
}

// Q07, Q08: every sensitivity label must be listed, and then one of them be there or the confidentiality be low enough.
function opensLabels(listed: Labels, { confidentiality, sensitivity }: Facets): boolean {
  if (confidentiality === undefined) return false
  if (!sensitivity.every((code) => listed.sensitivity.includes(code))) return false
  return sensitivity.length > 0 || listed.confidentiality.some((rank) => confidentiality <= rank)
}

// M11 to M13, Q09.
function coversLabels(listed: Labels, facets: Facets, { vocabulary }: FacetContext): boolean {
  const { confidentiality, sensitivity } = facets
  if (confidentiality === undefined) return true
  return (
    listed.confidentiality.some((rank) => confidentiality >= rank) ||
    listed.sensitivity.some((code) =>
      vocabulary.actCodes.below(code).some((each) => sensitivity.includes(each)),
    )
  )
}

function isWithin(period: Span, when: Span | undefined): boolean {
  return when !== undefined && contains(period, when)
}

function mayOverlap(period: Span, when: Span | undefined): boolean {
  return when === undefined || overlaps(period, when)
}

/** Of these a permit for `related` also covers what refers to the instance (K2). */
export const GATHERING: ReadonlySet<string> = new Set(['Encounter', 'EpisodeOfCare', 'CarePlan'])

function opensData({ meaning, ref }: DataReference, { type, id, refs, refBy, authors }: Facets): boolean {
  const isInstance = ref === `${type}/${id}`
  switch (meaning) {
    case 'instance':
      return isInstance
    case 'related':
      return (
        isInstance ||
        refBy.includes(ref) ||
        (GATHERING.has(ref.slice(0, ref.indexOf('/'))) && refs.includes(ref))
      )
    case 'dependents':
      return isInstance || refs.includes(ref)
    case 'authoredby':
      return authors.includes(ref)
  }
}

function coversData(
  { meaning, ref }: DataReference,
  facets: Facets,
  { organisations }: FacetContext,
): boolean {
  const { type, id, refs, refBy, authors, source } = facets
  switch (meaning) {
    case 'instance':
      return ref === `${type}/${id}`
    case 'related':
    case 'dependents':
      return ref === `${type}/${id}` || refs.includes(ref) || refBy.includes(ref)
    case 'authoredby':
      return authors.includes(ref) || (source !== undefined && organisations.above(source).includes(ref))
  }
}
