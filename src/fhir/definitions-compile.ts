// From the StructureDefinitions, SearchParameters and so on of HL7's package to the compact form in the cache. https://hl7.org/fhir/R4/downloads.html
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ConformanceData, compileConformance } from './definitions-conformance.ts'
import { cutExpression } from './definitions-expression.ts'
import { compileStructures, type StructuresData } from './definitions-structures.ts'
import { compileTerminology, type TerminologyData } from './definitions-terminology.ts'
import { cutVersion, expandValueSet, systemsOf } from './value-set.ts'

/** Path behind the type, min, max, types separated by `|`, flags (1 summary, 2 modifier), value set, contentReference path. */
export type ElementRow = readonly [string, number, string, string, number, string?, string?]

/** Code, URL, type, expression, targets, components as definition and expression in turn. */
export type ParameterRow = readonly [
  string,
  string,
  string,
  string,
  (readonly string[])?,
  (readonly string[])?,
]

export interface OperationRow {
  readonly code: string
  readonly url: string
  readonly name: string
  readonly affectsState: boolean
  readonly system: boolean
  readonly type: boolean
  readonly instance: boolean
  readonly resource: readonly string[]
}

/** What the server reads at every start; plain JSON. */
export interface CoreData {
  readonly resourceTypes: readonly string[]
  readonly parameters: Readonly<Record<string, readonly ParameterRow[]>>
  readonly compartments: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
  readonly elements: Readonly<Record<string, readonly ElementRow[]>>
  readonly operations: readonly OperationRow[]
  /** Value set → its only code system. */
  readonly singleSystems: Readonly<Record<string, string>>
  readonly caseSensitive: readonly string[]
  /** Value set of a required binding → its codes by system. */
  readonly requiredCodes: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
}

export interface CompiledPackage {
  readonly core: CoreData
  readonly terminology: TerminologyData
  readonly structures: StructuresData
  readonly conformance: ConformanceData
}

interface SourceElement {
  readonly path: string
  readonly min: number
  readonly max: string
  readonly type?: readonly { readonly code: string }[]
  readonly isSummary?: boolean
  readonly isModifier?: boolean
  readonly binding?: { readonly strength: string; readonly valueSet?: string }
  readonly contentReference?: string
}

interface SourceStructure {
  readonly url: string
  readonly kind: string
  readonly type: string
  readonly abstract: boolean
  readonly derivation?: string
  readonly snapshot: { readonly element: readonly SourceElement[] }
}

interface SourceParameter {
  readonly id: string
  readonly url: string
  readonly code: string
  readonly type: string
  readonly base?: readonly string[]
  readonly expression?: string
  readonly target?: readonly string[]
  readonly component?: readonly { readonly definition: string; readonly expression: string }[]
}

interface SourceCompartment {
  readonly id: string
  readonly code: string
  readonly resource: readonly { readonly code: string; readonly param?: readonly string[] }[]
}

/** Returns everything the server needs of the package in `folder`. Reads some 4,500 files: about a second. */
export function compilePackage(folder: string): CompiledPackage {
  const names = readdirSync(folder)
  const load = <T>(prefix: string) =>
    names
      .filter((name) => name.startsWith(`${prefix}-`))
      .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as T)
  const sources = load<SourceStructure>('StructureDefinition')
  const structures = sources.filter(isOwnType)
  const terminology = compileTerminology(load('CodeSystem'), load('ValueSet'))
  const elements = Object.fromEntries(structures.map((source) => [source.type, toElements(source)]))
  return {
    terminology,
    structures: compileStructures(sources),
    conformance: compileConformance(load('CodeSystem'), load('ValueSet'), load('ConceptMap')),
    core: {
      resourceTypes: structures
        .filter(({ kind, abstract }) => kind === 'resource' && !abstract)
        .map(({ type }) => type)
        .sort(),
      parameters: toParameters(load<SourceParameter>('SearchParameter')),
      compartments: toCompartments(load<SourceCompartment>('CompartmentDefinition')),
      elements,
      operations: load<OperationRow>('OperationDefinition').map(toOperation),
      singleSystems: toSingleSystems(terminology),
      caseSensitive: terminology.caseSensitive,
      requiredCodes: toRequiredCodes(elements, terminology),
    },
  }
}

function isOwnType(source: SourceStructure): boolean {
  return source.kind !== 'logical' && source.derivation !== 'constraint'
}

function toElements({ kind, type, snapshot }: SourceStructure): ElementRow[] {
  return snapshot.element.map((element) => {
    const path = element.path.slice(type.length + 1)
    const types = (element.type ?? []).map(({ code }) => toTypeName(kind, path, code)).join('|')
    const flags = (element.isSummary ? 1 : 0) + (element.isModifier ? 2 : 0)
    const { strength, valueSet } = element.binding ?? {}
    const row = [path, element.min, element.max, types, flags] as const
    const target = element.contentReference?.slice(1)
    if (target !== undefined) return [...row, '', target]
    return strength === 'required' && valueSet ? [...row, cutVersion(valueSet)] : row
  })
}

// Snapshots name FHIRPath's System types for ids, URLs of extensions and the values of primitives, not always the right ones.
function toTypeName(kind: string, path: string, code: string): string {
  if (!code.startsWith('http://hl7.org/fhirpath/System.')) return code
  if (path === 'id' && kind === 'resource') return 'id'
  return path === 'url' ? 'uri' : 'string'
}

function isServed({ id, base, expression }: SourceParameter): boolean {
  if (id === 'filter' || id.startsWith('example') || !base || !expression) return false
  return !id.includes('-extensions-') && !id.includes('-genetic-')
}

function toParameters(sources: readonly SourceParameter[]): Record<string, ParameterRow[]> {
  const byType: Record<string, ParameterRow[]> = {}
  for (const source of sources.filter(isServed)) {
    for (const type of source.base!) {
      byType[type] ??= []
      byType[type].push(toParameter(source, type))
    }
  }
  return byType
}

function toParameter(source: SourceParameter, type: string): ParameterRow {
  const expression = cutExpression(source.expression!, type)
  const row = [source.code, source.url, source.type, expression] as const
  if (source.component)
    return [...row, [], source.component.flatMap((part) => [part.definition, part.expression])]
  return source.target ? [...row, source.target] : row
}

function toCompartments(sources: readonly SourceCompartment[]): CoreData['compartments'] {
  const byName: Record<string, Record<string, readonly string[]>> = {}
  for (const { id, code, resource } of sources) {
    if (id === 'example') continue
    const rows = resource.flatMap(({ code: type, param }) => {
      const own = type === code ? ['{def}'] : []
      return own.length > 0 || param ? [[type, [...own, ...(param ?? [])]] as const] : []
    })
    byName[code] = Object.fromEntries(rows)
  }
  return byName
}

function toOperation(source: OperationRow): OperationRow {
  const { code, url, name, affectsState, system, type, instance, resource } = source
  return {
    code,
    url,
    name,
    affectsState: affectsState ?? false,
    system,
    type,
    instance,
    resource: resource ?? [],
  }
}

function toSingleSystems(terminology: TerminologyData): Record<string, string> {
  const rows = Object.keys(terminology.valueSets).flatMap((url) => {
    const systems = systemsOf(terminology, url)
    return systems.size === 1 ? [[url, [...systems][0]!] as const] : []
  })
  return Object.fromEntries(rows)
}

function toRequiredCodes(
  elements: Readonly<Record<string, readonly ElementRow[]>>,
  terminology: TerminologyData,
): CoreData['requiredCodes'] {
  const urls = new Set(Object.values(elements).flatMap((rows) => rows.flatMap((row) => row[5] || [])))
  const rows = [...urls].sort().flatMap((url) => {
    const expansion = expandValueSet(terminology, url)
    if (expansion.kind !== 'codes') return []
    return [
      [url, Object.fromEntries([...expansion.codes].map(([system, codes]) => [system, [...codes]]))] as const,
    ]
  })
  return Object.fromEntries(rows)
}
