// What R4 demands of the children of each element, as removing asks it. https://hl7.org/fhir/R4/json.html
import type { Definitions, ElementDefinition } from '../definitions.ts'

export interface Child {
  /** The element's name without its companion's `_` and, in a choice, without its type. */
  readonly stem: string
  /** The type or path in which its own children are defined. */
  readonly node: string
}

export interface Shape {
  readonly node: string
  /** By property name; of a choice one for each type. */
  readonly children: ReadonlyMap<string, Child>
  /** Stems with minimum cardinality 1. */
  readonly required: ReadonlySet<string>
}

const shapes = new WeakMap<Definitions, Map<string, Shape>>()

/** Returns the children of a type (`Patient`, `HumanName`) or of an element defined in place (`Patient.contact`). */
export function shapeOf(definitions: Definitions, node: string): Shape {
  const known = shapes.get(definitions) ?? new Map<string, Shape>()
  shapes.set(definitions, known)
  const own = known.get(node)
  if (own) return own
  const made = buildShape(definitions, node)
  // A name that R4 lacks comes from a client, and must not grow the map.
  if (made.children.size > 0) known.set(node, made)
  return made
}

/** Returns the child of a property, `_name` with its companion's node; one that R4 does not know is any element. */
export function childOf({ children }: Shape, property: string): Child {
  if (property.startsWith('_')) {
    const name = property.slice(1)
    return { stem: children.get(name)?.stem ?? name, node: 'Element' }
  }
  return children.get(property) ?? { stem: property, node: UNKNOWN }
}

/** The node of what R4 does not know: a Reference is told by its looks there. */
export const UNKNOWN = ''

function buildShape(definitions: Definitions, node: string): Shape {
  const children = new Map<string, Child>()
  const required = new Set<string>()
  for (const element of definitions.elements(node.split('.', 1)[0]!)) {
    const name = element.path.slice(node.length + 1)
    if (!element.path.startsWith(`${node}.`) || name.includes('.')) continue
    const stem = name.replace('[x]', '')
    if (element.min > 0) required.add(stem)
    if (stem === name) children.set(name, { stem, node: toNode(element, element.types[0]) })
    else for (const type of element.types) children.set(toProperty(stem, type), { stem, node: type })
  }
  return { node, children, required }
}

const toProperty = (stem: string, type: string) => stem + type.charAt(0).toUpperCase() + type.slice(1)

function toNode({ path, contentReference }: ElementDefinition, type = 'BackboneElement'): string {
  if (contentReference) return contentReference
  return type === 'BackboneElement' || type === 'Element' ? path : type
}
