// R4's own element beneath one of a profile: what it must not be asked twice. https://hl7.org/fhir/R4/profiling.html
import type { StructureElement } from './structure.ts'
import type { World } from './world.ts'

/** An element of R4: `{ type: 'Observation', path: 'Observation.component' }`, `{ type: 'HumanName', path: 'HumanName.given' }`. */
export interface Frame {
  readonly type: string
  readonly path: string
}

const R4 = 'http://hl7.org/fhir/StructureDefinition/'

const byPath = new WeakMap<World['definitions'], Map<string, ReadonlyMap<string, StructureElement>>>()

/** Returns R4's definition of the element; undefined for one that R4 does not have. */
export function baseElement(world: World, { type, path }: Frame): StructureElement | undefined {
  return elementsOf(world, type)?.get(path)
}

function elementsOf(world: World, type: string): ReadonlyMap<string, StructureElement> | undefined {
  const types = byPath.get(world.definitions) ?? new Map<string, ReadonlyMap<string, StructureElement>>()
  byPath.set(world.definitions, types)
  const known = types.get(type)
  if (known) return known
  const structure = world.structure(`${R4}${type}`)
  if (typeof structure !== 'object') return undefined
  const made = new Map(structure.elements.map((element) => [element.path, element] as const))
  types.set(type, made)
  return made
}

interface Beneath {
  readonly element: StructureElement
  /** Those the profile leaves: they say which datatype the children are of. */
  readonly types: StructureElement['types']
}

/** Returns the frame in which the children of R4's `element` are defined: in place, elsewhere by reference, or in its datatype. */
export function frameBeneath(world: World, frame: Frame, { element, types }: Beneath): Frame | undefined {
  if (element.contentReference !== undefined) return { ...frame, path: element.contentReference }
  const code = (types.length > 0 ? types : element.types)[0]?.code
  if (code === undefined) return undefined
  const isInPlace = code === 'BackboneElement' || code === 'Element'
  if (isInPlace && baseElement(world, { ...frame, path: `${element.path}.extension` }))
    return { type: frame.type, path: element.path }
  return { type: code, path: code }
}

export interface ElementProperty {
  readonly property: string
  /** The datatype of a choice's property; undefined where there is only one, or many that share the property. */
  readonly type: string | undefined
}

/** Returns the JSON properties of an element: one, or one for each type of a choice. */
export function toProperties({ path, types }: StructureElement): readonly ElementProperty[] {
  const name = path.slice(path.lastIndexOf('.') + 1)
  if (!name.endsWith('[x]'))
    return [{ property: name, type: types.length === 1 ? types[0]?.code : undefined }]
  const stem = name.slice(0, -3)
  const codes = [...new Set(types.map(({ code }) => code))]
  return codes.map((code) => ({ property: `${stem}${code[0]!.toUpperCase()}${code.slice(1)}`, type: code }))
}
