// A small XML document as a tree, for patches that name its places. https://www.w3.org/TR/xml/
import { FhirError } from '../outcome.ts'
import { decodeCharacters, decodeValue } from './value.ts'

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
  /<\?xml[^?>]*\?>|<(\/?)(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*)((?:\s+[A-Za-z_][\w.:-]*\s*=\s*(?:"[^"<]*"|'[^'<]*')){0,100})\s*(\/?)>|([^<]+)/y
const ATTRIBUTE = /([A-Za-z_][\w.:-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')/g
const MAX_NODES = 200_000
const MAX_DEPTH = 256

/** Returns the root of a document; throws FhirError `invalid` for what is no plain XML (declarations of types and entities, CDATA and instructions are refused). */
export function parseTree(text: string): XmlNode {
  const top: XmlNode = { name: '', attributes: new Map(), children: [], text: '' }
  const open = [top]
  const spaces: Spaces[] = [new Map([['xml', 'http://www.w3.org/XML/1998/namespace']])]
  let nodes = 0
  for (let at = 0; at < text.length; ) {
    if (++nodes > MAX_NODES) throw new FhirError('too-costly', 'The XML text has too many parts')
    if (text.startsWith('<!--', at)) {
      at = endOfComment(text, at)
      continue
    }
    const parent = open.at(-1)!
    if (DIV_HOLDERS.has(parent.name) && isDiv(text, at)) {
      const raw = text.slice(at, endOfDiv(text, at))
      parent.children.push({ raw })
      at += raw.length
      continue
    }
    TOKEN.lastIndex = at
    const match = TOKEN.exec(text)
    if (!match) throw refuse(at)
    const [whole, close, prefix, name, attributes = '', empty, characters] = match
    at += whole.length
    if (characters !== undefined) parent.text += decodeCharacters(characters, refuseEntity)
    else if (close === '/') {
      if (open.length === 1 || open.pop()!.name !== name) throw refuse(at)
      spaces.pop()
    } else if (name !== undefined) {
      const node: XmlNode = { name, attributes: readAttributes(attributes), children: [], text: '' }
      const within = spacesOf(spaces.at(-1)!, node.attributes)
      assertSpace(within, prefix ?? '')
      parent.children.push(node)
      if (empty !== '/') {
        if (open.length > MAX_DEPTH) throw refuse(at)
        open.push(node)
        spaces.push(within)
      }
    }
  }
  const [root] = top.children
  if (open.length > 1 || top.children.length !== 1 || !root || 'raw' in root || top.text.trim() !== '')
    throw refuse(text.length)
  return root
}

function endOfComment(text: string, from: number): number {
  const end = text.indexOf('--', from + 4)
  if (end < 0 || text[end + 2] !== '>') throw refuse(from)
  return end + 3
}

/** Namespaces by prefix; the default one has none. */
type Spaces = ReadonlyMap<string, string>

/** FHIR's own, and the one in which some write the operations. */
const SPACES: ReadonlySet<string> = new Set(['', 'http://hl7.org/fhir', 'urn:ietf:params:xml:ns:patch-ops'])

function spacesOf(outer: Spaces, attributes: ReadonlyMap<string, string>): Spaces {
  const declared = [...attributes].filter(([name]) => name === 'xmlns' || name.startsWith('xmlns:'))
  if (declared.length === 0) return outer
  return new Map([...outer, ...declared.map(([name, value]) => [name.slice(6), value] as const)])
}

function assertSpace(spaces: Spaces, prefix: string): void {
  const space = spaces.get(prefix) ?? (prefix === '' ? '' : undefined)
  if (space === undefined)
    throw new FhirError(
      'invalid',
      `The XML text is refused: the prefix ${prefix.slice(0, 32)} is not declared`,
    )
  if (!SPACES.has(space))
    throw new FhirError(
      'invalid',
      `The XML text is refused: an element is of the namespace ${space.slice(0, 64)}, not FHIR's`,
    )
}

/** Where a narrative may stand: in its element, or as what an operation brings. */
const DIV_HOLDERS: ReadonlySet<string> = new Set(['text', 'add', 'replace'])

function isDiv(text: string, at: number): boolean {
  return text.startsWith('<div', at) && /[\s/>]/.test(text.charAt(at + 4))
}

const DIV_PART = /<!--|<!\[CDATA\[|<\/?div(?=[\s/>])/g

// Every search goes on where the last one ended, so that no text takes longer than its length.
function endOfDiv(text: string, from: number): number {
  let depth = 0
  for (let at = from; ; ) {
    DIV_PART.lastIndex = at
    const part = DIV_PART.exec(text)
    if (!part) return text.length
    const close = part[0] === '<!--' ? '-->' : part[0] === '<![CDATA[' ? ']]>' : '>'
    const end = text.indexOf(close, DIV_PART.lastIndex)
    if (end < 0) return text.length
    at = end + close.length
    if (close !== '>') continue
    if (part[0] === '</div') depth--
    else if (text[end - 1] !== '/') depth++
    if (depth === 0) return at
  }
}

function refuse(at: number): FhirError {
  return new FhirError(
    'invalid',
    `The XML text is refused: it is not well formed, or holds what is not allowed here (character ${at + 1})`,
  )
}

function readAttributes(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(ATTRIBUTE)].map(([, name = '', double, single]) => {
      const value = double ?? single ?? ''
      return [name, decodeValue(value, 0, value.length, refuseEntity)] as const
    }),
  )
}

function refuseEntity(what: string): FhirError {
  return new FhirError('invalid', `The XML text is refused: ${what}`)
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
