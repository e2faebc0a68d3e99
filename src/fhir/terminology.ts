// What a search asks of terminology: the codes of a value set, what lies above and below a code. https://hl7.org/fhir/R4/terminologies.html
import type { Definitions } from './definitions.ts'
import type { CodeSystemData } from './definitions-terminology.ts'
import { FhirError } from './outcome.ts'
import { type CodesBySystem, closure, cutVersion, expandValueSet } from './value-set.ts'

export interface SystemCode {
  readonly system: string
  readonly code: string
}

/** A finite set of codes: iterable, and asked by system and code. */
export interface CodeSet extends Iterable<SystemCode> {
  readonly size: number
  has(system: string, code: string): boolean
}

export interface Terminology {
  /**
   * Resolves to the codes of the value set; `|version` is not looked at. Rejects with FhirError `not-found` (no such value
   * set), `not-supported` (its codes are not known here) or `too-costly` (more than 10,000).
   */
  expand(valueSetUrl: string): Promise<CodeSet>
  /** Resolves to the code and all that it subsumes; empty for a code that the system lacks. Rejects with FhirError `not-supported` for an unknown system. */
  descendants(system: string, code: string): Promise<ReadonlySet<string>>
  /** Resolves to the code and all that subsume it; otherwise as `descendants`. */
  ancestors(system: string, code: string): Promise<ReadonlySet<string>>
  /** Resolves to true where the system is known and states which of its codes lie below others. */
  isHierarchical(system: string): Promise<boolean>
}

const MAX_CODES = 10_000

/** Returns the terminology that R4 itself ships. https://hl7.org/fhir/R4/terminologies-systems.html */
export function createTerminology(definitions: Definitions): Terminology {
  const expansions = new Map<string, CodeSet>()
  return {
    async expand(valueSetUrl) {
      const url = cutVersion(valueSetUrl)
      const set = expansions.get(url) ?? expand(definitions, url)
      expansions.set(url, set)
      return set
    },
    descendants: async (system, code) => closure(findSystem(definitions, system), code, 'down'),
    ancestors: async (system, code) => closure(findSystem(definitions, system), code, 'up'),
    isHierarchical: async (system) => ownSystem(definitions, system)?.edges !== undefined,
  }
}

function expand(definitions: Definitions, url: string): CodeSet {
  const expansion = expandValueSet(definitions.terminology(), url)
  switch (expansion.kind) {
    case 'unknown':
      throw new FhirError('not-found', `There is no value set ${expansion.url}`)
    case 'unsupported':
      throw new FhirError('not-supported', `The value set ${url} cannot be expanded: ${expansion.reason}`)
    case 'codes': {
      const set = toCodeSet(expansion.codes)
      if (set.size <= MAX_CODES) return set
      throw new FhirError('too-costly', `The value set ${url} has more than ${MAX_CODES} codes`)
    }
  }
}

function toCodeSet(codes: CodesBySystem): CodeSet {
  return {
    size: codes.values().reduce((sum, some) => sum + some.size, 0),
    has: (system, code) => codes.get(system)?.has(code) ?? false,
    *[Symbol.iterator]() {
      for (const [system, some] of codes) for (const code of some) yield { system, code }
    },
  }
}

function findSystem(definitions: Definitions, system: string): CodeSystemData {
  const found = ownSystem(definitions, system)
  if (!found) throw new FhirError('not-supported', `The code system ${system} is not known to this server`)
  return found
}

function ownSystem(definitions: Definitions, system: string): CodeSystemData | undefined {
  const { codeSystems } = definitions.terminology()
  return Object.hasOwn(codeSystems, system) ? codeSystems[system] : undefined
}
