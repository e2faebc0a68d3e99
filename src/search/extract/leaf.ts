// From a path to the JSON properties it stands for, with the type found at its end. https://hl7.org/fhir/R4/json.html#choice
import type { Definitions, ElementDefinition } from '../../fhir/definitions.ts'
import type { Branch, Step } from './parse.ts'

/** One step on JSON: a property, or a condition on what has been reached. */
export type Access = Exclude<Step, { kind: 'ofType' | 'extension' }>

/** Where a path ends; a path over a choice of types has one leaf for each. */
export interface Leaf {
  readonly steps: readonly Access[]
  /** FHIR type; `BackboneElement` for one that is defined in place. */
  readonly type: string
  /** Where R4 describes its children: `Observation.component`, `Quantity`. */
  readonly path: string
  /** The value set of a required binding. */
  readonly valueSet?: string
}

/** Datatypes that are also of another type, as `ofType` sees them. https://hl7.org/fhir/R4/datatypes.html */
const SPECIALISED: Readonly<Record<string, readonly string[]>> = {
  uri: ['canonical', 'oid', 'url', 'uuid'],
  string: ['code', 'id', 'markdown'],
  integer: ['positiveInt', 'unsignedInt'],
  Quantity: ['Age', 'Count', 'Distance', 'Duration', 'MoneyQuantity', 'SimpleQuantity'],
}

/** Returns the leaf that is a whole resource or element of `type`, where paths begin. */
export function rootLeaf(type: string): Leaf {
  return { steps: [], type, path: type }
}

/**
 * Returns the leaves of a branch from `start`, whatever it tests; undefined where it has a step that R4's definitions do not
 * know, or one that JSON alone cannot follow.
 */
export function toLeaves(
  definitions: Definitions,
  { steps }: Branch,
  start: Leaf,
): readonly Leaf[] | undefined {
  let leaves: readonly Leaf[] = [start]
  for (const step of steps) {
    const next: Leaf[] = []
    for (const leaf of leaves) {
      const reached = take(definitions, leaf, step)
      if (!reached) return undefined
      next.push(...reached)
    }
    leaves = next
  }
  return leaves.length === 0 ? undefined : leaves
}

function take(definitions: Definitions, leaf: Leaf, step: Step): readonly Leaf[] | undefined {
  switch (step.kind) {
    case 'child':
      return toChildren(definitions, leaf, step.name)
    case 'extension': {
      const where: Access = { kind: 'whereEquals', name: 'url', value: step.url }
      return toChildren(definitions, leaf, 'extension')?.map((found) => append(found, where))
    }
    case 'ofType':
      return leaf.type === step.type || SPECIALISED[step.type]?.includes(leaf.type) ? [leaf] : []
    case 'at':
      // Counts along all that the path has selected so far: the same as a place in an array only at its first step.
      return leaf.steps.length === 1 ? [append(leaf, step)] : undefined
    case 'whereEquals':
    case 'whereResolves':
      return [append(leaf, step)]
  }
}

const append = (leaf: Leaf, step: Access): Leaf => ({ ...leaf, steps: [...leaf.steps, step] })

function toChildren(definitions: Definitions, leaf: Leaf, name: string): readonly Leaf[] | undefined {
  // An `_element` companion holds the extensions of a primitive: left to the engine.
  if (/^[a-z]/.test(leaf.type)) return undefined
  const elements = elementsAt(definitions, leaf.path)
  const plain = elements.get(`${leaf.path}.${name}`)
  if (plain) return [toChild(leaf, name, plain, plain.types[0] ?? 'BackboneElement')]
  const choice = elements.get(`${leaf.path}.${name}[x]`)
  return choice?.types.map((type) => toChild(leaf, name + capitalise(type), choice, type))
}

function toChild(leaf: Leaf, property: string, element: ElementDefinition, type: string): Leaf {
  const inPlace = type === 'BackboneElement' || type === 'Element'
  const path = element.contentReference ?? (inPlace ? element.path : type)
  const { requiredValueSet: valueSet } = element
  return {
    steps: [...leaf.steps, { kind: 'child', name: property }],
    type,
    path,
    ...(valueSet && { valueSet }),
  }
}

const capitalise = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

const indexes = new WeakMap<readonly ElementDefinition[], ReadonlyMap<string, ElementDefinition>>()

function elementsAt(definitions: Definitions, path: string): ReadonlyMap<string, ElementDefinition> {
  const elements = definitions.elements(path.split('.', 1)[0]!)
  const known = indexes.get(elements)
  if (known) return known
  const index = new Map(elements.map((element) => [element.path, element]))
  indexes.set(elements, index)
  return index
}
