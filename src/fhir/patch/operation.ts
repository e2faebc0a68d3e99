// The Parameters of a FHIRPath Patch read into operations, their values into properties. https://hl7.org/fhir/R4/fhirpatch.html
import { modelElement } from '../fhirpath.ts'
import { FhirError } from '../outcome.ts'
import { isPrimitive } from '../validate/forms.ts'

type Part = Readonly<Record<string, unknown>>

/** A value as sent: of a datatype (`valueHumanName`), a resource, or nested parts, one per element. */
export interface PatchValue {
  /** `HumanName` of `valueHumanName`; undefined for a resource and for nested parts. */
  readonly suffix?: string
  readonly content: unknown
  /** Id and extensions of a primitive. */
  readonly companion?: unknown
  readonly parts?: readonly Part[]
}

export type Operation =
  | { readonly type: 'add'; readonly path: string; readonly name: string; readonly value: PatchValue }
  | { readonly type: 'insert'; readonly path: string; readonly index: number; readonly value: PatchValue }
  | { readonly type: 'delete'; readonly path: string }
  | { readonly type: 'replace'; readonly path: string; readonly value: PatchValue }
  | { readonly type: 'move'; readonly path: string; readonly source: number; readonly destination: number }

/** Returns the operations of a Parameters resource; throws FhirError `invalid` where it is no FHIRPath Patch. */
export function parseOperations(patch: unknown): readonly Operation[] {
  if (!isObject(patch) || patch['resourceType'] !== 'Parameters')
    throw new FhirError('invalid', 'A FHIRPath Patch is a Parameters resource')
  const parameters = patch['parameter'] ?? []
  if (!Array.isArray(parameters)) throw new FhirError('invalid', 'Parameters.parameter must be an array')
  return parameters.map((parameter, i) => {
    const { name, part } = isObject(parameter) ? parameter : {}
    if (name !== 'operation' || !Array.isArray(part) || !part.every(isObject))
      throw new FhirError('invalid', `Parameters.parameter[${i}] must be an "operation" with parts`)
    return parseOperation(part, `Parameters.parameter[${i}]`)
  })
}

function parseOperation(parts: readonly Part[], at: string): Operation {
  const type = read(parts, 'type', at)['valueCode']
  const path = readText(parts, 'path', at)
  assertPath(path, at)
  switch (type) {
    case 'add':
      return { type, path, name: readText(parts, 'name', at), value: readValue(read(parts, 'value', at), at) }
    case 'insert':
      return {
        type,
        path,
        index: readIndex(parts, 'index', at),
        value: readValue(read(parts, 'value', at), at),
      }
    case 'delete':
      return { type, path }
    case 'replace':
      return { type, path, value: readValue(read(parts, 'value', at), at) }
    case 'move':
      return {
        type,
        path,
        source: readIndex(parts, 'source', at),
        destination: readIndex(parts, 'destination', at),
      }
  }
  throw new FhirError('invalid', `${at}: "type" must be a valueCode of add, insert, delete, replace or move`)
}

function read(parts: readonly Part[], name: string, at: string): Part {
  const found = parts.filter((part) => part['name'] === name)
  if (found.length !== 1) throw new FhirError('invalid', `${at}: one part "${name}" is needed`)
  return found[0]!
}

function readText(parts: readonly Part[], name: string, at: string): string {
  const text = read(parts, name, at)['valueString']
  if (typeof text !== 'string' || text === '')
    throw new FhirError('invalid', `${at}: "${name}" must be a valueString`)
  return text
}

function readIndex(parts: readonly Part[], name: string, at: string): number {
  const index = read(parts, name, at)['valueInteger']
  if (typeof index !== 'number' || !Number.isInteger(index) || index < 0)
    throw new FhirError('invalid', `${at}: "${name}" must be a valueInteger, 0 or more`)
  return index
}

const VALUE = /^_?value([A-Z][A-Za-z0-9]*)$/

function readValue(part: Part, at: string): PatchValue {
  const { part: nested, resource } = part
  const suffixes = new Set(Object.keys(part).flatMap((name) => VALUE.exec(name)?.[1] ?? []))
  const stated = suffixes.size + (nested === undefined ? 0 : 1) + (resource === undefined ? 0 : 1)
  if (stated !== 1)
    throw new FhirError('invalid', `${at}: a value is one of value[x], resource or nested parts`)
  if (resource !== undefined) return { content: resource }
  if (nested !== undefined) {
    if (!Array.isArray(nested) || !nested.every(isObject))
      throw new FhirError('invalid', `${at}: "part" must be an array of parts`)
    return { content: nested, parts: nested }
  }
  const [suffix] = suffixes
  return { suffix, content: part[`value${suffix}`], companion: part[`_value${suffix}`] }
}

// What finds elements in time proportional to the resource: no regular expressions, no `repeat`, no unions.
const FUNCTIONS = new Set([
  ...['where', 'exists', 'empty', 'not', 'all', 'count', 'first', 'last', 'single', 'skip', 'take', 'tail'],
  ...[
    'ofType',
    'as',
    'is',
    'extension',
    'hasValue',
    'startsWith',
    'endsWith',
    'contains',
    'lower',
    'upper',
    'length',
  ],
])
const MAX_PATH_LENGTH = 1000

function assertPath(path: string, at: string): void {
  if (path.length > MAX_PATH_LENGTH)
    throw new FhirError('invalid', `${at}: "path" has more than ${MAX_PATH_LENGTH} characters`)
  // `div` is an operator, so that the narrative's is written in backticks.
  const bare = path.replace(/'(?:[^'\\]|\\.)*'/g, "''").replace(/`div`(?!\s*\()/g, 'div')
  if (/[%`/|]/.test(bare))
    throw new FhirError('invalid', `${at}: "path" may hold no variable, union, comment or division`)
  for (const [, name] of bare.matchAll(/([A-Za-z_]\w*)\s*\(/g))
    if (!FUNCTIONS.has(name!) && !OPERATORS.has(name!))
      throw new FhirError('invalid', `${at}: function ${name} is not available in the path of a patch`)
}

// A parenthesis may follow these without being a call.
const OPERATORS = new Set(['and', 'or', 'xor', 'implies', 'in', 'contains', 'div', 'mod'])

/** Where a value goes: its property, whether that is a list, and the properties that may not stand beside it. */
export interface Place {
  readonly property: string
  readonly repeats: boolean
  readonly siblings: readonly string[]
  /** The value with its nested parts put together. */
  readonly value: PatchValue
}

/**
 * Returns the place of `value` as element `name` of model type `type`: of a choice the property with the value's type.
 * Throws FhirError `unprocessable` where the type has no such element or the choice no such type.
 */
export function findPlace(type: string | undefined, name: string, value: PatchValue): Place {
  const element = type === undefined ? undefined : modelElement(type, name)
  if (!element) {
    const base =
      value.suffix !== undefined && name.endsWith(value.suffix) ? name.slice(0, -value.suffix.length) : ''
    if (type !== undefined && base !== '' && modelElement(type, base)?.choices)
      return findPlace(type, base, value)
    throw new FhirError('unprocessable', `${type ?? 'the target'} has no element ${name}`)
  }
  const ready = value.parts ? { content: buildElement(element.type, value.parts) } : value
  if (!element.choices && value.suffix !== undefined) assertType(name, element.type, value.suffix)
  if (!element.choices) return { property: name, repeats: element.repeats, siblings: [name], value: ready }
  if (value.suffix === undefined || !element.choices.includes(value.suffix))
    throw new FhirError('unprocessable', `${name} cannot be of type ${value.suffix ?? 'unknown'}`)
  const siblings = element.choices.map((choice) => name + choice)
  return { property: name + value.suffix, repeats: false, siblings, value: ready }
}

// Among primitives the validator says whether the text has the right form; senders often give a code as a string.
function assertType(name: string, type: string, suffix: string): void {
  const isOfOne = isSimple(type) ? isSimple(suffix) : type === suffix
  if (isOfOne || (QUANTITIES.has(type) && QUANTITIES.has(suffix))) return
  throw new FhirError('unprocessable', `${name} is of type ${type}, not ${suffix}`)
}

function isSimple(type: string): boolean {
  return /System\.\w+$/.test(type) || isPrimitive(type.charAt(0).toLowerCase() + type.slice(1))
}

const QUANTITIES: ReadonlySet<string> = new Set([
  'Quantity',
  'SimpleQuantity',
  'MoneyQuantity',
  'Age',
  'Count',
  'Distance',
  'Duration',
])

function buildElement(type: string, parts: readonly Part[]): object {
  const element: Record<string, unknown> = {}
  for (const part of parts) {
    if (typeof part['name'] !== 'string') throw new FhirError('invalid', 'a nested part must have a name')
    const place = findPlace(type, part['name'], readValue(part, part['name']))
    if (!place.repeats && Object.hasOwn(element, place.property))
      throw new FhirError('invalid', `${part['name']} does not repeat`)
    placeValue(element, place.property, place.repeats ? 'last' : undefined, place.value)
  }
  return element
}

/**
 * Puts `value` into `holder`, a copy to be changed: as the element itself, or in its list at the end (`last`), before an
 * index, or instead of the item `at` an index. Values and companions of a list keep the same length.
 */
export function placeValue(
  holder: Record<string, unknown>,
  property: string,
  place: undefined | 'last' | number | { readonly at: number },
  value: PatchValue,
): void {
  const { content, companion } = value
  if (place === undefined) {
    if (content !== undefined) holder[property] = content
    if (companion !== undefined) holder[`_${property}`] = companion
    return
  }
  const values = toList(holder[property])
  const companions = toList(holder[`_${property}`])
  const length = Math.max(values.length, companions.length)
  const index = place === 'last' ? length : typeof place === 'number' ? place : place.at
  const instead = typeof place === 'object' ? 1 : 0
  holder[property] = splice(values, length, index, instead, content)
  if (companion === undefined && companions.length === 0) return
  holder[`_${property}`] = splice(companions, length, index, instead, companion)
}

function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function splice(
  list: readonly unknown[],
  length: number,
  index: number,
  instead: number,
  item: unknown,
): unknown[] {
  const copy = Array.from({ length }, (_, i) => list[i] ?? null)
  copy.splice(index, instead, item ?? null)
  return copy
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
