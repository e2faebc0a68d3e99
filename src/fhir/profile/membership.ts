// Which codes R4's own value sets have: told from memory, at once. https://hl7.org/fhir/R4/terminologies.html#4.1
import type { Definitions } from '../definitions.ts'
import { type CodesBySystem, cutVersion, expandValueSet } from '../value-set.ts'
import { createShelf } from './shelf.ts'
import type { Membership } from './world.ts'

const MAX_KEPT = 500

/** Returns the lookup of value sets that R4 ships with all their codes; undefined for any other. */
export function createOwnMembership(definitions: Definitions): (valueSet: string) => Membership | undefined {
  const known = createShelf<Membership | undefined>(MAX_KEPT)
  return (valueSet) => {
    const url = cutVersion(valueSet)
    if (!known.has(url)) known.put(url, make(definitions, url))
    return known.get(url)
  }
}

function make(definitions: Definitions, url: string): Membership | undefined {
  const required = definitions.requiredCodes(url)
  if (required) return toMembership(required)
  const expansion = expandValueSet(definitions.terminology(), url)
  return expansion.kind === 'codes' ? toMembership(expansion.codes) : undefined
}

/** Returns the membership of a set of which every code is known. */
export function toMembership(codes: CodesBySystem): Membership {
  const sets = [...codes.values()]
  return {
    has: (system, code) =>
      system === undefined ? sets.some((each) => each.has(code)) : (codes.get(system)?.has(code) ?? false),
    systems: [...codes.keys()],
  }
}
