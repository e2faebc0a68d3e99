// Every rule of R4 for one type, those of structure apart: targets, bindings, invariants, extensions, at every depth. https://hl7.org/fhir/R4/validation.html
import { isCovered } from '../invariant.ts'
import { isPrimitive } from '../validate/forms.ts'
import type { Known } from './author.ts'
import { baseElement, type Frame, toProperties } from './base.ts'
import { toCodingCheck } from './coding.ts'
import { toElementChecks } from './element-checks.ts'
import type { StructureElement } from './structure.ts'
import { checkReference } from './target.ts'
import { type ElementTree, lastName, toTree } from './tree.ts'
import { type Check, isObject, type Visit } from './visit.ts'
import type { Compiled } from './world.ts'

const R4 = 'http://hl7.org/fhir/StructureDefinition/'

/** Looks at what stands under one property; the parent has the companion. */
type CheckProperty = (value: unknown, visit: Visit, parent: Readonly<Record<string, unknown>>) => void

/** Returns the check of any value of the datatype or resource type; the structural check has passed. Throws RangeError for a type that R4 does not have. */
export function compileType(compiled: Compiled, name: string): Check {
  const structure = compiled.world.structure(`${R4}${name}`)
  if (typeof structure !== 'object') throw new RangeError(`R4 has no type ${name}`)
  const nodes = new Map<string, Check>()
  const tree = toTree(structure)
  return toObjectCheck({ compiled, type: name, nodes }, tree, toOwnChecks(compiled, tree.element, NOTHING))
}

interface At {
  readonly compiled: Compiled
  readonly type: string
  /** Of elements defined in place, by path: what a contentReference leads to. */
  readonly nodes: Map<string, Check>
}

const NOTHING: Known = { types: [], constraints: new Set() }

function toOwnChecks(compiled: Compiled, element: StructureElement, known: Known): readonly Check[] {
  const own = ownRule(compiled, element.path)
  return [...toElementChecks(compiled, element, known, {}), ...(own ? [own] : [])]
}

// What R4 says of a datatype in words.
function ownRule({ world }: Compiled, path: string): Check | undefined {
  if (path === 'Reference') return checkReference
  return path === 'Coding' ? toCodingCheck(world.unknownSystem) : undefined
}

function toObjectCheck(at: At, tree: ElementTree, own: readonly Check[]): Check {
  const properties = new Map<string, CheckProperty>()
  for (const child of tree.children)
    for (const [name, check] of toPropertyChecks(at, child)) properties.set(name, check)
  const check: Check = (value, visit, companion) => {
    for (const each of own) each(value, visit, companion)
    if (!isObject(value)) return
    for (const name in value) {
      const property = properties.get(name)
      if (property === undefined) continue
      visit.path.push(name)
      property(value[name], visit, value)
      visit.path.pop()
    }
  }
  at.nodes.set(tree.element.path, check)
  return check
}

function toPropertyChecks(at: At, tree: ElementTree): readonly (readonly [string, CheckProperty])[] {
  const { element } = tree
  const name = lastName(element.path)
  if (name === 'extension' || name === 'modifierExtension')
    return [[name, toExtensionsCheck(at.compiled, name === 'modifierExtension')]]
  const own = toOwnChecks(at.compiled, element, toKnown(at.compiled, element))
  return toProperties(element).flatMap(({ property, type }) =>
    toTypeChecks(at, tree, { property, type, own }),
  )
}

interface Typed {
  readonly property: string
  readonly type: string | undefined
  readonly own: readonly Check[]
}

function toTypeChecks(
  at: At,
  tree: ElementTree,
  { property, type, own }: Typed,
): (readonly [string, CheckProperty])[] {
  const { element } = tree
  const code = type ?? element.types[0]?.code ?? 'Element'
  if (element.contentReference !== undefined) {
    const path = element.contentReference
    return [[property, overItems((value, visit) => at.nodes.get(path)?.(value, visit))]]
  }
  if (isPrimitive(code)) {
    const companion: readonly [string, CheckProperty] = [`_${property}`, toCompanionCheck(at.compiled)]
    if (code === 'xhtml' || element.path.endsWith('.id')) return []
    return own.length === 0 ? [companion] : [[property, toPrimitiveCheck(property, own)], companion]
  }
  if (tree.children.length > 0) return [[property, overItems(toObjectCheck(at, tree, own))]]
  return [[property, overItems(toDatatypeCheck(at.compiled, code, own))]]
}

// Types are compiled when a value of them is first met.
function toDatatypeCheck(compiled: Compiled, code: string, own: readonly Check[]): Check {
  const isResource = code === 'Resource' || compiled.world.definitions.isResourceType(code)
  let ofType: Check | undefined
  return (value, visit, companion) => {
    for (const each of own) each(value, visit, companion)
    ofType ??= isResource ? compiled.resource : compiled.type(code)
    ofType(value, visit)
  }
}

function toKnown(compiled: Compiled, { types, binding }: StructureElement): Known {
  // A required value set that R4 ships whole is part of the structure.
  const codes =
    binding?.strength === 'required' && compiled.world.definitions.requiredCodes(binding.valueSet ?? '')
  const ofTypes = types.flatMap(({ code }) => baseElement(compiled.world, frameOf(code))?.constraints ?? [])
  return {
    types: types.map(({ code, profile }) => ({ code, ...(profile && code === 'Extension' && { profile }) })),
    constraints: new Set(ofTypes.filter((each) => !isCovered(each)).map(({ key }) => key)),
    ...(codes && { binding: binding! }),
  }
}

function frameOf(code: string): Frame {
  return { type: code, path: code }
}

function overItems(check: Check): CheckProperty {
  return (value, visit) => {
    if (!Array.isArray(value)) return check(value, visit)
    for (let i = 0; i < value.length; i++) {
      visit.path.push(i)
      check(value[i], visit)
      visit.path.pop()
    }
  }
}

function toPrimitiveCheck(property: string, own: readonly Check[]): CheckProperty {
  const name = `_${property}`
  const checkOne = (value: unknown, visit: Visit, companion: unknown) => {
    for (const each of own) each(value ?? undefined, visit, companion ?? undefined)
  }
  return (value, visit, parent) => {
    const companion = parent[name]
    if (!Array.isArray(value)) return checkOne(value, visit, companion)
    for (let i = 0; i < value.length; i++) {
      visit.path.push(i)
      checkOne(value[i], visit, Array.isArray(companion) ? companion[i] : undefined)
      visit.path.pop()
    }
  }
}

// `id` and `extension` of a primitive.
function toCompanionCheck(compiled: Compiled): CheckProperty {
  const extensions = toExtensionsCheck(compiled, false)
  return overItems((value, visit) => {
    if (!isObject(value) || value['extension'] === undefined) return
    visit.path.push('extension')
    extensions(value['extension'], visit, value)
    visit.path.pop()
  })
}

function toExtensionsCheck(compiled: Compiled, isModifier: boolean): CheckProperty {
  return (value, visit, parent) => {
    if (!Array.isArray(value)) return
    for (let i = 0; i < value.length; i++) {
      visit.path.push(i)
      compiled.extension(value[i], visit, { isModifier, parent })
      visit.path.pop()
    }
  }
}
