// Definitions beside R4's own: from packages, from the folders of profiles/, and posted to the server. https://hl7.org/fhir/R4/references.html#canonical
import type { Resource } from './resource.ts'

/** Types that are found by their canonical URL. */
export type CanonicalType =
  | 'StructureDefinition'
  | 'ValueSet'
  | 'CodeSystem'
  | 'ConceptMap'
  | 'SearchParameter'
  | 'OperationDefinition'

export interface CanonicalRow {
  readonly type: CanonicalType
  readonly url: string
  readonly version?: string
  /** Where it comes from: `name#version` of a package, `profiles/NAME` for a folder, `Type/id` for what was posted. */
  readonly source: string
}

export interface Canonicals {
  /** Resolves to the definition with this canonical: that of `|version`, else the newest; undefined where there is none. */
  find(type: CanonicalType, canonical: string): Promise<Resource | undefined>
  /** Without reading it. */
  has(type: CanonicalType, canonical: string): boolean
  /** What there is, one row per url and version, by url. */
  list(type: CanonicalType): readonly CanonicalRow[]
  /** Grows whenever a definition comes, goes or changes: what was compiled from them is then stale. */
  readonly generation: number
}

/** No definitions but R4's. */
export const NO_CANONICALS: Canonicals = {
  find: async () => undefined,
  has: () => false,
  list: () => [],
  generation: 0,
}
