// Changing one place of an immutable tree: what lies beside the way to it is shared. https://www.rfc-editor.org/rfc/rfc6901
import { FhirError } from '../outcome.ts'
import { isRawNumber } from '../primitives.ts'
import type { Resource } from '../resource.ts'

export type Container = Record<string, unknown> | unknown[]

/** A whole patch may not do more than this: what it copies is counted too, so that doubling cannot explode. */
export const MAX_OPERATIONS = 1000
const MAX_NODES = 1_000_000
const MAX_DEPTH = 128

/** True of an object or array, which a number kept as text is not. */
export function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null && !isRawNumber(value)
}

/** Returns the property or item of `container`, or undefined where it has none; never what it inherits. */
export function childOf(container: unknown, step: string | number): unknown {
  if (!isContainer(container) || !Object.hasOwn(container, step)) return undefined
  return (container as Record<string | number, unknown>)[step]
}

/** Returns what stands at `path` of `root`, or undefined. */
export function valueAt(root: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce(childOf, root)
}

/** Returns `root` with `edit` applied to a copy of the container at `path`, which must be one. */
export function editAt<T>(root: T, path: readonly (string | number)[], edit: (copy: Container) => void): T {
  if (!isContainer(root))
    throw new FhirError('unprocessable', 'The patch goes through something that has no parts')
  const copy = (Array.isArray(root) ? [...root] : { ...root }) as Record<string | number, unknown>
  const [step, ...rest] = path
  if (step === undefined) edit(copy)
  else copy[step] = editAt(copy[step], rest, edit)
  return copy as T
}

/** Returns how many values `value` holds; throws FhirError `too-costly` where it is too large or, at `depth`, too deep. */
export function measure(value: unknown, depth: number): number {
  if (depth > MAX_DEPTH) throw new FhirError('too-costly', `The patch nests deeper than ${MAX_DEPTH} levels`)
  if (!isContainer(value)) return 1
  let nodes = 1
  for (const child of Object.values(value)) {
    nodes += measure(child, depth + 1)
    if (nodes > MAX_NODES) throw new FhirError('too-costly', `The patch makes more than ${MAX_NODES} values`)
  }
  return nodes
}

/**
 * Throws FhirError `too-costly` where `count` operations, each of which may look at all of `root`, would look at more than `most`
 * values: the server does nothing else meanwhile.
 */
export function assertWork(count: number, root: unknown, most: number): void {
  const nodes = measure(root, 0)
  if (count * nodes > most)
    throw new FhirError(
      'too-costly',
      `The patch has ${count} operations; on a resource of this size (${nodes} values) it may have ${Math.floor(most / nodes)}`,
    )
}

/** Adds up what a patch makes; throws FhirError `too-costly` beyond the limit. */
export function countMade(made: number, value: unknown, depth: number): number {
  const total = made + measure(value, depth)
  if (total > MAX_NODES) throw new FhirError('too-costly', `The patch makes more than ${MAX_NODES} values`)
  return total
}

/**
 * Returns the outcome of a patch as a resource, without empty objects and arrays, which removing leaves and FHIR has not. Throws FhirError
 * `unprocessable` where resourceType, id, meta.versionId or meta.lastUpdated were changed: they are the server's.
 */
export function finishPatch(before: Resource, after: unknown): Resource {
  const resource = prune(after)
  if (!isContainer(resource) || Array.isArray(resource))
    throw new FhirError('unprocessable', 'The patch leaves no resource')
  for (const name of ['resourceType', 'id'])
    if (resource[name] !== before[name]) throw new FhirError('unprocessable', `A patch cannot change ${name}`)
  for (const name of ['versionId', 'lastUpdated']) {
    const now = valueAt(resource, ['meta', name])
    if (now !== undefined && now !== valueAt(before, ['meta', name]))
      throw new FhirError('unprocessable', `A patch cannot change meta.${name}`)
  }
  return resource as unknown as Resource
}

function prune(value: unknown): unknown {
  if (!isContainer(value)) return value
  if (Array.isArray(value)) {
    const items = value.map(prune)
    if (items.every((item, i) => item === value[i] && !isEmpty(item))) return value
    return items.filter((item) => !isEmpty(item))
  }
  const entries = Object.entries(value)
  const kept = entries
    .map(([name, child]) => [name, prune(child)] as const)
    .filter(([, child]) => !isEmpty(child))
  if (kept.length === entries.length && kept.every(([, child], i) => child === entries[i]![1])) return value
  return Object.fromEntries(kept)
}

function isEmpty(value: unknown): boolean {
  return isContainer(value) && Object.keys(value).length === 0
}
