// R4's own definitions, read once from the compact cache. https://hl7.org/fhir/R4/downloads.html

export type SearchParamType =
  | 'number'
  | 'date'
  | 'string'
  | 'token'
  | 'reference'
  | 'composite'
  | 'quantity'
  | 'uri'
  | 'special'

export interface SearchParameter {
  readonly url: string
  readonly code: string
  readonly type: SearchParamType
  /** FHIRPath, cut down to the branches that apply to the resource type it is listed under. */
  readonly expression: string
  /** Resource types a reference may point at; empty for none stated. */
  readonly target: readonly string[]
  readonly component: readonly { readonly definition: string; readonly expression: string }[]
}

/** What the search, validation and summary code must know of an element; `path` as in the snapshot. */
export interface ElementDefinition {
  readonly path: string
  readonly min: number
  readonly max: string
  readonly types: readonly string[]
  readonly isSummary: boolean
  readonly isModifier: boolean
  /** Canonical of a required binding's value set. */
  readonly requiredValueSet?: string
}

export interface Definitions {
  /** The 146 concrete resource types, sorted. */
  readonly resourceTypes: readonly string[]
  isResourceType(name: string): boolean
  /** Parameters of a type (those of Resource and DomainResource included), by code. `Resource` lists those of all types. */
  searchParameters(type: string): ReadonlyMap<string, SearchParameter>
  /** Parameter codes by which a type belongs to a compartment (`{def}` for the compartment's own type), or undefined. */
  compartment(name: string, type: string): readonly string[] | undefined
  /** Snapshot elements of a resource type or datatype, in order. */
  elements(type: string): readonly ElementDefinition[]
}
