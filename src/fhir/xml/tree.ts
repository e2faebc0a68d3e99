// A small XML document as a tree, for patches that name its places. https://www.w3.org/TR/xml/
import { FhirError } from '../outcome.ts'

export interface XmlNode {
  /** Without a prefix. */
  readonly name: string
  readonly attributes: Map<string, string>
  readonly children: (XmlNode | RawXml)[]
  /** What stands between its tags where it has no children. */
  text: string
}

/** A narrative, which nothing looks into. */
export interface RawXml {
  readonly raw: string
}

const TOKEN =
  /<!--(?:[^-]|-(?!-))*-->|<\?xml[^?>]*\?>|<(\/?)(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)((?:\s+[A-Za-z_][\w.:-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y
const ATTRIBUTE = /([A-Za-z_][\w.:-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')/g
const MAX_NODES = 200_000

/** Returns the root of a document; throws FhirError `invalid` for what is no plain XML (declarations of types and entities, CDATA and instructions are refused). */
export function parseTree(text: string): XmlNode {
  const top: XmlNode = { name: '', attributes: new Map(), children: [], text: '' }
  const open = [top]
  let nodes = 0
  for (let at = 0; at < text.length; ) {
    if (++nodes > MAX_NODES) throw new FhirError('too-costly', 'The XML text has too many parts')
    const parent = open.at(-1)!
    if (text.startsWith('<div', at) && parent.name === 'text') {
      const end = text.indexOf('</text>', at)
      const raw = text.slice(at, end < 0 ? text.length : end)
      parent.children.push({ raw })
      at += raw.length
      continue
    }
    TOKEN.lastIndex = at
    const match = TOKEN.exec(text)
    if (!match) throw refuse(at)
    const [whole, close, name, attributes = '', empty, characters] = match
    at += whole.length
    if (characters !== undefined) parent.text += decode(characters)
    else if (close === '/') {
      if (open.length === 1 || open.pop()!.name !== name) throw refuse(at)
    } else if (name !== undefined) {
      const node: XmlNode = { name, attributes: readAttributes(attributes), children: [], text: '' }
      parent.children.push(node)
      if (empty !== '/') open.push(node)
    }
  }
  const [root] = top.children
  if (open.length > 1 || top.children.length !== 1 || !root || 'raw' in root || top.text.trim() !== '')
    throw refuse(text.length)
  return root
}

function refuse(at: number): FhirError {
  return new FhirError(
    'invalid',
    `The XML text is refused: it is not well formed, or holds what is not allowed here (character ${at + 1})`,
  )
}

function readAttributes(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(ATTRIBUTE)].map(
      ([, name = '', double, single]) => [name, decode(double ?? single ?? '')] as const,
    ),
  )
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function decode(text: string): string {
  return text.replace(
    /&(?:#x([0-9A-Fa-f]{1,6})|#(\d{1,7})|(\w+));/g,
    (whole, hex?: string, digits?: string, name?: string) => {
      if (name !== undefined) return Object.hasOwn(NAMED, name) ? NAMED[name]! : raise(whole)
      const code = hex === undefined ? Number(digits) : Number.parseInt(hex, 16)
      return code <= 0x10ffff ? String.fromCodePoint(code) : raise(whole)
    },
  )
}

function raise(entity: string): never {
  throw new FhirError('invalid', `The XML text is refused: the entity ${entity} is not one of XML's own`)
}

/** Returns the text of a node and all beneath it, in the FHIR namespace. */
export function writeTree(node: XmlNode, isRoot = true): string {
  const space = isRoot ? ' xmlns="http://hl7.org/fhir"' : ''
  const attributes = [...node.attributes]
    .filter(([name]) => !name.startsWith('xmlns'))
    .map(([name, value]) => ` ${name}="${encode(value)}"`)
    .join('')
  const body = node.children.map((child) => ('raw' in child ? child.raw : writeTree(child, false))).join('')
  return `<${node.name}${space}${attributes}>${body}</${node.name}>`
}

const CODES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
}

function encode(text: string): string {
  return text.replace(/[&<>"\t\n\r]/g, (each) => CODES[each]!)
}
