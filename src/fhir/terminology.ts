// Terminology as the server asks it: R4's own, what packages and posts bring, and code systems in the store. https://hl7.org/fhir/R4/terminology-service.html
import { type Canonicals, NO_CANONICALS } from './canonicals.ts'
import type { CodeSystemSource, CodeSystemStore } from './code-system.ts'
import type { Definitions } from './definitions.ts'
import { FhirError } from './outcome.ts'
import { createShelf } from './profile/shelf.ts'
import type { Membership } from './profile/world.ts'
import type { Resource } from './resource.ts'
import { type Compose, type ComposeSources, isMember, readCompose } from './terminology/compose.ts'
import { expandCompose, MAX_CODES } from './terminology/expand.ts'
import { findImplicitValueSet } from './terminology/implicit.ts'
import { toMembership } from './terminology/membership.ts'
import { createSource } from './terminology/source.ts'
import type { SystemCode } from './terminology/system-code.ts'
import { cutVersion } from './value-set.ts'

export type { SystemCode } from './terminology/system-code.ts'

/** A finite set of codes: iterable, and asked by system and code. */
export interface CodeSet extends Iterable<SystemCode> {
  readonly size: number
  has(system: string, code: string): boolean
}

export interface Terminology {
  /**
   * Resolves to the codes of the value set. Rejects with FhirError `not-found` (no such value set), `not-supported` (its codes
   * are not known here) or `too-costly` (more than 10,000).
   */
  expand(valueSetUrl: string): Promise<CodeSet>
  /** Resolves to the code and all that it subsumes, at most 10,001; empty for a code that the system lacks. Rejects with FhirError `not-supported` for an unknown system. */
  descendants(system: string, code: string): Promise<ReadonlySet<string>>
  /** Resolves to the code and all that subsume it; otherwise as `descendants`. */
  ancestors(system: string, code: string): Promise<ReadonlySet<string>>
  /** Resolves to true where the system is known and states which of its codes lie below others. */
  isHierarchical(system: string): Promise<boolean>
  /** Resolves to the code system of `url` or `url|version`: from the store, a package or post, or R4's own; undefined for an unknown one. */
  codeSystem(canonical: string): Promise<CodeSystemSource | undefined>
  valueSet(canonical: string): Promise<Resource | undefined>
  conceptMap(canonical: string): Promise<Resource | undefined>
  /** Every concept map known by a canonical. */
  conceptMaps(): Promise<readonly Resource[]>
  /** Resolves to the parts of a value set; see `readCompose`. */
  compose(valueSet: Resource): Promise<Compose>
  /** Resolves to which codes the value set has; undefined where there is no such value set, or it cannot be read. */
  membership(valueSet: string): Promise<Membership | undefined>
  /** Resolves to whether the code is in the value set; undefined where nobody here can tell. */
  isIn(valueSet: string, system: string, code: string): Promise<boolean | undefined>
}

export interface TerminologySources {
  readonly canonicals?: Canonicals
  readonly store?: CodeSystemStore
}

/** Code systems and value sets kept in memory at once. */
const MAX_KEPT = 200

/** Returns the terminology of `definitions` and `sources`. */
export function createTerminology(definitions: Definitions, sources: TerminologySources = {}): Terminology {
  const { canonicals = NO_CANONICALS, store } = sources
  const kept = createShelf<CodeSystemSource>(MAX_KEPT)
  const composed = createShelf<Compose>(MAX_KEPT)
  const expanded = createShelf<CodeSet>(MAX_KEPT)
  let generation = canonicals.generation
  // What was read from definitions that have changed since is forgotten.
  const refresh = () => {
    if (generation === canonicals.generation) return
    generation = canonicals.generation
    for (const shelf of [kept, composed, expanded]) shelf.clear()
  }

  const codeSystem = async (canonical: string): Promise<CodeSystemSource | undefined> => {
    refresh()
    const imported = await store?.find(canonical)
    if (imported) return imported
    const known = kept.get(canonical)
    if (known) return known
    const posted = await canonicals.find('CodeSystem', canonical)
    const resource = posted ?? own(definitions.conformance().codeSystems, canonical)
    if (!resource) return undefined
    const source = createSource(resource)
    kept.put(canonical, source)
    return source
  }
  const valueSet = async (canonical: string): Promise<Resource | undefined> =>
    (await canonicals.find('ValueSet', canonical)) ??
    own(definitions.conformance().valueSets, canonical) ??
    findImplicitValueSet(canonical, codeSystem)
  const composeSources: ComposeSources = { codeSystem, valueSet }
  const compose = (resource: Resource) => readCompose(composeSources, resource)
  const named = async (canonical: string): Promise<Compose | undefined> => {
    refresh()
    const known = composed.get(canonical)
    if (known) return known
    const resource = await valueSet(canonical)
    if (!resource) return undefined
    const made = await compose(resource)
    composed.put(canonical, made)
    return made
  }
  const closure = async (system: string, code: string, direction: 'up' | 'down') => {
    const source = await codeSystem(system)
    if (!source) throw new FhirError('not-supported', `The code system ${system} is not known to this server`)
    return new Set(await source.closure(code, direction, MAX_CODES))
  }

  return {
    async expand(url) {
      refresh()
      const known = expanded.get(url)
      if (known) return known
      const parts = await named(url)
      if (!parts) throw new FhirError('not-found', `There is no value set ${cutVersion(url)}`)
      const set = await toCodeSet(parts)
      expanded.put(url, set)
      return set
    },
    descendants: (system, code) => closure(system, code, 'down'),
    ancestors: (system, code) => closure(system, code, 'up'),
    isHierarchical: async (system) => (await codeSystem(system))?.isHierarchical ?? false,
    codeSystem,
    valueSet,
    conceptMap: async (canonical) =>
      (await canonicals.find('ConceptMap', canonical)) ??
      own(definitions.conformance().conceptMaps, canonical),
    async conceptMaps() {
      const posted = await Promise.all(
        canonicals.list('ConceptMap').map(({ url }) => canonicals.find('ConceptMap', url)),
      )
      return [
        ...posted.filter((each) => each !== undefined),
        ...Object.values(definitions.conformance().conceptMaps),
      ]
    },
    compose,
    async membership(canonical) {
      const parts = await attempt(() => named(canonical))
      return parts && toMembership(parts)
    },
    async isIn(canonical, system, code) {
      const parts = await attempt(() => named(canonical))
      return parts && attempt(() => isMember(parts, system, code))
    },
  }
}

// A value set that cannot be read is not the fault of the data that is checked.
async function attempt<T>(run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof FhirError) return undefined
    throw error
  }
}

function own(table: Readonly<Record<string, Resource>>, canonical: string): Resource | undefined {
  // HL7 has code systems of v2 with a bar in their own url.
  if (Object.hasOwn(table, canonical)) return table[canonical]
  const url = cutVersion(canonical)
  const found = Object.hasOwn(table, url) ? table[url] : undefined
  const version = canonical.length > url.length ? canonical.slice(url.length + 1) : undefined
  return version === undefined || found?.['version'] === version ? found : undefined
}

async function toCodeSet(compose: Compose): Promise<CodeSet> {
  const { members } = await expandCompose(compose, { words: [], activeOnly: false, offset: 0 })
  const codes = members.map(({ system, concept }): SystemCode => ({ system, code: concept.code }))
  const keys = new Set(codes.map(({ system, code }) => `${system}\u0001${code}`))
  return {
    size: codes.length,
    has: (system, code) => keys.has(`${system}\u0001${code}`),
    [Symbol.iterator]: () => codes[Symbol.iterator](),
  }
}
