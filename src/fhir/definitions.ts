// R4's own definitions, read once from the compact cache. https://hl7.org/fhir/R4/downloads.html
import {
  loadConformanceData,
  loadCore,
  loadStructuresData,
  loadTerminologyData,
} from './definitions-cache.ts'
import type { CoreData, ElementRow, OperationRow, ParameterRow } from './definitions-compile.ts'
import type { ConformanceData } from './definitions-conformance.ts'
import { cutExpression } from './definitions-expression.ts'
import { unpackStructure } from './definitions-structures.ts'
import type { TerminologyData } from './definitions-terminology.ts'
import type { Structure } from './profile/structure.ts'
import { cutVersion } from './value-set.ts'

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
  /** `Observation.value[x]`: a choice ends with `[x]`. */
  readonly path: string
  readonly min: number
  readonly max: string
  /** Names of datatypes; `BackboneElement` or `Element` for one that is defined in place, `Resource` for any resource. */
  readonly types: readonly string[]
  readonly isSummary: boolean
  readonly isModifier: boolean
  /** Canonical of a required binding's value set, without version. */
  readonly requiredValueSet?: string
  /** Path of the element whose content this one has, such as `Questionnaire.item`. */
  readonly contentReference?: string
}

/** What R4 itself says of one of its operations. https://hl7.org/fhir/R4/operationdefinition.html */
export type OperationDefinition = OperationRow

export interface Definitions {
  /** The 146 concrete resource types, sorted. */
  readonly resourceTypes: readonly string[]
  isResourceType(name: string): boolean
  /** Parameters of a type (those of Resource and DomainResource included), by code. `Resource` lists those of all types. */
  searchParameters(type: string): ReadonlyMap<string, SearchParameter>
  /** Parameter codes by which a type belongs to a compartment (`{def}` for the compartment's own type), or undefined. */
  compartment(name: string, type: string): readonly string[] | undefined
  /** Snapshot elements of a resource type or datatype, in order, the root first; empty for a name that R4 does not have. */
  elements(type: string): readonly ElementDefinition[]
  /** Every name that `elements` knows: resource types, datatypes and primitives, the abstract ones included. */
  readonly typeNames: readonly string[]
  readonly operationDefinitions: readonly OperationDefinition[]
  /** The code system of a value set that draws on exactly one; `|version` is not looked at. */
  codeSystemOf(valueSetUrl: string): string | undefined
  /** Code systems that say of themselves that case matters. */
  readonly caseSensitiveSystems: ReadonlySet<string>
  /** Codes by system of a required binding's value set, or undefined where R4 does not ship them all. */
  requiredCodes(valueSetUrl: string): ReadonlyMap<string, ReadonlySet<string>> | undefined
  /** R4's own structure with this canonical (a type, profile or extension); `|version` is not looked at. The first call reads them. */
  structure(canonical: string): Structure | undefined
  /** Canonicals that `structure` knows. */
  structureUrls(): readonly string[]
  /** The same with their texts, and R4's concept maps; the first call reads them. */
  conformance(): ConformanceData
  /** R4's code systems and value sets; the first call reads them. */
  terminology(): TerminologyData
}

let loaded: Definitions | undefined

/** Returns R4's definitions, the same object each time. The first call reads the cache, or builds it (a line says so). */
export function loadDefinitions(): Definitions {
  loaded ??= toDefinitions(loadCore())
  return loaded
}

function toDefinitions(core: CoreData): Definitions {
  const resourceTypes = new Set(core.resourceTypes)
  const searchParameters = memoise((type) => toParameters(core, type, resourceTypes.has(type)))
  const elements = memoise((type) =>
    Object.hasOwn(core.elements, type) ? core.elements[type]!.map((row) => toElement(type, row)) : [],
  )
  const requiredCodes = memoise((url) => toCodes(core, url))
  const structures = once(loadStructuresData)
  const structure = memoise((url) => unpackStructure(structures(), url))
  return {
    resourceTypes: core.resourceTypes,
    isResourceType: (name) => resourceTypes.has(name),
    searchParameters,
    compartment: (name, type) => own(own(core.compartments, name), type),
    elements,
    typeNames: Object.keys(core.elements),
    operationDefinitions: core.operations,
    codeSystemOf: (url) => own(core.singleSystems, cutVersion(url)),
    caseSensitiveSystems: new Set(core.caseSensitive),
    requiredCodes: (url) => requiredCodes(cutVersion(url)),
    structure: (canonical) => structure(cutVersion(canonical)),
    structureUrls: () => Object.keys(structures().structures),
    conformance: once(loadConformanceData),
    terminology: once(loadTerminologyData),
  }
}

// Only names from R4 are kept: what a client asks for must not grow the map.
function memoise<T>(make: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>()
  return (name) => {
    const value = known.get(name)
    if (value !== undefined) return value
    const made = make(name)
    if (made !== undefined && known.size < 4096) known.set(name, made)
    return made
  }
}

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}

function own<T>(table: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined
}

function toParameters(
  core: CoreData,
  type: string,
  isConcrete: boolean,
): ReadonlyMap<string, SearchParameter> {
  const everywhere = own(core.parameters, 'Resource') ?? []
  const rows = isConcrete ? (own(core.parameters, type) ?? []) : type === 'Resource' ? [] : undefined
  if (rows === undefined) return new Map()
  const all = [...everywhere.map((row) => toParameter(row, type)), ...rows.map((row) => toParameter(row))]
  return new Map(all.map((parameter) => [parameter.code, parameter]))
}

function toParameter(row: ParameterRow, type?: string): SearchParameter {
  const [code, url, kind, expression, target = [], parts = []] = row
  const component = []
  for (let at = 0; at < parts.length; at += 2) {
    component.push({ definition: parts[at]!, expression: parts[at + 1]! })
  }
  return {
    url,
    code,
    type: kind as SearchParamType,
    expression: type === undefined ? expression : cutExpression(expression, type),
    target,
    component,
  }
}

function toElement(type: string, row: ElementRow): ElementDefinition {
  const [path, min, max, types, flags, requiredValueSet, contentReference] = row
  return {
    path: path === '' ? type : `${type}.${path}`,
    min,
    max,
    types: types === '' ? [] : types.split('|'),
    isSummary: (flags & 1) > 0,
    isModifier: (flags & 2) > 0,
    ...(requiredValueSet && { requiredValueSet }),
    ...(contentReference && { contentReference }),
  }
}

function toCodes(core: CoreData, url: string): ReadonlyMap<string, ReadonlySet<string>> | undefined {
  const codes = own(core.requiredCodes, url)
  return codes && new Map(Object.entries(codes).map(([system, some]) => [system, new Set(some)]))
}
