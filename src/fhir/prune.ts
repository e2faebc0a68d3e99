// A resource without its references to what a reader may not see. https://hl7.org/fhir/R4/references.html#literal
import { findFates } from './prune/fate.ts'
import { rebuild, spread, toKeys } from './prune/rebuild.ts'
import type { Ground } from './prune/scope.ts'
import type { Resource } from './resource.ts'

export type { Ground } from './prune/scope.ts'

/**
 * Returns `resource` without the literal references to our own resources that `isHidden` (asked once for each `Type/id`, of
 * personal types only), and without whatever needs them: elements by minimum cardinality and by `prune/rules.ts`, entries and
 * contained resources with the references to them, and the narrative. The resource itself where nothing is hidden; undefined
 * where it would not be the same resource without them, which is so where one of its `essentialReferences` is hidden, and
 * else never. Changes nothing in `resource`.
 */
export function prune(
  resource: Resource,
  isHidden: (key: string) => boolean,
  ground: Ground,
): Resource | undefined {
  const fates = findFates(resource, ground)
  const hidden = [...fates.keys].filter((key) => isHidden(key))
  return hidden.length === 0 ? resource : rebuild(resource, fates, spread(fates, hidden))
}

/**
 * Returns the `Type/id` of our own personal resources without any one of which nothing of `resource` can be shown. Where only
 * the loss of several together would leave too little (all items of a required list), each of them counts.
 */
export function essentialReferences(resource: Resource, ground: Ground): readonly string[] {
  const fates = findFates(resource, ground)
  return toKeys(fates, fates.losses.get(resource) ?? [])
}
