// Facets as a store would hold them: index entries, and a world in which other resources refer to them.
import { REF_PARAM } from '../../src/consent/facet-params.ts'
import type { Facets } from '../../src/consent/facets.ts'
import { toFacetEntries } from '../../src/consent/facets-of.ts'
import { evaluate, type Indexed, type World } from '../../src/search/evaluate.ts'
import type { Expr, IndexEntry } from '../../src/search/query.ts'

const entry = (param: string, value: string): IndexEntry => ({ param, lo: value, hi: value })

/** A resource in an index, beside what refers to it and the Provenance that names `stamped` as its authors. */
export interface Placed {
  readonly indexed: Indexed
  readonly world: World
}

/** Returns the facets as a resource in an index; of its authors `stamped` are named by a Provenance alone. */
export function place(facets: Facets, stamped: readonly string[] = []): Placed {
  const { type, id, profiles, refBy } = facets
  const own = { ...facets, authors: facets.authors.filter((ref) => !stamped.includes(ref)) }
  const entries = [entry('_id', id), ...profiles.map((url) => entry('_profile', url)), ...toFacetEntries(own)]
  const provenance = { type: 'Provenance', id: 'v', entries: stamped.map((ref) => entry('agent', ref)) }
  const world: World = {
    resolve: () => undefined,
    referrers(from, param, ref) {
      if (ref !== `${type}/${id}`) return []
      if (param === 'target') return from === 'Provenance' ? [provenance] : []
      return param === REF_PARAM ? refBy.filter((each) => each.startsWith(`${from}/`)).map(toIndexed) : []
    },
  }
  return { indexed: { type, id, entries }, world }
}

function toIndexed(ref: string): Indexed {
  const [type, id] = ref.split('/') as [string, string]
  return { type, id, entries: [entry('_id', id)] }
}

/** True where the expression holds for a placed resource. */
export function holds(expr: Expr, { indexed, world }: Placed): boolean {
  return evaluate(expr, indexed.type, indexed.entries, world)
}
