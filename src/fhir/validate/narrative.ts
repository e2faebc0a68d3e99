// What a narrative may hold: R4's elements and attributes, nothing that runs. https://hl7.org/fhir/R4/narrative.html

/** HTML 4.0 chapters 7 to 11 (without 9.4) and 15, `a` and `img`. */
const ELEMENTS = new Set(
  (
    'a abbr acronym address b big blockquote br caption center cite code col colgroup dd del dfn div dl dt em font h1 h2 h3 ' +
    'h4 h5 h6 hr i img ins kbd li map area ol p pre q s samp small span strike strong sub sup table tbody td tfoot th thead ' +
    'tr tt u ul var'
  ).split(' '),
)
/** What names a place. */
const LINKS = new Set(['href', 'src', 'cite', 'longdesc', 'usemap', 'background'])
const TAG =
  /<(\/?)([A-Za-z][\w:.-]*)((?:[^<>"']|"[^"<]*"|'[^'<]*')*)>|<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|</g
const ATTRIBUTE = /\s+([A-Za-z_:][\w:.-]*)\s*=\s*("[^"]*"|'[^']*')|\s*\/?$|[\s\S]/gy
const NAMESPACE = 'http://www.w3.org/1999/xhtml'

/**
 * Returns what is wrong with the XHTML of a narrative, as the end of a sentence, or undefined. Refused: any element that R4 does not list (scripts,
 * forms, frames, style sheets), event attributes, links that run, declarations and processing instructions, a root
 * other than `div` of XHTML, and tags that are not well formed. Nothing is ever cleaned away.
 */
export function findNarrativeFault(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'must be XHTML in a string'
  const text = value.trim()
  if (!/^<div[\s>]/.test(text) || !text.endsWith('</div>')) return 'must begin with <div> and end with </div>'
  TAG.lastIndex = 0
  const open: string[] = []
  for (let tag = TAG.exec(text); tag; tag = TAG.exec(text)) {
    const [whole, slash, name, attributes = ''] = tag
    if (name === undefined) {
      if (whole === '<')
        return 'holds a "<" that begins no allowed tag (declarations and instructions are none)'
      continue
    }
    if (tag.index > 0 && open.length === 0) return 'must be one div with everything in it'
    const fault = slash ? closeTag(open, name) : openTag(open, name, attributes, tag.index === 0)
    if (fault) return fault
  }
  return open.length > 0 ? `leaves <${open.at(-1)}> open` : undefined
}

function closeTag(open: string[], name: string): string | undefined {
  return open.pop() === name ? undefined : `closes <${name}> where it is not the open element`
}

function openTag(open: string[], name: string, attributes: string, isRoot: boolean): string | undefined {
  if (!ELEMENTS.has(name)) return `holds the element <${name.slice(0, 32)}>, which a narrative may not have`
  if (!attributes.endsWith('/')) open.push(name)
  if (isRoot && !attributes.includes(NAMESPACE)) return `must have xmlns="${NAMESPACE}" on its div`
  return attributes === '' ? undefined : findAttributeFault(name, attributes)
}

function findAttributeFault(element: string, attributes: string): string | undefined {
  ATTRIBUTE.lastIndex = 0
  for (let match = ATTRIBUTE.exec(attributes); match && match[0] !== ''; match = ATTRIBUTE.exec(attributes)) {
    const [whole, name, quoted] = match
    if (name === undefined || quoted === undefined) {
      if (/^\s*\/?$/.test(whole)) return undefined
      return `has an attribute of <${element}> that is not written name="value"`
    }
    const fault = judgeAttribute(name.toLowerCase(), quoted.slice(1, -1))
    if (fault) return fault
  }
  return undefined
}

function judgeAttribute(name: string, value: string): string | undefined {
  if (name.startsWith('on')) return `holds the event attribute "${name.slice(0, 32)}"`
  if (
    name === 'style' &&
    /expression\s*\(|url\s*\(|@import|javascript|behaviou?r\s*:|\\/i.test(decode(value))
  )
    return 'holds a style that fetches or runs something'
  if (!LINKS.has(name)) return undefined
  // Browsers skip white space and control characters in a scheme.
  const scheme = /^([a-z][a-z0-9+.-]*):/.exec(
    decode(value)
      .replace(/[\s\p{Cc}]/gu, '')
      .toLowerCase(),
  )?.[1]
  if (scheme === undefined || SCHEMES.has(scheme)) return undefined
  return scheme === 'data' && /^data:image\/(?:png|gif|jpeg|webp)[;,]/i.test(value.trim())
    ? undefined
    : `holds a link of the scheme "${scheme.slice(0, 32)}:"`
}

const SCHEMES = new Set(['http', 'https', 'mailto', 'tel', 'urn', 'cid', 'ftp'])

// Character references that could hide a scheme.
function decode(value: string): string {
  return value
    .replace(/&#x([0-9a-f]{1,6});?/gi, (_, hex: string) => toCharacter(Number.parseInt(hex, 16)))
    .replace(/&#(\d{1,7});?/g, (_, digits: string) => toCharacter(Number(digits)))
    .replace(/&(?:tab|newline);/gi, '')
    .replace(/&colon;/gi, ':')
    .replace(/&lpar;/gi, '(')
}

function toCharacter(code: number): string {
  return code <= 0x10ffff ? String.fromCodePoint(code) : ''
}
