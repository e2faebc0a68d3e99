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
const NAMESPACE = 'http://www.w3.org/1999/xhtml'

/** The end of a sentence in English, and a sentence in Japanese. */
export type Told = readonly [en: string, ja: string]

/**
 * Returns what is wrong with the XHTML of a narrative, or undefined. Refused: a div with nothing to see, any element that R4 does not list (scripts,
 * forms, frames, style sheets), event attributes, links that run, declarations and processing instructions, a root
 * other than `div` of XHTML, and tags that are not well formed. Nothing is ever cleaned away.
 */
export function findNarrativeFault(value: unknown): Told | undefined {
  if (typeof value !== 'string') return ['must be XHTML in a string', '文字列でなければなりません']
  const text = value.trim()
  if (!/^<div[\s>]/.test(text) || !text.endsWith('</div>'))
    return ['must begin with <div> and end with </div>', '<div> で始まり </div> で終わらなければなりません']
  const open: string[] = []
  let isEmpty = true
  for (let at = 0, behind = 0; at >= 0; at = text.indexOf('<', at)) {
    isEmpty &&=
      !hasText(text, behind, at) && !text.startsWith('<img', at) && !text.startsWith('<![CDATA[', at)
    const quiet = endOfQuiet(text, at)
    const end = quiet < 0 ? endOfTag(text, at) : quiet
    if (end < 0) return NO_TAG
    if (at > 0 && open.length === 0)
      return ['must be one div with everything in it', '全体を一つの div で囲んでください']
    const fault = quiet < 0 ? judgeTag(open, text.slice(at + 1, end - 1), at === 0) : undefined
    if (fault) return fault
    at = end
    behind = end
  }
  if (open.length > 0) return [`leaves <${open.at(-1)}> open`, `<${open.at(-1)}> が閉じられていません`]
  return isEmpty ? ['must hold some text or an image (txt-2)', '文字または画像が必要です (txt-2)'] : undefined
}

const NO_TAG: Told = [
  'holds a "<" that begins no allowed tag (declarations and instructions are none)',
  'タグの始まりでない "<" があります（宣言や処理命令は使用できません）',
]

// Anything that is not white space.
function hasText(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (text.charCodeAt(at) > 0x20) return true
  return false
}

// Tags are found by hand: a regular expression's stack would not hold a tag of megabytes (a picture in it).
// Returns where the comment or CDATA section at `at` ends; -1 where there is none.
function endOfQuiet(text: string, at: number): number {
  const close = text.startsWith('<!--', at) ? '-->' : text.startsWith('<![CDATA[', at) ? ']]>' : undefined
  const end = close === undefined ? -1 : text.indexOf(close, at + 4)
  return end < 0 ? -1 : end + 3
}

// Returns where the tag at `at` ends; -1 where it does not, or holds another "<".
function endOfTag(text: string, at: number): number {
  let quote = Number.NaN
  for (let end = at + 1; end < text.length; end++) {
    const code = text.charCodeAt(end)
    if (code === 0x3c) return -1
    if (code === quote) quote = Number.NaN
    else if (Number.isNaN(quote) && (code === 0x22 || code === 0x27)) quote = code
    else if (Number.isNaN(quote) && code === 0x3e) return end + 1
  }
  return -1
}

const MAX_DEPTH = 256
const NAME = /[A-Za-z_:][\w:.-]{0,63}/y

function nameAt(text: string, at: number): string {
  NAME.lastIndex = at
  return NAME.exec(text)?.[0] ?? ''
}

// `tag` is what stands between the angle brackets.
function judgeTag(open: string[], tag: string, isRoot: boolean): Told | undefined {
  if (tag.startsWith('/')) {
    const name = tag.slice(1).trimEnd()
    if (open.pop() === name) return undefined
    const shown = name.slice(0, 32)
    return [
      `closes <${shown}> where it is not the open element`,
      `</${shown}> に対応する開始タグがありません`,
    ]
  }
  const name = nameAt(tag, 0)
  const shown = name.slice(0, 32)
  if (!ELEMENTS.has(name))
    return [
      `holds the element <${shown}>, which a narrative may not have`,
      `使用できない要素 <${shown}> があります`,
    ]
  if (open.length === MAX_DEPTH)
    return [`nests elements deeper than ${MAX_DEPTH} levels`, `要素の入れ子は ${MAX_DEPTH} 段までです`]
  if (!tag.endsWith('/')) open.push(name)
  const attributes = tag.slice(name.length, tag.endsWith('/') ? -1 : undefined)
  if (isRoot && !attributes.includes(NAMESPACE))
    return [`must have xmlns="${NAMESPACE}" on its div`, `div に xmlns="${NAMESPACE}" が必要です`]
  return findAttributeFault(name, attributes)
}

function findAttributeFault(element: string, text: string): Told | undefined {
  let at = 0
  for (;;) {
    const start = skipSpace(text, at)
    if (start === text.length) return undefined
    const name = nameAt(text, start)
    const equals = skipSpace(text, start + name.length)
    const quote = skipSpace(text, equals + 1)
    const mark = text[quote] === '"' || text[quote] === "'" ? text[quote] : undefined
    const end = mark === undefined ? -1 : text.indexOf(mark, quote + 1)
    if (start === at || name === '' || text[equals] !== '=' || end < 0)
      return [
        `has an attribute of <${element}> that is not written name="value"`,
        `<${element}> の属性は 名前="値" の形で書いてください`,
      ]
    const fault = judgeAttribute(name.toLowerCase(), text.slice(quote + 1, end))
    if (fault) return fault
    at = end + 1
  }
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++
  return at
}

function judgeAttribute(name: string, value: string): Told | undefined {
  if (name.startsWith('on')) {
    const shown = name.slice(0, 32)
    return [`holds the event attribute "${shown}"`, `イベント属性 "${shown}" は使用できません`]
  }
  // A picture in a link may be large; only its beginning says what it is.
  const text = decode(value.length > MAX_STYLE ? value.trimStart().slice(0, MAX_STYLE) : value)
  if (name === 'style' && value.length > MAX_STYLE)
    return ['holds a style of more than 64 KiB', 'style 属性は 64 KiB までです']
  if (name === 'style') return findStyleFault(text)
  return LINKS.has(name) ? findLinkFault(text) : undefined
}

// A picture in a style is fetched like one of `img`, and may come from where that may.
function findStyleFault(style: string): Told | undefined {
  if (/expression\s*\(|@import|javascript|behaviou?r\s*:|-moz-binding|\\|\/\*/i.test(style))
    return ['holds a style that fetches or runs something', '外部の取得や実行を伴う style は使用できません']
  for (const [, target = ''] of style.matchAll(/url\s*\(\s*["']?([^"')]*)/gi)) {
    const fault = findLinkFault(target)
    if (fault) return fault
  }
  return undefined
}

function findLinkFault(target: string): Told | undefined {
  // Browsers skip white space and control characters in a scheme.
  const bare = target.replace(/[\s\p{Cc}]/gu, '').toLowerCase()
  const scheme = /^([a-z][a-z0-9+.-]*):/.exec(bare)?.[1]
  if (scheme === undefined || SCHEMES.has(scheme)) return undefined
  if (/^data:image\/(?:png|gif|jpeg|webp)[;,]/.test(bare)) return undefined
  const shown = scheme.slice(0, 32)
  return [`holds a link of the scheme "${shown}:"`, `スキーム "${shown}:" のリンクは使用できません`]
}

const MAX_STYLE = 65_536
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
