// FHIRPath Patch: a Parameters resource of operations on elements found by FHIRPath. https://hl7.org/fhir/R4/fhirpatch.html
import { companionOf, type FhirPathNode, type Step, selectNodes } from '../fhirpath.ts'
import { FhirError } from '../outcome.ts'
import type { Resource } from '../resource.ts'
import {
  assertWork,
  type Container,
  countMade,
  editAt,
  finishPatch,
  MAX_OPERATIONS,
  valueAt,
} from './edit.ts'
import { findPlace, type Operation, type PatchValue, parseOperations, placeValue } from './operation.ts'

/** Values looked at by all operations together: about two seconds of the slowest paths. */
const MAX_WORK = 2_000_000

/**
 * Returns `resource` with every operation of `patch` (a Parameters resource) applied in order, or throws and changes
 * nothing. add, insert, delete, replace, move as R4 says: delete of nothing is fine, all others need their one target;
 * a value that is a choice may change the type of its element. Throws FhirError `invalid` for what is no FHIRPath Patch,
 * `unprocessable` where an operation cannot be applied or resourceType, id, meta.versionId or meta.lastUpdated would change.
 */
export function applyFhirPathPatch(resource: Resource, patch: unknown): Resource {
  const operations = parseOperations(patch)
  if (operations.length > MAX_OPERATIONS)
    throw new FhirError('too-costly', `A patch has at most ${MAX_OPERATIONS} operations`)
  assertWork(operations.length, resource, MAX_WORK)
  let result = resource
  let made = 0
  operations.forEach((operation, i) => {
    try {
      if ('value' in operation) made = countMade(made, operation.value.content, 1)
      result = apply(result, operation)
      if ('value' in operation) countMade(0, result, 0)
    } catch (error) {
      if (!(error instanceof FhirError)) throw error
      throw new FhirError(
        error.code,
        `Operation ${i + 1} (${operation.type} ${operation.path}): ${error.message}`,
      )
    }
  })
  return finishPatch(resource, result)
}

function apply(resource: Resource, operation: Operation): Resource {
  const nodes = selectNodes(operation.path, resource)
  switch (operation.type) {
    case 'add':
      return add(resource, nodes, operation.name, operation.value)
    case 'insert':
      return insert(resource, nodes, operation)
    case 'delete':
      return nodes.length === 0 ? resource : remove(resource, single(nodes))
    case 'replace':
      return replace(resource, single(nodes), operation.value)
    case 'move':
      return move(resource, nodes, operation.source, operation.destination)
  }
}

function single(nodes: readonly FhirPathNode[]): FhirPathNode & { readonly location: readonly Step[] } {
  if (nodes.length !== 1)
    throw new FhirError('unprocessable', `the path selects ${nodes.length} elements where one is needed`)
  return located(nodes[0]!)
}

function located(node: FhirPathNode): FhirPathNode & { readonly location: readonly Step[] } {
  if (node.location === undefined)
    throw new FhirError('unprocessable', 'the path selects something that is no element of this resource')
  return node as FhirPathNode & { readonly location: readonly Step[] }
}

function add(resource: Resource, nodes: readonly FhirPathNode[], name: string, value: PatchValue): Resource {
  const { location, type, value: target } = single(nodes)
  const { property, repeats, siblings, value: ready } = findPlace(type, name, value)
  const isElement = typeof target === 'object' && target !== null
  const path = isElement ? location : companionOf(location)
  const holder = valueAt(resource, path)
  if (!repeats && siblings.some((sibling) => has(holder, sibling) || has(holder, `_${sibling}`)))
    throw new FhirError('unprocessable', `${name} exists already and does not repeat`)
  const placed = (copy: Container) =>
    placeValue(copy as Record<string, unknown>, property, repeats ? 'last' : undefined, ready)
  if (holder !== undefined && holder !== null) return editAt(resource, path, placed)
  // The first id or extension of a primitive: its companion does not stand yet.
  const made: Record<string, unknown> = {}
  placed(made)
  return setCompanion(resource, path, made)
}

function has(holder: unknown, property: string): boolean {
  return typeof holder === 'object' && holder !== null && Object.hasOwn(holder, property)
}

function setCompanion(resource: Resource, path: readonly Step[], companion: object): Resource {
  const at = path.at(-1)!
  if (typeof at === 'string')
    return editAt(resource, path.slice(0, -1), (copy) => Object.assign(copy, { [at]: companion }))
  const property = path.at(-2) as string
  return editAt(resource, path.slice(0, -2), (copy) => {
    const object = copy as Record<string, unknown>
    const values = object[property.slice(1)] as unknown[]
    const companions = (object[property] as unknown[] | undefined) ?? values.map(() => null)
    object[property] = companions.map((item, i) => (i === at ? companion : item))
  })
}

interface List {
  readonly holder: readonly Step[]
  readonly property: string
  readonly length: number
}

// The one list that `nodes` are all of.
function listOf(resource: Resource, nodes: readonly FhirPathNode[]): List {
  const places = nodes.map((node) => located(node).location)
  const holder = places[0]!.slice(0, -2)
  const property = places[0]!.at(-2)
  const same = places.every(
    (place, i) =>
      place.at(-1) === i &&
      place.length === places[0]!.length &&
      place.slice(0, -1).every((step, k) => step === places[0]![k]),
  )
  const list = typeof property === 'string' ? lengthOf(valueAt(resource, holder), property) : 0
  if (!same || list !== nodes.length || typeof property !== 'string')
    throw new FhirError('unprocessable', 'the path does not select one whole list')
  return { holder, property, length: list }
}

function lengthOf(holder: unknown, property: string): number {
  const { [property]: values, [`_${property}`]: companions } = holder as Record<string, unknown>
  return Math.max(
    Array.isArray(values) ? values.length : 0,
    Array.isArray(companions) ? companions.length : 0,
  )
}

function insert(
  resource: Resource,
  nodes: readonly FhirPathNode[],
  operation: Extract<Operation, { type: 'insert' }>,
): Resource {
  const { index, value, path } = operation
  if (nodes.length === 0) return insertFirst(resource, path, index, value)
  const { holder, property, length } = listOf(resource, nodes)
  if (index > length) throw new FhirError('unprocessable', `index ${index} is beyond the list of ${length}`)
  const ready = findPlace(nodes[0]!.parentType, nodes[0]!.name ?? '', value).value
  return editAt(resource, holder, (copy) =>
    placeValue(copy as Record<string, unknown>, property, index, ready),
  )
}

// An empty list has no nodes to be known by: it is the last name of the path, on the one element before it.
function insertFirst(resource: Resource, path: string, index: number, value: PatchValue): Resource {
  const split = /^(.+)\.([A-Za-z]+)$/s.exec(path)
  if (!split || index !== 0)
    throw new FhirError('unprocessable', 'the path selects no list that has such an index')
  const nodes = selectNodes(split[1]!, resource)
  const { repeats } = findPlace(single(nodes).type, split[2]!, value)
  if (!repeats) throw new FhirError('unprocessable', `${split[2]} does not repeat`)
  return add(resource, nodes, split[2]!, value)
}

function remove(resource: Resource, node: FhirPathNode): Resource {
  const { location } = located(node)
  const at = location.at(-1)
  if (at === undefined) throw new FhirError('unprocessable', 'a patch cannot delete the resource')
  if (typeof at === 'string')
    return editAt(resource, location.slice(0, -1), (copy) => {
      delete (copy as Record<string, unknown>)[at]
      delete (copy as Record<string, unknown>)[`_${at}`]
    })
  const property = location.at(-2) as string
  return editAt(resource, location.slice(0, -2), (copy) =>
    editLists(copy as Record<string, unknown>, property, (list) => list.splice(at, 1)),
  )
}

// The list and its companions change together; companions that say nothing are dropped.
function editLists(holder: Record<string, unknown>, property: string, edit: (list: unknown[]) => void): void {
  for (const name of [property, `_${property}`]) {
    const list = holder[name]
    if (!Array.isArray(list)) continue
    const copy = [...list]
    edit(copy)
    if (copy.length === 0 || (name !== property && copy.every((item) => item === null))) delete holder[name]
    else holder[name] = copy
  }
}

function replace(resource: Resource, node: FhirPathNode, value: PatchValue): Resource {
  const { location, parentType, name } = located(node)
  const at = location.at(-1)
  if (at === undefined || name === undefined)
    throw new FhirError('unprocessable', 'a patch cannot replace the resource')
  const { property, value: ready } = findPlace(parentType, name, value)
  if (typeof at === 'number')
    return editAt(resource, location.slice(0, -2), (copy) => {
      const holder = copy as Record<string, unknown>
      const list = location.at(-2) as string
      editLists(holder, list, (items) => items.splice(at, 1, null))
      placeValue(holder, list, { at }, ready)
    })
  return editAt(resource, location.slice(0, -1), (copy) => {
    const holder = copy as Record<string, unknown>
    delete holder[`_${at}`]
    if (property !== at) delete holder[at]
    placeValue(holder, property, undefined, ready)
  })
}

function move(
  resource: Resource,
  nodes: readonly FhirPathNode[],
  source: number,
  destination: number,
): Resource {
  if (nodes.length === 0) throw new FhirError('unprocessable', 'the path selects no list')
  const { holder, property, length } = listOf(resource, nodes)
  if (source >= length || destination >= length)
    throw new FhirError(
      'unprocessable',
      `source and destination must be below ${length}, the length of the list`,
    )
  return editAt(resource, holder, (copy) =>
    editLists(copy as Record<string, unknown>, property, (list) =>
      list.splice(destination, 0, ...list.splice(source, 1)),
    ),
  )
}
