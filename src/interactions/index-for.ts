// All that a store keeps beside a resource's document: entries of search, facets, what it puts on record.

import { isPersonal } from '../access/directory.ts'
import type { PutChange } from '../access/plan.ts'
import { createFaceter, toFacetEntries } from '../consent/facets-of.ts'
import { toStanding } from '../consent/standing.ts'
import type { Vocabulary } from '../consent/vocabulary.ts'
import type { Definitions } from '../fhir/definitions.ts'
import { essentialReferences } from '../fhir/prune.ts'
import type { Resource } from '../fhir/resource.ts'
import type { IndexEntry } from '../search/query.ts'

export type Indexed = Pick<PutChange, 'entries' | 'standing'>

/** Returns what is kept of a resource that comes from `source` (an organisation or a person). */
export type IndexFor = (resource: Resource, source: string | undefined) => Indexed

/** Returns the function; `indexer` gives the entries of search as they are made now. */
export function createIndexFor(
  definitions: Definitions,
  vocabulary: Vocabulary,
  settings: { readonly baseUrl: string },
  indexer: (resource: Resource) => readonly IndexEntry[],
): IndexFor {
  const ground = { definitions, baseUrl: settings.baseUrl, isPersonal }
  const toFacets = createFaceter(definitions, vocabulary, settings, (resource) =>
    essentialReferences(resource, ground),
  )
  return (resource, source) => {
    const entries = indexer(resource)
    const facets = toFacetEntries(toFacets(resource, entries, source))
    return { entries: [...entries, ...facets], standing: toStanding(vocabulary, resource, source) }
  }
}
