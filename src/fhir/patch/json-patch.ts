// JSON Patch on the JSON form of a resource, `_name` companions included. https://www.rfc-editor.org/rfc/rfc6902
import { FhirError } from '../outcome.ts'
import { isNumber, sameNumber } from '../primitives.ts'
import type { Resource } from '../resource.ts'
import {
  type Container,
  childOf,
  countMade,
  editAt,
  finishPatch,
  isContainer,
  MAX_OPERATIONS,
} from './edit.ts'

interface Operation {
  readonly op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test'
  readonly path: readonly string[]
  readonly from: readonly string[]
  readonly value: unknown
}

const NAMES: ReadonlySet<unknown> = new Set(['add', 'remove', 'replace', 'move', 'copy', 'test'])

/**
 * Returns `resource` with every operation of `patch` (as parsed JSON) applied in order, or throws and changes nothing.
 * Throws FhirError `invalid` for what is no JSON Patch; `unprocessable` where an operation finds nothing, a test fails, or
 * resourceType, id, meta.versionId or meta.lastUpdated would change; `too-costly` for a patch that makes too much.
 */
export function applyJsonPatch(resource: Resource, patch: unknown): Resource {
  if (!Array.isArray(patch)) throw new FhirError('invalid', 'A JSON Patch is an array of operations')
  if (patch.length > MAX_OPERATIONS)
    throw new FhirError('too-costly', `A patch has at most ${MAX_OPERATIONS} operations`)
  const operations = patch.map(parseOperation)
  let result: unknown = resource
  let made = 0
  operations.forEach((operation, i) => {
    const { op, path, from } = operation
    try {
      const value = op === 'copy' || op === 'move' ? existing(result, from, 'from') : operation.value
      if (op === 'add' || op === 'replace' || op === 'copy' || op === 'move')
        made = countMade(made, value, path.length)
      result = apply(result, operation, value)
    } catch (error) {
      if (!(error instanceof FhirError)) throw error
      throw new FhirError(error.code, `Operation ${i + 1} (${op} ${toPointer(path)}): ${error.message}`)
    }
  })
  return finishPatch(resource, result)
}

function parseOperation(source: unknown, i: number): Operation {
  const malformed = (what: string) => new FhirError('invalid', `Operation ${i + 1} of the JSON Patch ${what}`)
  if (!isContainer(source) || Array.isArray(source)) throw malformed('is not an object')
  const { op, path, from, value } = source
  if (!NAMES.has(op)) throw malformed('has an unknown "op"')
  const needsFrom = op === 'move' || op === 'copy'
  const needsValue = op === 'add' || op === 'replace' || op === 'test'
  if (needsValue && !Object.hasOwn(source, 'value')) throw malformed('has no "value"')
  const at = parsePointer(path)
  const origin = needsFrom ? parsePointer(from) : []
  if (!at) throw malformed('has a "path" that is no JSON Pointer')
  if (!origin) throw malformed('has a "from" that is no JSON Pointer')
  return { op: op as Operation['op'], path: at, from: origin, value }
}

function parsePointer(text: unknown): readonly string[] | undefined {
  if (typeof text !== 'string' || !/^(?:\/(?:[^~/]|~[01])*)*$/.test(text)) return undefined
  return text
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function toPointer(path: readonly string[]): string {
  return path
    .map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')
    .slice(0, 200)
}

function apply(root: unknown, operation: Operation, value: unknown): unknown {
  const { op, path, from } = operation
  switch (op) {
    case 'add':
    case 'copy':
      return add(root, path, value)
    case 'remove':
      return remove(root, path)
    case 'replace':
      existing(root, path, 'path')
      return path.length === 0
        ? value
        : editAt(root, path.slice(0, -1), (parent) => put(parent, path.at(-1)!, value))
    case 'move':
      if (path.length > from.length && from.every((token, i) => token === path[i]))
        throw new FhirError('unprocessable', 'nothing can be moved into itself')
      return add(remove(root, from), path, value)
    case 'test':
      if (!equal(existing(root, path, 'path'), value)) throw new FhirError('unprocessable', 'the test failed')
      return root
  }
}

function existing(root: unknown, path: readonly string[], which: 'path' | 'from'): unknown {
  let value = root
  for (const token of path) {
    if (Array.isArray(value) && !isIndex(token))
      throw new FhirError('unprocessable', `"${which}" has no index where one is needed`)
    value = childOf(value, token)
  }
  if (value === undefined) throw new FhirError('unprocessable', `nothing stands at "${which}"`)
  return value
}

function add(root: unknown, path: readonly string[], value: unknown): unknown {
  if (path.length === 0) return value
  const parentPath = path.slice(0, -1)
  const parent = existing(root, parentPath, 'path')
  if (!isContainer(parent)) throw new FhirError('unprocessable', 'the parent has no parts')
  const last = path.at(-1)!
  if (!Array.isArray(parent)) return editAt(root, parentPath, (copy) => put(copy, last, value))
  const index = last === '-' ? parent.length : isIndex(last) ? Number(last) : -1
  if (index < 0 || index > parent.length)
    throw new FhirError('unprocessable', 'the index is outside the array')
  return editAt(root, parentPath, (copy) => (copy as unknown[]).splice(index, 0, value))
}

function remove(root: unknown, path: readonly string[]): unknown {
  existing(root, path, 'path')
  if (path.length === 0) return undefined
  const last = path.at(-1)!
  return editAt(root, path.slice(0, -1), (parent) => {
    if (Array.isArray(parent)) parent.splice(Number(last), 1)
    else delete parent[last]
  })
}

function put(parent: Container, name: string, value: unknown): void {
  if (Array.isArray(parent)) parent[Number(name)] = value
  else if (name in Object.prototype) throw new FhirError('unprocessable', 'the property name is not allowed')
  else parent[name] = value
}

function isIndex(token: string): boolean {
  return /^(?:0|[1-9]\d{0,8})$/.test(token)
}

// RFC 6902 section 4.6: numbers by value, arrays in order, objects in any.
function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (isNumber(a)) return isNumber(b) && sameNumber(a, b)
  if (!isContainer(a) || !isContainer(b) || Array.isArray(a) !== Array.isArray(b)) return false
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && equal(childOf(a, name), childOf(b, name)))
  )
}
