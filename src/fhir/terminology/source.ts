// A code system from its resource, in memory. https://hl7.org/fhir/R4/codesystem.html
import type {
  CodeSystemSource,
  Concept,
  ConceptProperty,
  ConceptSelection,
  Designation,
} from '../code-system.ts'
import type { Resource } from '../resource.ts'
import { createMatcher } from './filter.ts'
import { foldedTexts, holdsWords } from './words.ts'

type Row = Readonly<Record<string, unknown>>

interface Node extends Concept {
  /** Folded when a text is first looked for. */
  folded?: readonly string[]
}

/** Returns the source of a CodeSystem, which is known to be valid. */
export function createSource(resource: Resource): CodeSystemSource {
  const nodes = new Map<string, Node>()
  readConcepts(resource['concept'], undefined, nodes)
  const caseSensitive = resource['caseSensitive'] !== false
  const byFold = caseSensitive
    ? undefined
    : new Map([...nodes].map(([code, node]) => [code.toLowerCase(), node]))
  const children = toChildren(nodes)
  const all = [...nodes.values()]
  const find = (code: string) => nodes.get(code) ?? byFold?.get(code.toLowerCase())
  const closure = (code: string, direction: 'up' | 'down') => {
    const start = find(code)
    return start
      ? walk(start.code, (each) =>
          direction === 'up' ? (nodes.get(each)?.parents ?? []) : (children.get(each) ?? []),
        )
      : []
  }
  const passes = (selection: ConceptSelection) => toTest(selection, closure)
  return {
    url: String(resource['url']),
    ...text(resource, 'version'),
    ...text(resource, 'name'),
    ...text(resource, 'title'),
    caseSensitive,
    content: (resource['content'] as CodeSystemSource['content'] | undefined) ?? 'complete',
    count: all.length,
    isHierarchical: children.size > 0,
    properties: rows(resource['property']).map((row) => ({
      code: String(row['code']),
      type: String(row['type']),
      ...text(row, 'uri'),
    })),
    concept: async (code) => find(code),
    selects: async (selection, code) => {
      const node = find(code)
      return node !== undefined && passes(selection)(node)
    },
    select: async (selection, offset, count) => all.filter(passes(selection)).slice(offset, offset + count),
    total: async (selection) => (isWhole(selection) ? all.length : all.filter(passes(selection)).length),
    closure: async (code, direction, limit) => closure(code, direction).slice(0, limit + 1),
    subsumes: async (ancestor, code) => closure(code, 'up').includes(find(ancestor)?.code ?? ''),
  }
}

function isWhole({ filters, words, activeOnly }: ConceptSelection): boolean {
  return filters.length === 0 && (words === undefined || words.length === 0) && activeOnly !== true
}

function toTest(
  { filters, words = [], activeOnly }: ConceptSelection,
  closure: (code: string, direction: 'up' | 'down') => readonly string[],
): (node: Node) => boolean {
  const matchers = filters.map((filter) => createMatcher(filter, closure))
  return (node) => {
    if (activeOnly && node.inactive) return false
    if (!matchers.every((matches) => matches(node))) return false
    if (words.length === 0) return true
    node.folded ??= foldedTexts(node)
    return holdsWords(node.folded, words)
  }
}

function readConcepts(concepts: unknown, parent: string | undefined, into: Map<string, Node>): void {
  for (const row of rows(concepts)) {
    const code = String(row['code'])
    const properties = rows(row['property']).map(toProperty)
    const stated = properties.filter((each) => each.code === 'parent' || each.code === 'subsumedBy')
    const parents = [...(parent === undefined ? [] : [parent]), ...stated.map(({ value }) => String(value))]
    if (!into.has(code))
      into.set(code, {
        code,
        ...text(row, 'display'),
        ...text(row, 'definition'),
        designations: rows(row['designation']) as unknown as readonly Designation[],
        properties,
        parents: [...new Set(parents)],
        inactive: isInactive(properties),
        abstract: properties.some(
          (each) => (each.code === 'notSelectable' || each.code === 'abstract') && each.value === true,
        ),
      })
    readConcepts(row['concept'], code, into)
  }
}

function isInactive(properties: readonly ConceptProperty[]): boolean {
  return properties.some(
    ({ code, value }) =>
      (code === 'inactive' && value === true) ||
      (code === 'status' && ['retired', 'inactive', 'Deprecated', 'deprecated'].includes(String(value))),
  )
}

function toProperty(row: Row): ConceptProperty {
  const name = Object.keys(row).find((each) => each.startsWith('value')) ?? 'valueString'
  const type = name.slice('value'.length)
  const isCoding = type === 'Coding'
  return {
    code: String(row['code']),
    type: (isCoding ? type : type[0]!.toLowerCase() + type.slice(1)) as ConceptProperty['type'],
    value: row[name],
  }
}

// Children as their parents state them, and as parents state their children.
function toChildren(nodes: Map<string, Node>): ReadonlyMap<string, readonly string[]> {
  for (const [code, { properties }] of nodes)
    for (const { code: name, value } of properties) {
      const child = name === 'child' ? nodes.get(String(value)) : undefined
      if (child && !child.parents.includes(code))
        nodes.set(child.code, { ...child, parents: [...child.parents, code] })
    }
  const children = new Map<string, string[]>()
  for (const [code, { parents }] of nodes)
    for (const parent of parents)
      if (nodes.has(parent)) {
        const known = children.get(parent)
        if (known) known.push(code)
        else children.set(parent, [code])
      }
  return children
}

// A Set that grows while it is walked: each code is met once, cycles end.
function walk(start: string, next: (code: string) => readonly string[]): readonly string[] {
  const found = new Set([start])
  for (const code of found) for (const each of next(code)) found.add(each)
  return [...found]
}

function rows(value: unknown): readonly Row[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'object' && each !== null) : []
}

function text<Name extends string>(row: Row, name: Name): Readonly<Partial<Record<Name, string>>> {
  const value = row[name]
  return (typeof value === 'string' ? { [name]: value } : {}) as Readonly<Partial<Record<Name, string>>>
}
