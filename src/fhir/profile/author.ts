// Who asks for a check, and what has been asked before. https://hl7.org/fhir/R4/profiling.html
import type { StructureElement } from './structure.ts'

/** What has been checked already: R4's own element beneath a profile's, or what the structural check does beneath R4's. */
export interface Known {
  readonly binding?: StructureElement['binding']
  readonly types: StructureElement['types']
  readonly constraints: ReadonlySet<string>
}

/** The canonical that is named with a fault, where it is not R4 itself. */
export interface Author {
  readonly profile?: string
}
