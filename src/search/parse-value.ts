// Search values as text: separators, escapes and prefixes. https://hl7.org/fhir/R4/search.html#escaping
import { FhirError } from '../fhir/outcome.ts'

/**
 * Returns the parts of `text` between unescaped `separator`s, escapes kept, so that a part can be split again by another
 * separator. Throws FhirError `invalid` where a backslash escapes nothing (only `\,` `\|` `\$` `\\` exist), naming
 * `param` where it is given.
 */
export function splitValue(text: string, separator: ',' | '|' | '$', param?: string): readonly string[] {
  const parts: string[] = []
  let from = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') assertEscape(text[++at], param)
    else if (text[at] === separator) {
      parts.push(text.slice(from, at))
      from = at + 1
    }
  }
  parts.push(text.slice(from))
  return parts
}

function assertEscape(character: string | undefined, param?: string): void {
  if (character !== undefined && '\\,|$'.includes(character)) return
  const value = param === undefined ? 'a search value' : `a value of ${param}`
  throw new FhirError('invalid', `A backslash in ${value} must stand before a comma, |, $ or \\`)
}

/** Returns `text` without its escapes. */
export function unescapeValue(text: string): string {
  return text.replace(/\\([\\,|$])/g, '$1')
}

export const PREFIXES = ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap'] as const

/** A comparator of numbers, dates and quantities. https://hl7.org/fhir/R4/search.html#prefix */
export type Prefix = (typeof PREFIXES)[number]

/** Returns the prefix (`eq` where none stands) and what follows it. What only looks like one stays in `rest`. */
export function splitPrefix(text: string): { readonly prefix: Prefix; readonly rest: string } {
  const prefix = PREFIXES.find((each) => text.startsWith(each))
  return prefix ? { prefix, rest: text.slice(2) } : { prefix: 'eq', rest: text }
}
