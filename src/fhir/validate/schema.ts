// From snapshot elements to one schema per resource, datatype and backbone element. https://hl7.org/fhir/R4/elementdefinition.html
import type { Definitions, ElementDefinition } from '../definitions.ts'
import { isPrimitive, type PrimitiveName } from './forms.ts'

/** What one JSON property holds: a primitive, or what the schema named by `is` says; `Resource` is any resource. */
export interface PropertySchema {
  readonly primitive?: PrimitiveName
  readonly is?: string
  /** Value set whose codes are all there are. */
  readonly codes?: string
  /** At least and at most so many, in an array. Without it the property is a single value. */
  readonly list?: { readonly min: number; readonly max?: number }
  /** Position in `choices`, and the property without underscore. */
  readonly choice?: readonly [number, string]
  /** On a `_name`: the property that it accompanies. */
  readonly accompanies?: string
}

/** A schema for ajv, by our own keywords (`keywords.ts`). */
export interface NodeSchema {
  readonly $id: string
  readonly type: 'object'
  readonly elements: Readonly<Record<string, PropertySchema>>
  /** Elements with min ≥ 1 that are no choices. */
  readonly demands: readonly string[]
  readonly choices: readonly { readonly name: string; readonly min: number }[]
}

/**
 * Returns the schema of `name`: a type (`Patient`, `HumanName`) or the path of an element that is defined in place
 * (`Patient.contact`). Throws RangeError for a name that R4 does not have.
 */
export function toSchema(definitions: Definitions, name: string): NodeSchema {
  const type = name.split('.', 1)[0]!
  const all = definitions.elements(type)
  const depth = name.split('.').length + 1
  const children = all.filter(({ path }) => path.startsWith(`${name}.`) && path.split('.').length === depth)
  if (children.length === 0) throw new RangeError(`R4 has no type or element ${name}`)
  const parents = new Set(all.map(({ path }) => path.slice(0, path.lastIndexOf('.'))))
  const choices = children.filter(({ path }) => path.endsWith('[x]'))
  const isResource = definitions.isResourceType(name)
  const entries = children.flatMap((element) => {
    const choice = choices.indexOf(element)
    // A value set that R4 does not ship whole cannot be checked.
    const codes = definitions.requiredCodes(element.requiredValueSet ?? '') && element.requiredValueSet
    const properties = choice < 0 ? toProperties(element, parents, isResource) : toChoice(element, choice)
    return codes ? properties.map((entry) => withCodes(entry, codes)) : properties
  })
  return {
    $id: name,
    type: 'object',
    elements: { ...(isResource && { resourceType: {} }), ...Object.fromEntries(entries) },
    demands: children
      .filter((element) => element.min > 0 && !choices.includes(element))
      .map(({ path }) => lastName(path)),
    choices: choices.map(({ path, min }) => ({ name: lastName(path).slice(0, -3), min })),
  }
}

type Entry = readonly [string, PropertySchema]

function toProperties(
  element: ElementDefinition,
  parents: ReadonlySet<string>,
  isResource: boolean,
): Entry[] {
  const name = lastName(element.path)
  const list = element.max === '1' ? undefined : { min: Math.max(1, element.min), ...toMax(element.max) }
  const [type = 'Element'] = element.types
  if (element.contentReference) return [[name, { is: element.contentReference, list }]]
  if (name === 'id' && !isResource) return [[name, { primitive: 'elementId' }]]
  if (!isPrimitive(type)) {
    return [[name, { is: parents.has(element.path) ? element.path : type, list }]]
  }
  const value: Entry = [name, { primitive: type, list }]
  // XHTML and the URL of an extension are no elements of their own.
  if (type === 'xhtml' || element.path === 'Extension.url') return [value]
  return [value, [`_${name}`, { is: 'Element', list, accompanies: name }]]
}

const BOUND = new Set(['CodeableConcept', 'Coding', 'Quantity'])

function withCodes([name, property]: Entry, codes: string): Entry {
  const { primitive, is } = property
  return [name, primitive === 'code' || BOUND.has(is ?? '') ? { ...property, codes } : property]
}

function toMax(max: string): { max?: number } {
  return max === '*' ? {} : { max: Number(max) }
}

function toChoice(element: ElementDefinition, at: number): Entry[] {
  const stem = lastName(element.path).slice(0, -3)
  return [...new Set(element.types)].flatMap((type): Entry[] => {
    const name = `${stem}${type[0]!.toUpperCase()}${type.slice(1)}`
    const choice = [at, name] as const
    if (!isPrimitive(type)) return [[name, { is: type, choice }]]
    return [
      [name, { primitive: type, choice }],
      [`_${name}`, { is: 'Element', choice, accompanies: name }],
    ]
  })
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1)
}
