// A resource as XML: elements in the order of the definitions, digits and white space kept, XHTML as it is. https://hl7.org/fhir/R4/xml.html
import type { Definitions } from '../definitions.ts'
import { isRawNumber } from '../primitives.ts'
import type { Resource } from '../resource.ts'
import { elementsOf } from './shape.ts'
import { tableOf, type XmlElement, type XmlTable } from './table.ts'

type Row = Readonly<Record<string, unknown>>

const NAMESPACE = ' xmlns="http://hl7.org/fhir"'

// One document at a time, and nothing waits in between: what is written so far is the module's, and only ever grows at its end.
let definitions: Definitions
let out = ''
/** What stands before an element at the depth that is written; empty where it is not pretty. */
let indent = ''

/** Returns the XML text of a resource, with its declaration; a resource type that R4 does not have throws RangeError. */
export function stringifyXml(resource: Resource, using: Definitions, pretty = false): string {
  definitions = using
  indent = pretty ? '\n' : ''
  out = `<?xml version="1.0" encoding="UTF-8"?>${indent}`
  try {
    writeResource(resource, NAMESPACE)
    return out
  } finally {
    out = ''
  }
}

function writeResource(resource: Row, namespace: string): void {
  const type = String(resource['resourceType'])
  if (!definitions.isResourceType(type)) throw new RangeError(`R4 has no resource type ${type}`)
  out += `<${type}${namespace}`
  writeChildren(resource, tableOf(definitions, type), `</${type}>`)
}

// The rest of an element whose tag is open: what is in it and its end.
function writeChildren(row: Row, table: XmlTable, close: string): void {
  const opened = out
  const outer = indent
  out += '>'
  const empty = out.length
  if (outer !== '') indent += '  '
  const elements = elementsOf(row, table)
  for (let at = 0; at < elements.length; at++) writeProperty(row, elements[at]!)
  indent = outer
  if (out.length === empty) out = `${opened}/>`
  else out += outer === '' ? close : outer + close
}

function writeProperty(row: Row, element: XmlElement): void {
  const value = row[element.name]
  const companion = element.kind === 'primitive' ? row[element.companion] : undefined
  if (element.repeats) writeItems(element, value, companion)
  else if (value !== undefined || companion !== undefined) writeElement(element, value, companion)
}

function writeItems(element: XmlElement, value: unknown, companion: unknown): void {
  const values: readonly unknown[] = Array.isArray(value) ? value : value === undefined ? NONE : [value]
  const companions: readonly unknown[] = Array.isArray(companion) ? companion : NONE
  const length = Math.max(values.length, companions.length)
  for (let at = 0; at < length; at++)
    writeElement(element, values[at] ?? undefined, companions[at] ?? undefined)
}

const NONE: readonly unknown[] = []

function writeElement(element: XmlElement, value: unknown, companion: unknown): void {
  if (indent !== '') out += indent
  switch (element.kind) {
    case 'primitive':
      if (companion === undefined && value !== undefined)
        out += element.openValue + (typeof value === 'string' ? escapeText(value) : toText(value)) + '"/>'
      else writeAccompanied(element, value, companion)
      return
    case 'complex':
      writeComplex(element, value)
      return
    case 'xhtml':
      out += String(value)
      return
    case 'resource':
      writeWrapped(element, value)
  }
}

function writeWrapped({ open, close }: XmlElement, value: unknown): void {
  const outer = indent
  out += `${open}>`
  if (outer !== '') out += indent += '  '
  writeResource(value as Row, '')
  indent = outer
  out += outer + close
}

function writeAccompanied({ open, close }: XmlElement, value: unknown, companion: unknown): void {
  const row = typeof companion === 'object' && companion !== null ? (companion as Row) : undefined
  out += open + (row ? toId(row) : '') + (value === undefined ? '' : ` value="${escapeText(toText(value))}"`)
  if (row) writeChildren(row, tableOf(definitions, 'Element'), close)
  else out += '/>'
}

function toId({ id }: Row): string {
  return id === undefined ? '' : ` id="${escapeText(String(id))}"`
}

function writeComplex({ open, close, node, children }: XmlElement, value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  const row = value as Row
  out += open
  if (row['id'] !== undefined) out += toId(row)
  if (node === 'Extension' && row['url'] !== undefined) out += ` url="${escapeText(String(row['url']))}"`
  writeChildren(row, children!(), close)
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
