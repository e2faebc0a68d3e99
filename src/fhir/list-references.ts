// Which of our own resources a stored document refers to, told from its text. https://hl7.org/fhir/R4/references.html#literal
import { type Ground, toEntryKey } from './prune/scope.ts'

/** Stands in whatever has entries; some references look so too, at the cost of a slower look. */
const HOLDER = '"resource":{'

/**
 * Returns the `Type/id`, each once, of our own personal resources (never a Patient) to which `document` refers by a literal
 * reference, or which an entry of it shows: at least all with which `prune` can be asked about. `document` is JSON as
 * `stringifyJson` writes it, without white space.
 */
export function listReferences(
  document: Uint8Array,
  isPersonal: (type: string) => boolean,
  baseUrl?: string,
): readonly string[] {
  const bytes = Buffer.from(document.buffer, document.byteOffset, document.byteLength)
  // A character for each byte: all that is looked for is ASCII.
  const text = bytes.toString('latin1')
  const keys = new Set<string>()
  const pattern = patternFor(baseUrl)
  pattern.lastIndex = 0
  for (let match = pattern.exec(text); match; match = pattern.exec(text))
    if (!keys.has(match[1]!) && isPersonal(match[2]!)) keys.add(match[1]!)
  if (text.includes(HOLDER)) {
    const ground = { isPersonal, ...(baseUrl !== undefined && { baseUrl }) }
    addEntries(JSON.parse(bytes.toString()), ground, keys)
  }
  return [...keys]
}

let known: { readonly baseUrl: string | undefined; readonly pattern: RegExp } | undefined

// Quotes in a string are escaped, so that its beginning, whole, only stands where a property does. A server has one base.
function patternFor(baseUrl: string | undefined): RegExp {
  if (known && known.baseUrl === baseUrl) return known.pattern
  const base = baseUrl === undefined ? '' : `(?:${baseUrl.replace(/[^\w]/g, '\\$&')}\\/)?`
  const own = '((?!Patient\\/)([A-Z][A-Za-z]{1,63})\\/[A-Za-z0-9\\-.]{1,64})'
  known = { baseUrl, pattern: new RegExp(`"reference":"${base}${own}(?:\\/_history\\/[^"#]*)?["#]`, 'g') }
  return known.pattern
}

function addEntries(value: object, ground: Omit<Ground, 'definitions'>, keys: Set<string>): void {
  if ('resource' in value) {
    const key = toEntryKey(ground, value as Record<string, unknown>)
    if (key !== undefined) keys.add(key)
  }
  for (const child of Object.values(value))
    if (typeof child === 'object' && child !== null) addEntries(child, ground, keys)
}
