// What the checks of this folder ask for: structures, value sets, settings. https://hl7.org/fhir/R4/profiling.html
import type { Definitions } from '../definitions.ts'
import type { Structure } from './structure.ts'
import type { Check, Visit } from './visit.ts'

/** Which codes a value set has, as far as memory knows. */
export interface Membership {
  /** `system` is undefined for a `code`, whose system the binding implies. Undefined: only the store, or nobody here, can tell. */
  has(system: string | undefined, code: string): boolean | undefined
  /** Systems the codes come from, for sentences. */
  readonly systems: readonly string[]
}

/** What is known beside R4's own; sync: what has to be loaded is `later`, and loaded behind the walk. */
export interface World {
  readonly definitions: Definitions
  structure(canonical: string): Structure | 'later' | undefined
  membership(valueSet: string): Membership | 'later' | undefined
  /** Severity of what the server does not know (V5); an unknown modifier extension is always an error. */
  readonly unknownExtension: 'warning' | 'error'
  readonly unknownProfile: 'warning' | 'error'
  readonly unknownSystem: 'warning' | 'error'
}

/** The world with what has been compiled of it. */
export interface Compiled {
  readonly world: World
  /** The structure, or undefined: where it is not loaded yet the visit is told to come again. */
  structure(canonical: string, visit: Visit): Structure | undefined
  membership(valueSet: string, visit: Visit): Membership | undefined
  /** What a profile asks for beyond R4; undefined where there is no such profile, or not yet. */
  profile(canonical: string, visit: Visit): Check | undefined
  /** Every rule of R4 for a datatype or resource type, those of structure apart. */
  type(name: string): Check
  /** Any resource: its type's rules, then the profiles it claims. */
  readonly resource: Check
  extension(
    extension: unknown,
    visit: Visit,
    place: { readonly isModifier: boolean; readonly parent: unknown },
  ): void
}
