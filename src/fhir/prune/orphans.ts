// Contained resources that nothing leads to any more. https://hl7.org/fhir/R4/references.html#contained
import type { Resource } from '../resource.ts'

/**
 * Returns `left` without the contained resources to which something led in `whole`, and to which nothing in `left` does (dom-3).
 * What refers to the resource around it (`#`) stays, and those whose ids are in `spared`.
 */
export function dropOrphans(whole: Resource, left: Resource, spared?: ReadonlySet<unknown>): Resource {
  const { contained, ...rest } = left
  if (!Array.isArray(contained)) return left
  const [before, after] = [findLive(whole), findLive(left)]
  const kept = contained.filter(({ id }) => after.has(id) || !before.has(id) || spared?.has(id))
  if (kept.length === contained.length) return left
  if (kept.length === 0) return rest as unknown as Resource
  return { ...left, contained: kept }
}

// Ids of the contained resources to which a way leads from outside, or from one that refers to what is around it.
function findLive({ contained, ...rest }: Resource): ReadonlySet<unknown> {
  const leads = new Map<unknown, Set<string>>()
  const live = new Set<unknown>()
  for (const id of fragmentsOf(rest)) live.add(id)
  for (const each of Array.isArray(contained) ? contained : []) {
    const fragments = fragmentsOf(each)
    leads.set(each?.id, fragments)
    if (fragments.has('')) live.add(each?.id)
  }
  for (const id of live) for (const next of leads.get(id) ?? []) live.add(next)
  return live
}

function fragmentsOf(value: unknown, into = new Set<string>()): Set<string> {
  if (typeof value === 'string') {
    if (value.startsWith('#')) into.add(value.slice(1))
  } else if (typeof value === 'object' && value !== null) {
    for (const child of Object.values(value)) fragmentsOf(child, into)
  }
  return into
}
