// FHIRPath on R4 resources, compiled once, never fetching anything. https://hl7.org/fhir/R4/fhirpath.html
import { type Compile, compile, type OptionVariants } from 'fhirpath'
import r4 from 'fhirpath/fhir-context/r4'
import { loadDefinitions } from './definitions.ts'
import { FhirError } from './outcome.ts'
import { isRawNumber, toNumber } from './primitives.ts'
import { referencedType } from './reference.ts'
import type { Reference, Resource } from './resource.ts'

/** One step from a resource to an element: a property name, or a place in an array. */
export type Step = string | number

/** An element that an expression selected: its value, and the way to it where it stands in the resource. */
export interface FhirPathNode {
  readonly value: unknown
  /** Empty for the resource itself; undefined for a value that was computed or lies in another resource. */
  readonly location: readonly Step[] | undefined
  /** Where the model describes its children: `Patient.contact`, `HumanName`. */
  readonly type: string | undefined
  /** The same of its parent, and its own name there (`value`, never `valueQuantity`); undefined for the resource itself. */
  readonly parentType: string | undefined
  readonly name: string | undefined
}

/** What the model says of one element; `choices` are the type suffixes of a `[x]`. */
export interface ModelElement {
  readonly type: string
  readonly repeats: boolean
  readonly choices: readonly string[] | undefined
}

/** Evaluates one compiled expression on a resource or element; throws FhirError `unprocessable` where it cannot. */
export type FhirPath = (value: unknown, variables?: Readonly<Record<string, unknown>>) => readonly unknown[]

// What fhirpath hands to functions and, with resolveInternalTypes off, gives back.
interface EngineNode {
  readonly data: unknown
  readonly parentResNode: EngineNode | null
  readonly path: string | null
  readonly propName: string | null
  readonly index: number | null
  readonly fhirNodeDataType: string | null
  readonly constructor: {
    makeResNode(
      context: unknown,
      data: unknown,
      parent: null,
      path: string,
      _data: null,
      type: string,
    ): unknown
  }
}

const MAX_COMPILED = 5000
const compiled = new Map<string, Compile<OptionVariants>>()

const OPTIONS = {
  traceFn: () => {},
  userInvocationTable: { resolve: { fn: resolve, arity: { 0: [] }, internalStructures: true } },
}

/**
 * Returns `expression` ready to run, with R4's types; `base` is the path of the elements it will be given (such as
 * `Observation.component`), none for resources. `as` filters by type as R4's search parameters mean it; `resolve()` gives what is
 * contained, else a stub that knows its type only. Numbers kept as text are no numbers to it: give it `plainNumbers`
 * of the resource where an expression may calculate. Throws FhirError `invalid` for an expression that is not FHIRPath.
 */
export function compileFhirPath(expression: string, base?: string): FhirPath {
  const run = compileOnce(expression, base)
  return (value, variables) => attempt(expression, () => run(value, variables) as unknown[])
}

/** Returns what `expression` selects in `resource`, each with its location; fails as `compileFhirPath`. */
export function selectNodes(expression: string, resource: Resource): readonly FhirPathNode[] {
  const run = compileOnce(expression)
  const options = { resolveInternalTypes: false }
  const root = plainNumbers(resource)
  const nodes = attempt(expression, () => run(root, {}, options) as unknown[])
  return nodes.map((node) => toNode(node, root))
}

/** Returns what R4 says of element `name` of `type` (`Patient`, `Patient.contact`, `HumanName`), or undefined. */
export function modelElement(type: string, name: string): ModelElement | undefined {
  const path = `${type}.${name}`
  const elsewhere = r4.pathsDefinedElsewhere[path]
  if (elsewhere !== undefined) return { type: elsewhere, repeats: doesRepeat(path), choices: undefined }
  const choices = r4.choiceTypePaths[path]
  const own = r4.path2Type[path]
  if (own === undefined && choices === undefined) {
    const parent = r4.type2Parent[type] ?? r4.type2Parent[r4.path2Type[type] ?? '']
    return parent === undefined ? undefined : modelElement(parent, name)
  }
  const anonymous = own === undefined || own === 'BackboneElement' || own === 'Element'
  return { type: anonymous ? path : own, repeats: r4.path2Repeating[path] === true, choices }
}

// The model says this of the element that is referred to, not of the one that refers to it (Consent.provision.provision).
function doesRepeat(path: string): boolean {
  const elements = loadDefinitions().elements(path.split('.', 1)[0]!)
  return elements.find((each) => each.path === path)?.max !== '1'
}

/** Returns `value` with every number a plain one, sharing what has none kept as text. */
export function plainNumbers<T>(value: T): T {
  return plain(value) as T
}

function compileOnce(expression: string, base?: string): Compile<OptionVariants> {
  const key = base === undefined ? expression : `${base} ${expression}`
  const known = compiled.get(key)
  if (known) return known
  if (compiled.size >= MAX_COMPILED) compiled.delete(compiled.keys().next().value!)
  const text = filterByType(expression)
  try {
    const made = compile(base === undefined ? text : { base, expression: text }, r4, OPTIONS)
    compiled.set(key, made)
    return made
  } catch {
    throw new FhirError('invalid', `Not a FHIRPath expression: ${expression}`)
  }
}

function attempt<T>(expression: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof FhirError) throw error
    throw new FhirError('unprocessable', `The FHIRPath expression cannot be evaluated: ${expression}`)
  }
}

const AS = /('(?:[^'\\]|\\.)*'|`[^`]*`)|\s+as\s+((?:FHIR\.|System\.)?[A-Za-z]\w*)|\.as\(/g

// `as` throws on more than one item, and R4's own expressions use it on elements that repeat.
function filterByType(expression: string): string {
  return expression.replace(AS, (whole, quoted?: string, type?: string) => {
    if (quoted !== undefined) return whole
    return type === undefined ? '.ofType(' : `.ofType(${type})`
  })
}

function resolve(this: unknown, nodes: readonly unknown[]): unknown[] {
  return nodes.flatMap((node) => {
    if (!isNode(node)) return []
    const reference = toReference(node.data)
    const target = reference?.reference?.startsWith('#')
      ? findContained(node, reference.reference)
      : stub(reference)
    const type = (target as Resource | undefined)?.resourceType
    return type === undefined ? [] : [node.constructor.makeResNode(this, target, null, type, null, type)]
  })
}

function toReference(data: unknown): Reference | undefined {
  if (typeof data === 'string') return { reference: data }
  return typeof data === 'object' && data !== null ? data : undefined
}

function stub(reference: Reference | undefined): Resource | undefined {
  const type = reference && referencedType(reference)
  return type === undefined ? undefined : { resourceType: type }
}

function findContained(node: EngineNode, fragment: string): unknown {
  let root = node
  while (root.parentResNode) root = root.parentResNode
  const { contained } = root.data as { contained?: readonly { id?: unknown }[] }
  return Array.isArray(contained) ? contained.find((resource) => `#${resource?.id}` === fragment) : undefined
}

function toNode(node: unknown, root: Resource): FhirPathNode {
  if (!isNode(node))
    return { value: node, location: undefined, type: undefined, parentType: undefined, name: undefined }
  return {
    value: node.data,
    location: locate(node, root),
    type: node.path ?? undefined,
    parentType: node.parentResNode?.path ?? undefined,
    name: node.parentResNode ? (node.propName ?? undefined) : undefined,
  }
}

function isNode(value: unknown): value is EngineNode {
  return typeof value === 'object' && value !== null && 'parentResNode' in value
}

// Undefined for what lies in no part of `root`: the stub of a resource elsewhere.
function locate(node: EngineNode, root: Resource): readonly Step[] | undefined {
  const parent = node.parentResNode
  if (!parent) return node.data === root ? [] : undefined
  const before = locate(parent, root)
  const name = node.propName
  if (!before || name === null) return undefined
  const isElement = typeof parent.data === 'object' && parent.data !== null
  const steps = isElement
    ? [...before, propertyOf(parent.data, name, node.fhirNodeDataType)]
    : [...companionOf(before), name]
  return node.index === null ? steps : [...steps, node.index]
}

// The engine calls a choice `value`; the property is `valueQuantity`, or `_valueCode` alone.
function propertyOf(parent: object, name: string, type: string | null): string {
  if (!type || Object.hasOwn(parent, name) || Object.hasOwn(parent, `_${name}`)) return name
  const choice = name + type.charAt(0).toUpperCase() + type.slice(1)
  return Object.hasOwn(parent, choice) || Object.hasOwn(parent, `_${choice}`) ? choice : name
}

/** Returns where `id` and `extension` of the primitive at `location` stand: `['name', 0, '_family']`, `['_given', 1]`. */
export function companionOf(location: readonly Step[]): readonly Step[] {
  const at = location.findLastIndex((step) => typeof step === 'string')
  return location.map((step, i) => (i === at ? `_${step}` : step))
}

function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (isRawNumber(value)) return toNumber(value)
  if (Array.isArray(value)) {
    const items = value.map(plain)
    return items.every((item, i) => item === value[i]) ? value : items
  }
  let copy: Record<string, unknown> | undefined
  for (const [name, child] of Object.entries(value)) {
    const changed = plain(child)
    if (changed === child) continue
    copy ??= { ...value } as Record<string, unknown>
    copy[name] = changed
  }
  return copy ?? value
}
