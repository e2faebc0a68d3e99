// The joined keys of the index, shared by what writes entries and what searches them (src/README.md, "The index").
import { createHash } from 'node:crypto'
import { ordered } from './ordered.ts'
import { SEPARATOR } from './query.ts'

/** The most UTF-16 units of one part of a key; longer text is cut and its hash set behind. */
export const MAX_KEY = 512
/** Stands for what must never be mistaken for text or for the end of it. No FHIR string may hold it. */
const MARK = '\u0002'

/** UCUM, as Quantity.system names it. */
export const UCUM = 'http://unitsofmeasure.org'
/** ISO 4217, the system of Money.currency. */
export const CURRENCY = 'urn:iso:std:iso:4217'

/** Ends of an interval that has none, in the unit of its parameter: beyond every date and number that is searched. */
export const OPEN = 1e17

/** Added to the longitude of `near`, so that its entry is an interval: no latitude lies above it. */
export const EASTWARD = 360

/**
 * Returns `text` itself up to 512 UTF-16 units, else its first 512 and a hash of the whole: equal only where the texts are.
 * What a prefix search looks for must be shortened too: above the limit it then finds the whole text alone.
 */
export function shorten(text: string): string {
  if (text.length <= MAX_KEY) return text
  const end = isHighSurrogate(text.charCodeAt(MAX_KEY - 1)) ? MAX_KEY - 1 : MAX_KEY
  return text.slice(0, end) + MARK + createHash('sha256').update(text, 'utf16le').digest('hex')
}

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit < 0xdc00

/**
 * Returns the code as it is compared: lower case unless `caseSensitive` (`Definitions.caseSensitiveSystems`) or UCUM says
 * that case matters. https://hl7.org/fhir/R4/search.html#token
 */
export function foldCode(
  caseSensitive: ReadonlySet<string>,
  system: string | undefined,
  code: string,
): string {
  if (system !== undefined && (system === UCUM || caseSensitive.has(system))) return code
  return code.toLowerCase()
}

/** Returns `code␁system`, `code␁` for no system; the code must be folded already (`foldCode`). */
export function tokenKey(system: string | undefined, code: string): string {
  return `${shorten(code)}${SEPARATOR}${system === undefined ? '' : shorten(system)}`
}

/** Returns what every key of `code` begins with, whatever its system: `code␁`. */
export function tokenPrefix(code: string): string {
  return `${shorten(code)}${SEPARATOR}`
}

/** Returns the key of `identifier:of-type`: all three parts compared without case. */
export function ofTypeKey(system: string, code: string, value: string): string {
  return [code.toLowerCase(), system, value.toLowerCase()].map(shorten).join(SEPARATOR)
}

/** Returns the spellings of a canonical: `url`, and `url␁version` where it has one. A fragment is left out. */
export function canonicalKeys(text: string): readonly string[] {
  const hash = text.indexOf('#')
  const whole = hash < 0 ? text : text.slice(0, hash)
  const bar = whole.lastIndexOf('|')
  if (bar < 0) return [shorten(whole)]
  const url = shorten(whole.slice(0, bar))
  return bar === whole.length - 1 ? [url] : [url, `${url}${SEPARATOR}${shorten(whole.slice(bar + 1))}`]
}

/**
 * Returns what stands before `ordered(value)` in a key with a unit: `system␁code␁`, or `␁unit␁` for a code or unit of any
 * system. For UCUM the code and the value are canonical (`toCanonicalUnit`) where the unit has such a form.
 */
export function quantityPrefix(system: string, code: string): string {
  return `${shorten(system)}${SEPARATOR}${shorten(code)}${SEPARATOR}`
}

/** Returns the key of `value` in a unit; keys of one prefix sort as their values do. */
export function quantityKey(system: string, code: string, value: number): string {
  return quantityPrefix(system, code) + ordered(value)
}

/**
 * Returns what a composite's key begins with: `code␁␁` for a code of any system (undefined), `code␁system␁␁` for one of
 * `system`, and with a mark in its place for `''`, a code that states none. Each value has a row under the first and one under
 * its own of the other two. Behind it stands the second component: a token key, a reference, or `quantityPrefix(…)` and
 * `ordered(value)`, both parts of that prefix empty for a number alone. A third component has the same key with its own value
 * as `hi` of the row, where the second is `lo`.
 */
export function compositePrefix(system: string | undefined, code: string): string {
  if (system === undefined) return `${tokenPrefix(code)}${SEPARATOR}`
  return toJoined(tokenKey(system, code))
}

/** Returns the two prefixes under which the rows of a token (`tokenKey`) stand: of any system, and of its own. */
export function compositePrefixes(key: string): readonly [any: string, own: string] {
  return [`${key.slice(0, key.indexOf(SEPARATOR) + 1)}${SEPARATOR}`, toJoined(key)]
}

function toJoined(key: string): string {
  return `${key}${key.endsWith(SEPARATOR) ? MARK : ''}${SEPARATOR}${SEPARATOR}`
}
