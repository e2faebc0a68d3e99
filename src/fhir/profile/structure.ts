// A StructureDefinition cut down to what checks ask of it, and the form in which it is cached. https://hl7.org/fhir/R4/structuredefinition.html

export type DiscriminatorType = 'value' | 'exists' | 'pattern' | 'type' | 'profile'

export interface Discriminator {
  readonly type: DiscriminatorType
  readonly path: string
}

export interface Slicing {
  /** Empty where slices are only described. */
  readonly discriminator: readonly Discriminator[]
  readonly ordered: boolean
  readonly rules: 'open' | 'closed' | 'openAtEnd'
}

export interface ElementType {
  /** A datatype, `Resource` or a resource type, `BackboneElement` or `Element`; FHIRPath's System types are mapped to R4's primitives. */
  readonly code: string
  readonly profile?: readonly string[]
  readonly targetProfile?: readonly string[]
}

export interface Binding {
  readonly strength: 'required' | 'extensible' | 'preferred' | 'example'
  /** Canonical, with `|version` where the source has it. */
  readonly valueSet?: string
}

export interface Constraint {
  readonly key: string
  readonly severity: 'error' | 'warning'
  readonly human: string
  readonly expression: string
  /** Canonical of the structure that states it, where that is not this one. */
  readonly source?: string
}

/** One element of a snapshot. `id` has the slices: `Observation.component:systolic.value[x]`. */
export interface StructureElement {
  readonly id: string
  readonly path: string
  readonly sliceName?: string
  readonly slicing?: Slicing
  readonly min: number
  readonly max: string
  readonly types: readonly ElementType[]
  /** `#Questionnaire.item` without the hash. */
  readonly contentReference?: string
  /** Value of fixed[x] or pattern[x]. */
  readonly fixed?: unknown
  readonly pattern?: unknown
  /** Value of minValue[x] and maxValue[x]. */
  readonly minValue?: unknown
  readonly maxValue?: unknown
  readonly maxLength?: number
  readonly binding?: Binding
  readonly constraints: readonly Constraint[]
  readonly isModifier: boolean
  readonly isSummary: boolean
  readonly mustSupport: boolean
}

export interface ExtensionContext {
  readonly type: 'element' | 'fhirpath' | 'extension'
  readonly expression: string
}

export interface Structure {
  readonly url: string
  readonly version?: string
  readonly name: string
  readonly kind: 'primitive-type' | 'complex-type' | 'resource' | 'logical'
  readonly abstract: boolean
  /** `Observation`, `Extension`, `HumanName`. */
  readonly type: string
  readonly baseDefinition?: string
  readonly derivation?: 'specialization' | 'constraint'
  /** Of an extension: where it may stand. */
  readonly context: readonly ExtensionContext[]
  readonly contextInvariant: readonly string[]
  /** The snapshot, the root first. */
  readonly elements: readonly StructureElement[]
}
