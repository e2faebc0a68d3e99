// What leads from one version of a resource to another, as a FHIRPath Patch. https://hl7.org/fhir/R4/fhirpatch.html
import type { Definitions } from './definitions.ts'
import { sameContent } from './document.ts'
import { FhirError } from './outcome.ts'
import { applyFhirPathPatch } from './patch/fhirpath-patch.ts'
import { isSame } from './profile/compare.ts'
import type { Resource } from './resource.ts'
import { tableOf, type XmlElement, type XmlTable } from './xml/table.ts'

type Row = Readonly<Record<string, unknown>>
type Part = Record<string, unknown>

/**
 * Returns the Parameters of a FHIRPath Patch that makes `to` of `from`, two resources of one type; their version and time are left
 * out. No operation where they say the same. Lists are compared place by place.
 */
export function buildDiff(definitions: Definitions, from: Resource, to: Resource): Resource {
  const [before, after] = [withoutVersion(from), withoutVersion(to)]
  const fine = toPatch(
    diffChildren(definitions, before, after, { path: from.resourceType, node: from.resourceType }),
  )
  if (leadsTo(before, fine, after)) return fine
  // What cannot be told element by element is told by whole elements of the resource.
  const coarse = toPatch(diffWhole(definitions, before, after))
  if (leadsTo(before, coarse, after)) return coarse
  throw new FhirError(
    'not-supported',
    'The difference between these versions cannot be written as a FHIRPath Patch',
  )
}

function withoutVersion({ meta, ...rest }: Resource): Resource {
  const { versionId, lastUpdated, ...kept } = meta ?? {}
  return (Object.keys(kept).length > 0 ? { ...rest, meta: kept } : rest) as Resource
}

function toPatch(operations: readonly (readonly Part[])[]): Resource {
  return {
    resourceType: 'Parameters',
    ...(operations.length > 0 && { parameter: operations.map((part) => ({ name: 'operation', part })) }),
  }
}

function leadsTo(from: Resource, patch: Resource, to: Resource): boolean {
  try {
    return sameContent(patch['parameter'] === undefined ? from : applyFhirPathPatch(from, patch), to)
  } catch (error) {
    if (error instanceof FhirError) return false
    throw error
  }
}

interface Place {
  readonly path: string
  /** Where the children are defined. */
  readonly node: string
}

// Those that are in either, by the order of the definitions.
function elementsOf(table: XmlTable, before: Row, after: Row): readonly XmlElement[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)].map((name) => name.replace(/^_/, '')))
  return [...table.values()].filter(({ name }) => names.has(name))
}

function diffChildren(definitions: Definitions, before: Row, after: Row, place: Place): Part[][] {
  const table = tableOf(definitions, place.node)
  const elements = elementsOf(table, before, after)
  // Of a choice what goes must go before what comes.
  const sorted = elements.toSorted(
    (a, b) => a.order - b.order || Number(isAbsent(after, b)) - Number(isAbsent(after, a)),
  )
  return sorted.flatMap((element) => diffElement(definitions, { element, before, after, place }))
}

function isAbsent(row: Row, { name, companion }: XmlElement): boolean {
  return row[name] === undefined && row[companion] === undefined
}

interface Pair {
  readonly element: XmlElement
  readonly before: Row
  readonly after: Row
  readonly place: Place
}

function diffElement(definitions: Definitions, pair: Pair): Part[][] {
  const { element, before, after, place } = pair
  const { name, companion, repeats } = element
  if (isSame(before[name], after[name]) && isSame(before[companion], after[companion])) return []
  const path = toPath(definitions, place, element)
  if (repeats) return diffList(definitions, pair, path)
  if (isAbsent(after, element)) return [remove(path)]
  if (isAbsent(before, element)) return [add(definitions, pair, after[name], after[companion])]
  if (element.kind === 'complex' && isRow(before[name]) && isRow(after[name]))
    return diffChildren(definitions, before[name], after[name], { path, node: element.node! })
  return [replace(definitions, element, path, after[name], after[companion])]
}

// `div` bare is an operator of FHIRPath.
function toPath(definitions: Definitions, place: Place, element: XmlElement): string {
  const name = toName(definitions, place.node, element)
  return `${place.path}.${name === 'div' ? '`div`' : name}`
}

// A choice is called by its name without the type.
function toName(definitions: Definitions, node: string, { name }: XmlElement): string {
  const elements = definitions.elements(node.split('.', 1)[0]!)
  const choice = elements.some(({ path }) => path === `${node}.${name}`)
    ? undefined
    : elements.find(
        ({ path }) =>
          path.endsWith('[x]') &&
          `${node}.${name}`.startsWith(path.slice(0, -3)) &&
          path.startsWith(`${node}.`),
      )
  const own = choice ? choice.path.slice(node.length + 1, -3) : name
  return own
}

function itemsOf(row: Row, { name, companion }: XmlElement): readonly (readonly [unknown, unknown])[] {
  const [values, others] = [row[name], row[companion]].map((each) => (Array.isArray(each) ? each : []))
  return Array.from(
    { length: Math.max(values!.length, others!.length) },
    (_, at) => [values![at] ?? undefined, others![at] ?? undefined] as const,
  )
}

function diffList(definitions: Definitions, pair: Pair, path: string): Part[][] {
  const { element, before, after } = pair
  const [old, now] = [itemsOf(before, element), itemsOf(after, element)]
  const changed = old.slice(0, now.length).flatMap(([value, companion], at) => {
    const [next, nextCompanion] = now[at]!
    const here = `${path}[${at}]`
    if (isSame(value, next) && isSame(companion, nextCompanion)) return []
    if (element.kind === 'complex' && isRow(value) && isRow(next))
      return diffChildren(definitions, value, next, { path: here, node: element.node! })
    return [replace(definitions, element, here, next, nextCompanion)]
  })
  // From behind, so that the places before stay what they are.
  const removed = old.slice(now.length).map((_, at) => remove(`${path}[${old.length - 1 - at}]`))
  const added = now.slice(old.length).map(([value, companion]) => add(definitions, pair, value, companion))
  return [...changed, ...removed, ...added]
}

function diffWhole(definitions: Definitions, before: Resource, after: Resource): Part[][] {
  const place = { path: before.resourceType, node: before.resourceType }
  const table = tableOf(definitions, before.resourceType)
  const elements = elementsOf(table, before, after).filter(
    ({ name, companion }) =>
      !(isSame(before[name], after[name]) && isSame(before[companion], after[companion])),
  )
  const removals = elements.flatMap((element) => {
    const path = toPath(definitions, place, element)
    const items = element.repeats ? itemsOf(before, element) : isAbsent(before, element) ? [] : [0]
    return items.map((_, at) => remove(element.repeats ? `${path}[${items.length - 1 - at}]` : path))
  })
  const additions = elements.flatMap((element) => {
    const pair = { element, before, after, place }
    const items = element.repeats
      ? itemsOf(after, element)
      : isAbsent(after, element)
        ? []
        : [[after[element.name], after[element.companion]]]
    return items.map(([value, companion]) => add(definitions, pair, value, companion))
  })
  return [...removals, ...additions]
}

function remove(path: string): Part[] {
  return [
    { name: 'type', valueCode: 'delete' },
    { name: 'path', valueString: path },
  ]
}

function add(definitions: Definitions, { element, place }: Pair, value: unknown, companion: unknown): Part[] {
  return [
    { name: 'type', valueCode: 'add' },
    { name: 'path', valueString: place.path },
    { name: 'name', valueString: toName(definitions, place.node, element) },
    toValue(definitions, 'value', element, value, companion),
  ]
}

function replace(
  definitions: Definitions,
  element: XmlElement,
  path: string,
  value: unknown,
  companion: unknown,
): Part[] {
  return [
    { name: 'type', valueCode: 'replace' },
    { name: 'path', valueString: path },
    toValue(definitions, 'value', element, value, companion),
  ]
}

// A datatype as value[x], a resource as it is, an element that is defined in place part by part.
function toValue(
  definitions: Definitions,
  name: string,
  element: XmlElement,
  value: unknown,
  companion: unknown,
): Part {
  switch (element.kind) {
    case 'resource':
      return { name, resource: value }
    case 'xhtml':
      return { name, valueString: value }
    case 'primitive': {
      const suffix = capital(element.primitive!)
      return {
        name,
        ...(value !== undefined && { [`value${suffix}`]: value }),
        ...(companion !== undefined && { [`_value${suffix}`]: companion }),
      }
    }
    case 'complex': {
      const node = element.node!
      if (!node.includes('.') && isOpen(definitions, node)) return { name, [`value${capital(node)}`]: value }
      return { name, part: toParts(definitions, node, value as Row) }
    }
  }
}

// What Parameters may carry as value[x].
function isOpen(definitions: Definitions, type: string): boolean {
  return tableOf(definitions, 'Parameters.parameter').has(`value${type}`)
}

function toParts(definitions: Definitions, node: string, row: Row): Part[] {
  return [...tableOf(definitions, node).values()].flatMap((element) => {
    if (isAbsent(row, element)) return []
    const name = toName(definitions, node, element)
    const items = element.repeats
      ? itemsOf(row, element)
      : [[row[element.name], row[element.companion]] as const]
    return items.map(([value, companion]) => toValue(definitions, name, element, value, companion))
  })
}

function capital(name: string): string {
  return name[0]!.toUpperCase() + name.slice(1)
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
