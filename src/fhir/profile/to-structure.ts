// From a StructureDefinition with its snapshot to the form that checks are compiled from. https://hl7.org/fhir/R4/structuredefinition.html
import { FhirError } from '../outcome.ts'
import { isNumber, toNumber } from '../primitives.ts'
import type { Binding, Constraint, ElementType, Slicing, Structure, StructureElement } from './structure.ts'

type Row = Readonly<Record<string, unknown>>

/**
 * Returns the structure of `definition`, a StructureDefinition as parsed JSON. Throws FhirError `unprocessable`, which names
 * what is missing, where it has no snapshot or is none. Rules without an expression are left out.
 */
export function toStructure(definition: unknown): Structure {
  const source = definition as Row
  const url = text(source?.['url'])
  const snapshot = rows((source?.['snapshot'] as Row | undefined)?.['element'])
  const type = text(source?.['type'])
  if (url === undefined) throw refuse('it has no url')
  if (type === undefined) throw refuse('it has no type', url)
  if (snapshot.length === 0) throw refuse('it has no snapshot', url)
  const kind = source['kind'] as Structure['kind']
  return {
    url,
    name: text(source['name']) ?? type,
    kind,
    abstract: source['abstract'] === true,
    type,
    ...defined('version', text(source['version'])),
    ...defined('baseDefinition', text(source['baseDefinition'])),
    ...defined('derivation', text(source['derivation']) as Structure['derivation']),
    context: rows(source['context']).map((row) => ({
      type: text(row['type']) as Structure['context'][number]['type'],
      expression: text(row['expression']) ?? '',
    })),
    contextInvariant: texts(source['contextInvariant']),
    elements: snapshot.map((row) => toElement(row, { kind, url, type })),
  }
}

function refuse(what: string, url?: string): FhirError {
  return new FhirError('unprocessable', `The StructureDefinition ${url ?? ''} cannot be used: ${what}`)
}

interface Owner {
  readonly kind: Structure['kind']
  readonly url: string
  readonly type: string
}

function toElement(row: Row, owner: Owner): StructureElement {
  const path = text(row['path'])
  if (path === undefined) throw refuse('an element of its snapshot has no path', owner.url)
  const contentReference = text(row['contentReference'])
  return {
    id: text(row['id']) ?? path,
    path,
    min: isNumber(row['min']) ? toNumber(row['min']) : 0,
    max: text(row['max']) ?? '*',
    types: rows(row['type']).map((type) => toType(type, path, owner)),
    constraints: rows(row['constraint']).flatMap(toConstraint),
    isModifier: row['isModifier'] === true,
    isSummary: row['isSummary'] === true,
    mustSupport: row['mustSupport'] === true,
    ...defined('sliceName', text(row['sliceName'])),
    ...defined('slicing', toSlicing(row['slicing'])),
    ...defined('contentReference', contentReference?.replace(/^.*#/, '')),
    ...defined('fixed', choice(row, 'fixed')),
    ...defined('pattern', choice(row, 'pattern')),
    ...defined('minValue', choice(row, 'minValue')),
    ...defined('maxValue', choice(row, 'maxValue')),
    ...defined('maxLength', isNumber(row['maxLength']) ? toNumber(row['maxLength']) : undefined),
    ...defined('binding', toBinding(row['binding'])),
  }
}

const SYSTEM = 'http://hl7.org/fhirpath/System.'

function toType(row: Row, path: string, { kind }: Owner): ElementType {
  const code = text(row['code']) ?? ''
  return {
    code: code.startsWith(SYSTEM) ? toPrimitive(kind, path) : code,
    ...defined('profile', some(texts(row['profile']))),
    ...defined('targetProfile', some(texts(row['targetProfile']))),
  }
}

// Snapshots name FHIRPath's System types for ids, URLs of extensions and the values of primitives, not always the right ones.
function toPrimitive(kind: Structure['kind'], path: string): string {
  if (kind === 'resource' && /^[^.]+\.id$/.test(path)) return 'id'
  return path.endsWith('.url') ? 'uri' : 'string'
}

function toConstraint(row: Row): Constraint[] {
  const [key, expression] = [text(row['key']), text(row['expression'])]
  if (key === undefined || expression === undefined) return []
  const severity = row['severity'] === 'warning' ? 'warning' : 'error'
  return [{ key, severity, human: text(row['human']) ?? key, expression }]
}

function toSlicing(value: unknown): Slicing | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const row = value as Row
  return {
    discriminator: rows(row['discriminator']).map((each) => ({
      type: text(each['type']) as Slicing['discriminator'][number]['type'],
      path: text(each['path']) ?? '$this',
    })),
    ordered: row['ordered'] === true,
    rules: (text(row['rules']) as Slicing['rules'] | undefined) ?? 'open',
  }
}

function toBinding(value: unknown): Binding | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const row = value as Row
  const strength = text(row['strength']) as Binding['strength'] | undefined
  return strength && { strength, ...defined('valueSet', text(row['valueSet'])) }
}

// fixedCode, patternCodeableConcept, minValueDate …
function choice(row: Row, stem: string): unknown {
  for (const name in row)
    if (name.startsWith(stem) && /^[A-Z]/.test(name.slice(stem.length))) return row[name]
  return undefined
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}

function rows(value: unknown): readonly Row[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'object' && each !== null) : []
}

function some<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length > 0 ? list : undefined
}

function defined<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): Readonly<Partial<Record<Name, Value>>> {
  return (value === undefined ? {} : { [name]: value }) as Readonly<Partial<Record<Name, Value>>>
}
