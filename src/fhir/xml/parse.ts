// FHIR's XML as JSON, read in one pass by the tables of the definitions; everything that XML could hide is refused. https://hl7.org/fhir/R4/xml.html
import type { Definitions } from '../definitions.ts'
import { FhirError, type Position } from '../outcome.ts'
import { toRawNumber } from '../primitives.ts'
import type { Resource } from '../resource.ts'
import type { PrimitiveName } from '../validate/forms.ts'
import { decodeText } from './decode.ts'
import { tableOf, type XmlElement, type XmlTable } from './table.ts'
import { decodeValue } from './value.ts'

type Row = Record<string, unknown>
type Path = readonly (string | number)[]

const FHIR = 'http://hl7.org/fhir'
const XHTML = 'http://www.w3.org/1999/xhtml'
const MAX_DEPTH = 256
const MAX_ATTRIBUTES = 100

// One document at a time, and nothing waits in between: the state of the reader is the module's.
let definitions: Definitions
let text = ''
let at = 0
let depth = 0
/** Prefix of the FHIR namespace, with its colon; empty for the default one. */
let prefix = ''
/** Where the elements began that somebody asks for, and those around them. */
let places: Map<string, number | undefined> | undefined
let trail: (string | number)[] = []

/**
 * Returns the resource that an XML document in UTF-8 or UTF-16 holds. Throws FhirError `invalid` for what is no XML, and
 * `structure` for elements and attributes that R4 does not have, each with line and column. Values that are not of their
 * type stay text, so that the validator says so.
 */
export function parseXml(input: Uint8Array | string, using: Definitions): Resource {
  begin(input, using)
  try {
    return readDocument()
  } finally {
    text = ''
    places = undefined
  }
}

/** Returns the position of the element at each path (of the nearest one around it, where it is not there); the document is one that `parseXml` reads. */
export function locateXml(
  input: Uint8Array | string,
  using: Definitions,
  paths: readonly Path[],
): readonly Position[] {
  begin(input, using)
  places = toPlaces(paths)
  trail = []
  try {
    readDocument()
    return paths.map((path) => positionAt(offsetOf(path)))
  } catch (error) {
    if (error instanceof FhirError) return paths.map(() => ({ line: 1, column: 1 }))
    throw error
  } finally {
    text = ''
    places = undefined
  }
}

function begin(input: Uint8Array | string, using: Definitions): void {
  definitions = using
  text = typeof input === 'string' ? input : decodeText(input)
  at = 0
  depth = 0
  prefix = ''
}

function toPlaces(paths: readonly Path[]): Map<string, undefined> {
  const around = paths.flatMap((path) => path.map((_, at) => path.slice(0, at + 1)))
  return new Map([[], ...around].map((path) => [keyOf(path), undefined]))
}

function offsetOf(path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const key = keyOf(path.slice(0, length))
    const offset = places?.get(key)
    if (offset !== undefined) return offset
  }
  return places?.get('') ?? 0
}

// Where a property and its companion stand is one element.
function keyOf(path: Path): string {
  return path
    .map((step) => (typeof step === 'string' && step.startsWith('_') ? step.slice(1) : step))
    .join('\u0001')
}

function mark(offset: number): void {
  const key = keyOf(trail)
  if (places?.has(key) && places.get(key) === undefined) places.set(key, offset)
}

function readDocument(): Resource {
  if (text.charCodeAt(0) === 0xfeff) at = 1
  skipDeclaration()
  skipBetween()
  const start = at
  const tag = readOpen()
  if (tag === undefined) throw refuse('a document begins with the element of a resource', at)
  const namespace = takeNamespace(tag, start)
  if (namespace !== FHIR) throw refuse(`the root must be in the namespace ${FHIR}`, start, 'structure')
  mark(start)
  const resource = readResource(tag, start)
  skipBetween()
  if (at < text.length) throw refuse('nothing may follow the resource', at)
  return resource
}

const DECLARATION =
  /<\?xml\s+version\s*=\s*["']1\.[01]["'](?:\s+encoding\s*=\s*["']([A-Za-z0-9._-]+)["'])?(?:\s+standalone\s*=\s*["'](?:yes|no)["'])?\s*\?>/y

function skipDeclaration(): void {
  if (!text.startsWith('<?xml', at)) return
  DECLARATION.lastIndex = at
  const match = DECLARATION.exec(text)
  if (!match) throw refuse('the XML declaration cannot be read', at)
  if (match[1] !== undefined && !/^utf-?(8|16)$/i.test(match[1]))
    throw refuse(`the encoding ${shorten(match[1])} is not read here: UTF-8 is`, at)
  at = DECLARATION.lastIndex
}

interface Tag {
  /** Without the prefix of FHIR's namespace. */
  name: string
  attributes: Map<string, string> | undefined
  /** The commonest attribute, kept apart from the others. */
  value: string | undefined
  isEmpty: boolean
}

// Comments and white space; anything else between elements is refused.
function skipBetween(): void {
  for (;;) {
    let code = text.charCodeAt(at)
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = text.charCodeAt(++at)
    if (code !== 0x3c || text.charCodeAt(at + 1) !== 0x21) return
    skipComment()
  }
}

function skipComment(): void {
  if (!text.startsWith('<!--', at)) throw refuse('document types, entities and CDATA are not allowed', at)
  const end = text.indexOf('--', at + 4)
  if (end < 0 || text.charCodeAt(end + 2) !== 0x3e) throw refuse('a comment does not end as it must', at)
  at = end + 3
}

const NAME = /[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?/y

function readName(): string {
  const start = at
  let code = text.charCodeAt(at)
  let hash = 0
  while ((code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || (code >= 0x30 && code <= 0x39)) {
    hash = (hash * 31 + code) | 0
    code = text.charCodeAt(++at)
  }
  if (at > start && (code === 0x20 || code === 0x2f || code === 0x3e || code === 0x3d))
    return intern(start, hash & 2047)
  NAME.lastIndex = start
  const name = NAME.exec(text)?.[0]
  if (name === undefined) throw refuse('a name is expected', start)
  at = NAME.lastIndex
  return name
}

// Names recur: a known string is found without slicing or hashing it again.
const names: string[] = new Array(2048).fill('')

function intern(start: number, slot: number): string {
  const known = names[slot]!
  if (known.length === at - start && text.startsWith(known, start)) return known
  const name = text.slice(start, at)
  // A slice holds on to the whole text; a property name is a string of its own.
  if (name.length > 64) return name
  const own = Object.keys({ [name]: 0 })[0]!
  names[slot] = own
  return own
}

// Returns the tag that opens at `at`, or undefined where a closing tag or none stands there.
function readOpen(): Tag | undefined {
  if (text.charCodeAt(at) !== 0x3c) {
    if (at >= text.length) throw refuse('the document ends too early', at)
    throw refuse('text may not stand between elements', at, 'structure')
  }
  const next = text.charCodeAt(at + 1)
  if (next === 0x2f) return undefined
  if (next === 0x3f) throw refuse('processing instructions are not allowed', at)
  at++
  const tag: Tag = { name: readName(), attributes: undefined, value: undefined, isEmpty: false }
  for (;;) {
    const space = at
    skipSpace()
    const code = text.charCodeAt(at)
    if (code === 0x3e) {
      at++
      return tag
    }
    if (code === 0x2f && text.charCodeAt(at + 1) === 0x3e) {
      at += 2
      tag.isEmpty = true
      return tag
    }
    if (at === space) throw refuse('a tag does not end as it must', at)
    readAttribute(tag)
  }
}

function skipSpace(): void {
  let code = text.charCodeAt(at)
  while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = text.charCodeAt(++at)
}

function readAttribute(tag: Tag): void {
  const start = at
  const name = readName()
  skipSpace()
  if (text.charCodeAt(at) !== 0x3d) throw refuse('an attribute has no "="', at)
  at++
  skipSpace()
  const quote = text.charCodeAt(at)
  if (quote !== 0x22 && quote !== 0x27) throw refuse('the value of an attribute must stand in quotes', at)
  const value = readValue(quote)
  if (name === 'value') {
    if (tag.value !== undefined) throw refuse('the attribute value stands twice', start)
    tag.value = value
    return
  }
  tag.attributes ??= new Map()
  if (tag.attributes.size >= MAX_ATTRIBUTES)
    throw refuse(`an element has more than ${MAX_ATTRIBUTES} attributes`, start, 'structure')
  if (tag.attributes.has(name)) throw refuse(`the attribute ${shorten(name)} stands twice`, start)
  tag.attributes.set(name, value)
}

function readValue(quote: number): string {
  const start = at + 1
  let end = start
  let isPlain = true
  for (let code = text.charCodeAt(end); code !== quote; code = text.charCodeAt(++end)) {
    if (end >= text.length) throw refuse('the value of an attribute has no closing quote', at)
    if (code === 0x26 || code === 0x3c || code < 0x20) isPlain = false
  }
  at = end + 1
  return isPlain ? text.slice(start, end) : decodeValue(text, start, end, refuse)
}

// Takes the declarations of namespaces from a tag; returns the namespace that its element is in.
function takeNamespace(tag: Tag, start: number): string | undefined {
  const colon = tag.name.indexOf(':')
  const own = colon < 0 ? 'xmlns' : `xmlns:${tag.name.slice(0, colon)}`
  const namespace = tag.attributes?.get(own)
  if (colon >= 0) {
    prefix = tag.name.slice(0, colon + 1)
    tag.name = tag.name.slice(colon + 1)
  }
  for (const [name, value] of tag.attributes ?? [])
    if (name.startsWith('xmlns:') && value === FHIR && name !== own)
      throw refuse('the FHIR namespace has two prefixes', start, 'structure')
  return namespace
}

/** What a document may say of itself and nobody needs. */
function isIgnored(name: string): boolean {
  return name === 'xmlns' || name.startsWith('xmlns:') || name === 'xsi:schemaLocation'
}

function enter(start: number): void {
  if (++depth > MAX_DEPTH)
    throw refuse(`elements are nested deeper than ${MAX_DEPTH} levels`, start, 'structure')
}

function readResource(tag: Tag, start: number): Resource {
  if (!definitions.isResourceType(tag.name))
    throw refuse(`R4 has no resource type ${shorten(tag.name)}`, start, 'structure')
  enter(start)
  if (tag.value !== undefined) throw refuse('a resource has no attribute value', start, 'structure')
  for (const name of tag.attributes?.keys() ?? [])
    if (!isIgnored(name)) throw unknownAttribute(name, tag.name, start)
  const row: Row = { resourceType: tag.name }
  readChildren(row, tag, tableOf(definitions, tag.name))
  depth--
  return row as Resource
}

function unknownAttribute(name: string, element: string, start: number): FhirError {
  return refuse(`the element ${shorten(element)} has no attribute ${shorten(name)}`, start, 'structure')
}

function readChildren(row: Row, parent: Tag, table: XmlTable): void {
  if (parent.isEmpty) return
  let order = -1
  for (;;) {
    skipBetween()
    const start = at
    const tag = readOpen()
    if (!tag) break
    const element = findElement(tag, table, parent.name, start)
    if (element.order < order)
      throw refuse(`the element ${element.name} stands behind one that must follow it`, start, 'structure')
    order = element.order
    readElement(row, element, tag, start)
  }
  readClose(parent)
}

function findElement(tag: Tag, table: XmlTable, parent: string, start: number): XmlElement {
  if (prefix !== '') stripPrefix(tag, start)
  const element = table.get(tag.name)
  if (!element && tag.name.includes(':'))
    throw refuse(`the element ${shorten(tag.name)} is not in FHIR's namespace`, start, 'structure')
  if (!element || element.isAttribute)
    throw refuse(`the element ${shorten(tag.name)} is not one of ${shorten(parent)}`, start, 'structure')
  const namespace = tag.attributes?.get('xmlns')
  if (namespace !== undefined && element.kind !== 'xhtml' && namespace !== FHIR)
    throw refuse(`the element ${element.name} is not in FHIR's namespace`, start, 'structure')
  return element
}

function stripPrefix(tag: Tag, start: number): void {
  if (tag.name.startsWith(prefix)) tag.name = tag.name.slice(prefix.length)
  else if (tag.name !== 'div')
    throw refuse(`the element ${shorten(tag.name)} is not in FHIR's namespace`, start, 'structure')
}

function readClose(tag: Tag): void {
  const start = at
  at += 2
  const name = readName()
  const own = prefix !== '' && name.startsWith(prefix) ? name.slice(prefix.length) : name
  if (text.charCodeAt(at) !== 0x3e) skipSpace()
  if (own !== tag.name || text.charCodeAt(at) !== 0x3e)
    throw refuse(`the closing tag is not that of ${shorten(tag.name)}`, start)
  at++
}

function readElement(row: Row, element: XmlElement, tag: Tag, start: number): void {
  const { name, companion, repeats, kind } = element
  const known = row[name]
  const position = repeats ? lengthOf(known, row[companion]) : 0
  if (!repeats && (known !== undefined || row[companion] !== undefined))
    throw refuse(`the element ${name} may not repeat`, start, 'structure')
  if (places) {
    trail.push(name)
    mark(start)
    if (repeats) trail.push(position)
    mark(start)
  }
  if (kind === 'primitive') readPrimitive(row, element, tag, { start, position })
  else {
    const value =
      kind === 'complex'
        ? readComplex(element, tag, start)
        : kind === 'xhtml'
          ? readXhtml(tag, start)
          : readWrapped(tag, start)
    if (!repeats) row[name] = value
    else if (known === undefined) row[name] = [value]
    else (known as unknown[]).push(value)
  }
  if (places) trail.length -= repeats ? 2 : 1
}

function lengthOf(value: unknown, companion: unknown): number {
  return Math.max(Array.isArray(value) ? value.length : 0, Array.isArray(companion) ? companion.length : 0)
}

interface Spot {
  readonly start: number
  readonly position: number
}

function readPrimitive(
  row: Row,
  { name, companion: own, primitive, repeats }: XmlElement,
  tag: Tag,
  { start, position }: Spot,
): void {
  const companion = tag.isEmpty && tag.attributes === undefined ? undefined : readCompanion(tag, start)
  const value = tag.value === undefined ? undefined : toValue(primitive!, tag.value)
  if (value === undefined && companion === undefined)
    throw refuse(`the element ${name} has neither a value nor an extension`, start, 'structure')
  if (!repeats) {
    if (value !== undefined) row[name] = value
    if (companion) row[own] = companion
    return
  }
  addItem(row, name, value ?? null, position)
  addItem(row, own, companion ?? null, position)
}

// Two lists of the same length, the one without anything in it left out.
function addItem(row: Row, key: string, item: unknown, position: number): void {
  const list = row[key] as unknown[] | undefined
  if (list) list.push(item)
  else if (item !== null) row[key] = [...Array<null>(position).fill(null), item]
}

function readCompanion(tag: Tag, start: number): Row | undefined {
  enter(start)
  const row: Row = {}
  takeId(row, tag, start, false)
  readChildren(row, tag, tableOf(definitions, 'Element'))
  depth--
  return Object.keys(row).length > 0 ? row : undefined
}

function takeId(row: Row, tag: Tag, start: number, isExtension: boolean): void {
  for (const [name, value] of tag.attributes ?? []) {
    if (name === 'id' || (name === 'url' && isExtension)) row[name] = value
    else if (!isIgnored(name)) throw unknownAttribute(name, tag.name, start)
  }
}

function readComplex({ name, node, children }: XmlElement, tag: Tag, start: number): Row {
  enter(start)
  if (tag.value !== undefined) throw refuse(`the element ${name} has no attribute value`, start, 'structure')
  const row: Row = {}
  takeId(row, tag, start, node === 'Extension')
  readChildren(row, tag, children!())
  depth--
  return row
}

// A resource stands in an element of its type, within the element that holds it.
function readWrapped(tag: Tag, start: number): Resource {
  for (const name of tag.attributes?.keys() ?? [])
    if (!isIgnored(name)) throw unknownAttribute(name, tag.name, start)
  if (tag.isEmpty) throw refuse(`the element ${tag.name} holds no resource`, start, 'structure')
  skipBetween()
  const inner = at
  const own = readOpen()
  if (!own) throw refuse(`the element ${tag.name} holds no resource`, inner, 'structure')
  if (prefix !== '' && own.name.startsWith(prefix)) own.name = own.name.slice(prefix.length)
  const resource = readResource(own, inner)
  skipBetween()
  if (text.charCodeAt(at + 1) !== 0x2f)
    throw refuse(`the element ${tag.name} holds more than one resource`, at, 'structure')
  readClose(tag)
  return resource
}

// Kept as it is written, from its opening to its closing tag.
function readXhtml(tag: Tag, start: number): string {
  if (tag.attributes?.get('xmlns') !== XHTML)
    throw refuse(`a narrative's div must be in the namespace ${XHTML}`, start, 'structure')
  if (tag.isEmpty) return text.slice(start, at)
  let open = 1
  while (open > 0) {
    const next = text.indexOf('<', at)
    if (next < 0) throw refuse('a narrative does not end', start)
    at = next
    if (text.startsWith('<!--', at)) skipComment()
    else if (text.charCodeAt(at + 1) === 0x21 || text.charCodeAt(at + 1) === 0x3f)
      throw refuse('a narrative holds a declaration, CDATA or an instruction', at)
    else open += stepOver()
  }
  return text.slice(start, at)
}

// Goes behind a tag; returns by how much the depth changes.
function stepOver(): number {
  const isClose = text.charCodeAt(at + 1) === 0x2f
  let quote = 0
  for (let end = at + 1; end < text.length; end++) {
    const code = text.charCodeAt(end)
    if (quote !== 0) quote = code === quote ? 0 : quote
    else if (code === 0x22 || code === 0x27) quote = code
    else if (code === 0x3e) {
      const isEmpty = text.charCodeAt(end - 1) === 0x2f
      at = end + 1
      return isClose ? -1 : isEmpty ? 0 : 1
    }
  }
  throw refuse('a tag does not end', at)
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const NUMERIC: ReadonlySet<string> = new Set(['decimal', 'integer', 'positiveInt', 'unsignedInt'])

function toValue(type: PrimitiveName, written: string): unknown {
  if (type === 'boolean') return written === 'true' ? true : written === 'false' ? false : written
  if (!NUMERIC.has(type) || written.length > 1024 || !NUMBER.test(written)) return written
  const value = Number(written)
  return String(value) === written ? value : toRawNumber(written)
}

function shorten(name: string): string {
  return name.length > 64 ? `${name.slice(0, 64)}…` : name
}

function positionAt(offset: number): Position {
  const before = text.slice(0, offset)
  const lastLine = before.lastIndexOf('\n')
  return { line: before.split('\n').length, column: offset - lastLine }
}

function refuse(what: string, where: number, code: 'invalid' | 'structure' = 'invalid'): FhirError {
  const { line, column } = positionAt(where)
  return new FhirError(code, `The XML text is refused: ${what} (line ${line}, column ${column})`)
}
