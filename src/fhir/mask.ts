// Which elements of a resource are shown: `_summary` and `_elements`. https://hl7.org/fhir/R4/search.html#summary
import type { Definitions, ElementDefinition } from './definitions.ts'
import type { Coding, Resource } from './resource.ts'

/** `summary` of `count` shows no resources at all: it is answered before any is masked. */
export interface Mask {
  readonly summary?: 'true' | 'text' | 'data' | 'count' | 'false'
  /** Names of root elements; `value` stands for all of `value[x]`. */
  readonly elements?: readonly string[]
}

const SUBSETTED: Coding = {
  system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue',
  code: 'SUBSETTED',
  display: 'Resource encoded in summary mode',
}

const ALWAYS = new Set(['resourceType', 'id', 'meta', 'implicitRules'])

/** The elements that one mask keeps of one object, by property name; `true` keeps all of it, a table goes deeper. */
interface Kept extends Map<string, true | Kept> {}

/**
 * Returns the part of `resource` that `mask` shows, tagged SUBSETTED, or `resource` itself where the mask hides nothing by its
 * kind (none, `false`). Mandatory elements stay. `true`: summary elements and modifiers, in backbone elements too;
 * `text`: text, id, meta and mandatory ones; `data`: all but text; `elements`: those named, with modifiers and mandatory ones.
 */
export function applyMask(resource: Resource, mask: Mask, definitions: Definitions): Resource {
  if (mask.elements === undefined && (mask.summary === undefined || mask.summary === 'false')) return resource
  if (mask.elements === undefined && mask.summary === 'data') {
    const { text, _text, ...data } = resource
    return tag(data as unknown as Resource)
  }
  return tag(keep(resource, tableOf(resource.resourceType, mask, definitions)) as unknown as Resource)
}

/** True of a resource that carries the SUBSETTED tag: it is not whole, and must not be written back. */
export function isSubsetted(resource: Resource): boolean {
  const tags: unknown = resource.meta?.tag
  return (
    Array.isArray(tags) &&
    tags.some((tag) => tag?.system === SUBSETTED.system && tag?.code === SUBSETTED.code)
  )
}

function tag(resource: Resource): Resource {
  if (isSubsetted(resource)) return resource
  const { resourceType, id, meta, ...rest } = resource
  const tagged = { ...meta, tag: [...(meta?.tag ?? []), SUBSETTED] }
  return { resourceType, ...(id !== undefined && { id }), meta: tagged, ...rest }
}

function keep(value: object, kept: Kept): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const [name, child] of Object.entries(value)) {
    const below = kept.get(name.startsWith('_') ? name.slice(1) : name)
    if (below === undefined) continue
    const shown = below === true ? child : keepBelow(child, below)
    if (shown !== undefined) result[name] = shown
  }
  return result
}

// Undefined where nothing of it is left: FHIR has no empty objects and arrays.
function keepBelow(value: unknown, kept: Kept): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items = value.map((item) => keepBelow(item, kept)).filter((item) => item !== undefined)
    return items.length > 0 ? items : undefined
  }
  const shown = keep(value, kept)
  return Object.keys(shown).length > 0 ? shown : undefined
}

const tables = new WeakMap<Definitions, Map<string, Kept>>()

// Summaries recur, so their tables are kept; `_elements` is the caller's own and made each time.
function tableOf(type: string, mask: Mask, definitions: Definitions): Kept {
  if (mask.elements !== undefined) return buildTable(type, definitions, namedOrNeeded(new Set(mask.elements)))
  const known = tables.get(definitions) ?? new Map<string, Kept>()
  tables.set(definitions, known)
  const key = `${mask.summary} ${type}`
  const table = known.get(key) ?? buildTable(type, definitions, mask.summary === 'text' ? inText : inSummary)
  known.set(key, table)
  return table
}

type Rule = (element: ElementDefinition, name: string, isRoot: boolean) => boolean

const inSummary: Rule = (element) => element.isSummary || element.isModifier || element.min > 0
const inText: Rule = (element, name, isRoot) => !isRoot || name === 'text' || element.min > 0

function namedOrNeeded(names: ReadonlySet<string>): Rule {
  return (element, name, isRoot) => !isRoot || names.has(name) || element.min > 0 || element.isModifier
}

// Snapshot elements come parents first, so a parent's table stands before its children are asked for.
function buildTable(type: string, definitions: Definitions, rule: Rule): Kept {
  const root: Kept = new Map([...ALWAYS].map((name) => [name, true as const]))
  const open = new Map<string, Kept>([[type, root]])
  for (const element of definitions.elements(type)) {
    const at = element.path.lastIndexOf('.')
    const parent = open.get(element.path.slice(0, at))
    const name = element.path.slice(at + 1)
    if (at < 0 || !parent || (parent === root && ALWAYS.has(name))) continue
    const plain = name.replace('[x]', '')
    if (!rule(element, plain, parent === root)) continue
    const below: Kept = new Map()
    const nested = element.types.some((code) => code === 'BackboneElement' || code === 'Element')
    if (nested) open.set(element.path, below)
    for (const property of propertiesOf(plain, name, element)) parent.set(property, nested ? below : true)
  }
  return root
}

function propertiesOf(plain: string, name: string, element: ElementDefinition): readonly string[] {
  if (plain === name) return [name]
  return element.types.map((code) => plain + code.charAt(0).toUpperCase() + code.slice(1))
}
