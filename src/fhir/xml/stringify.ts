// A resource as XML: elements in the order of the definitions, digits and white space kept, XHTML as it is. https://hl7.org/fhir/R4/xml.html
import type { Definitions } from '../definitions.ts'
import { isRawNumber } from '../primitives.ts'
import type { Resource } from '../resource.ts'
import { tableOf, type XmlElement, type XmlTable } from './table.ts'

type Row = Readonly<Record<string, unknown>>

const NAMESPACE = 'http://hl7.org/fhir'

interface Writing {
  readonly definitions: Definitions
  /** What stands before an element at each depth; empty where it is not pretty. */
  readonly indent: string
}

/** Returns the XML text of a resource, with its declaration; a resource type that R4 does not have throws RangeError. */
export function stringifyXml(resource: Resource, definitions: Definitions, pretty = false): string {
  const writing = { definitions, indent: pretty ? '\n' : '' }
  return `<?xml version="1.0" encoding="UTF-8"?>${writing.indent}${writeResource(writing, resource, true)}`
}

function writeResource(writing: Writing, resource: Row, isRoot: boolean): string {
  const type = String(resource['resourceType'])
  if (!writing.definitions.isResourceType(type)) throw new RangeError(`R4 has no resource type ${type}`)
  const head = isRoot ? `<${type} xmlns="${NAMESPACE}"` : `<${type}`
  const body = writeChildren(deeper(writing), resource, tableOf(writing.definitions, type))
  return body === '' ? `${head}/>` : `${head}>${body}${writing.indent}</${type}>`
}

function deeper(writing: Writing): Writing {
  return writing.indent === '' ? writing : { ...writing, indent: `${writing.indent}  ` }
}

// Nearly always elements stand in order and have no companions: then each is looked up once.
function writeChildren(writing: Writing, row: Row, table: XmlTable): string {
  let text = ''
  let order = -1
  for (const key in row) {
    const element = table.get(key)
    if (element === undefined) {
      if (key.charCodeAt(0) === 0x5f) return writeSorted(writing, row, table)
      continue
    }
    if (element.isAttribute) continue
    if (element.order < order) return writeSorted(writing, row, table)
    const value = row[key]
    if (value === undefined) continue
    order = element.order
    text += writeProperty(writing, element, value, undefined)
  }
  return text
}

// A companion alone stands for its element.
function byCompanion(row: Row, table: XmlTable, key: string): XmlElement | undefined {
  if (key.charCodeAt(0) !== 0x5f) return undefined
  const element = table.get(key.slice(1))
  return element && row[element.name] === undefined ? element : undefined
}

function writeSorted(writing: Writing, row: Row, table: XmlTable): string {
  const elements = Object.keys(row).flatMap((key) => {
    const element = table.get(key) ?? byCompanion(row, table, key)
    return element && row[key] !== undefined && !element.isAttribute ? [element] : []
  })
  const sorted = elements.sort((a, b) => a.order - b.order)
  return sorted
    .map((element) => writeProperty(writing, element, row[element.name], row[element.companion]))
    .join('')
}

function writeProperty(writing: Writing, element: XmlElement, value: unknown, companion: unknown): string {
  if (element.repeats) return writeItems(writing, element, value, companion)
  const text = writeElement(writing, element, value, companion)
  return writing.indent === '' ? text : writing.indent + text
}

function writeItems(writing: Writing, element: XmlElement, value: unknown, companion: unknown): string {
  const values: readonly unknown[] = Array.isArray(value) ? value : value === undefined ? [] : [value]
  const companions: readonly unknown[] = Array.isArray(companion) ? companion : NONE
  const length = Math.max(values.length, companions.length)
  let text = ''
  for (let at = 0; at < length; at++)
    text +=
      writing.indent + writeElement(writing, element, values[at] ?? undefined, companions[at] ?? undefined)
  return text
}

const NONE: readonly unknown[] = []

function writeElement(writing: Writing, element: XmlElement, value: unknown, companion: unknown): string {
  switch (element.kind) {
    case 'primitive':
      return companion === undefined && value !== undefined
        ? element.openValue + (typeof value === 'string' ? escapeText(value) : toText(value)) + '"/>'
        : writeAccompanied(writing, element, value, companion)
    case 'complex':
      return writeComplex(writing, element, value)
    case 'xhtml':
      return String(value)
    case 'resource':
      return writeWrapped(writing, element, value)
  }
}

function writeWrapped(writing: Writing, { open, close }: XmlElement, value: unknown): string {
  const inner = deeper(writing)
  return `${open}>${inner.indent}${writeResource(inner, value as Row, false)}${writing.indent}${close}`
}

function writeAccompanied(
  writing: Writing,
  { open, close }: XmlElement,
  value: unknown,
  companion: unknown,
): string {
  const shown = value === undefined ? '' : ` value="${escapeText(toText(value))}"`
  if (typeof companion !== 'object' || companion === null) return `${open}${shown}/>`
  const row = companion as Row
  const body = writeChildren(deeper(writing), row, tableOf(writing.definitions, 'Element'))
  return body === ''
    ? `${open}${toId(row)}${shown}/>`
    : `${open}${toId(row)}${shown}>${body}${writing.indent}${close}`
}

function toId({ id }: Row): string {
  return id === undefined ? '' : ` id="${escapeText(String(id))}"`
}

function writeComplex(writing: Writing, element: XmlElement, value: unknown): string {
  if (typeof value !== 'object' || value === null) return ''
  const row = value as Row
  const { open, close, node } = element
  const id = toId(row)
  const url =
    node === 'Extension' && row['url'] !== undefined ? ` url="${escapeText(String(row['url']))}"` : ''
  const body = writeChildren(deeper(writing), row, element.children!())
  return body === '' ? `${open}${id}${url}/>` : `${open}${id}${url}>${body}${writing.indent}${close}`
}

function toText(value: unknown): string {
  return isRawNumber(value) ? value.rawJSON : String(value)
}

const SPECIAL = /[&<>"\t\n\r]/
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
}

function escapeText(text: string): string {
  return SPECIAL.test(text) ? replaceSpecial(text) : text
}

function replaceSpecial(text: string): string {
  return text.replace(/[&<>"\t\n\r]/g, (each) => ESCAPES[each]!)
}
