// Definitions from a list, as packages and folders would give them.
import type { CanonicalRow, Canonicals } from '../../src/fhir/canonicals.ts'
import type { Resource } from '../../src/fhir/resource.ts'

/** Returns the canonicals of `resources`: the last of a url wins, a version is looked at where it is asked for. */
export function toCanonicals(resources: readonly Resource[]): Canonicals {
  const lookUp = (type: string, canonical: string): Resource | undefined => {
    const [url, version] = canonical.split('|')
    return resources.findLast(
      (each) =>
        each.resourceType === type && each['url'] === url && (!version || each['version'] === version),
    )
  }
  return {
    find: async (type, canonical) => lookUp(type, canonical),
    has: (type, canonical) => lookUp(type, canonical) !== undefined,
    list: (type) =>
      resources
        .filter(({ resourceType }) => resourceType === type)
        .map((each): CanonicalRow => ({ type, url: String(each['url']), source: 'test' })),
    generation: 0,
  }
}
