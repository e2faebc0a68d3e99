// R4's structures and value sets at hand, all others loaded when a walk has asked for them. https://hl7.org/fhir/R4/profiling.html
import type { Canonicals } from '../canonicals.ts'
import type { Definitions } from '../definitions.ts'
import { cutVersion } from '../value-set.ts'
import { createShelf } from './shelf.ts'
import type { Structure } from './structure.ts'
import type { Membership, World } from './world.ts'

export interface WorldOptions extends Pick<World, 'unknownExtension' | 'unknownProfile' | 'unknownSystem'> {
  readonly definitions: Definitions
  readonly canonicals: Canonicals
  /** Resolves to the structure of a definition, its snapshot generated where it has none; undefined where it has faults. */
  readonly loadStructure: (canonical: string) => Promise<Structure | undefined>
  /** Of R4's own value sets and those of offline systems; undefined for one that needs `loadMembership`. */
  readonly ownMembership: (valueSet: string) => Membership | undefined
  readonly loadMembership: (valueSet: string) => Promise<Membership | undefined>
}

export interface OpenWorld extends World {
  /** Loads what walks wanted; a walk after it is given all of that, or knows that there is none. */
  load(wanted: Iterable<string>): Promise<void>
  /** Lets go of everything loaded: definitions have changed. */
  forget(): void
}

/** Structures and value sets kept; each may come to some 100 KB. */
const MAX_KEPT = 400

/** Returns the world of R4 and `canonicals`. */
export function openWorld(options: WorldOptions): OpenWorld {
  const { definitions, canonicals } = options
  const structures = createShelf<Structure | undefined>(MAX_KEPT)
  const memberships = createShelf<Membership | undefined>(MAX_KEPT)
  return {
    definitions,
    unknownExtension: options.unknownExtension,
    unknownProfile: options.unknownProfile,
    unknownSystem: options.unknownSystem,
    structure(canonical) {
      const own = definitions.structure(canonical)
      if (own) return own
      if (structures.has(canonical)) return structures.get(canonical)
      return canonicals.has('StructureDefinition', canonical) ? 'later' : undefined
    },
    membership(valueSet) {
      const own = options.ownMembership(cutVersion(valueSet))
      if (own) return own
      return memberships.has(valueSet) ? memberships.get(valueSet) : 'later'
    },
    async load(wanted) {
      for (const canonical of wanted) {
        if (canonicals.has('StructureDefinition', canonical) && !structures.has(canonical))
          structures.put(canonical, await options.loadStructure(canonical))
        else if (!memberships.has(canonical))
          memberships.put(canonical, await options.loadMembership(canonical))
      }
    },
    forget() {
      structures.clear()
      memberships.clear()
    },
  }
}
