// A code system as terminology asks it, whether it lies in memory or in the store. https://hl7.org/fhir/R4/codesystem.html

export interface Designation {
  readonly language?: string
  readonly use?: { readonly system?: string; readonly code?: string; readonly display?: string }
  readonly value: string
}

export interface ConceptProperty {
  readonly code: string
  /** Of the value's type as in `valueCode`, `valueString` …: the type in lower camel case without `value`. */
  readonly type: 'code' | 'Coding' | 'string' | 'integer' | 'boolean' | 'dateTime' | 'decimal'
  readonly value: unknown
}

export interface Concept {
  readonly code: string
  readonly display?: string
  readonly definition?: string
  readonly designations: readonly Designation[]
  readonly properties: readonly ConceptProperty[]
  /** Codes directly above it. */
  readonly parents: readonly string[]
  readonly inactive: boolean
  /** May not be used as a value, only to group others. */
  readonly abstract: boolean
}

/** `concept` and `code` are the concept itself; `op` is one of https://hl7.org/fhir/R4/valueset-filter-operator.html */
export interface ConceptFilter {
  readonly property: string
  readonly op: string
  readonly value: string
}

export interface ConceptSelection {
  /** All of them must hold. */
  readonly filters: readonly ConceptFilter[]
  /** Words (folded, as `foldText` gives them), each of which begins a word of the code, display or a designation. */
  readonly words?: readonly string[]
  readonly activeOnly?: boolean
}

/** What is said of a code system as a whole. */
export interface CodeSystemHead {
  readonly url: string
  readonly version?: string
  readonly name?: string
  readonly title?: string
  readonly caseSensitive: boolean
  /** `complete` and `example` hold every code; of a `fragment` a code that is not there may exist. */
  readonly content: 'complete' | 'example' | 'fragment' | 'supplement' | 'not-present'
  readonly properties: readonly { readonly code: string; readonly uri?: string; readonly type: string }[]
}

/** A concept as it is loaded. */
export type ConceptRow = Concept

export interface CodeSystemSource extends CodeSystemHead {
  readonly count: number
  readonly isHierarchical: boolean
  /** Resolves to the concept, in the case the system asks for; undefined where there is none. */
  concept(code: string): Promise<Concept | undefined>
  /** Resolves to whether `selection` holds for the code; without reading others. */
  selects(selection: ConceptSelection, code: string): Promise<boolean>
  /** Resolves to concepts in the order of the system from `offset`; rejects with FhirError `not-supported` for a filter that cannot be applied. */
  select(selection: ConceptSelection, offset: number, count: number): Promise<readonly Concept[]>
  /** Resolves to how many there are; from 10,001 on it may stop counting. Undefined where counting would take too long: then there are too many to be listed at once. */
  total(selection: ConceptSelection): Promise<number | undefined>
  /** Resolves to all codes above (`up`) or below (`down`) `code`, itself included; empty where there is no such code. At most `limit`, one more where there are more. */
  closure(code: string, direction: 'up' | 'down', limit: number): Promise<readonly string[]>
  /** Resolves to whether `ancestor` lies above `code` or is it. */
  subsumes(ancestor: string, code: string): Promise<boolean>
}

/** Code systems that were imported into the store. */
export interface CodeSystemStore {
  /** Resolves to the system of `url` or `url|version` (the newest where none is named), or undefined. */
  find(canonical: string): Promise<CodeSystemSource | undefined>
  list(): Promise<readonly { readonly url: string; readonly version?: string; readonly count: number }[]>
  /**
   * Stores a code system in place of one of the same url and version, and resolves to how many concepts it has. Others see the old
   * one until all of it is there. Rejects with FhirError `invalid` for a code that comes twice or a parent that never comes: nothing is changed then.
   */
  load(
    head: CodeSystemHead,
    concepts: AsyncIterable<ConceptRow> | Iterable<ConceptRow>,
    onProgress?: (done: number) => void,
  ): Promise<number>
  /** Resolves to false where there is none of that url and version. */
  remove(url: string, version?: string): Promise<boolean>
}
