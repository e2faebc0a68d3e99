// Token parameters: a code in four spellings, `:text` and `:of-type`. https://hl7.org/fhir/R4/search.html#token

import { fold } from '../../fhir/fold.ts'
import { FhirError } from '../../fhir/outcome.ts'
import { foldCode, ofTypeKey, shorten, tokenKey, tokenPrefix } from '../keys.ts'
import { splitValue, unescapeValue } from '../parse-value.ts'
import { type Expr, equals, or, SEPARATOR, startsWith } from '../query.ts'

/**
 * Returns the condition on `param` that `code`, `system|code` or `|code` states (escapes still in it). Throws FhirError
 * `invalid` where it is empty or has more parts.
 */
export function compileToken(param: string, value: string, caseSensitive: ReadonlySet<string>): Expr {
  const parts = splitValue(value, '|').map(unescapeValue)
  if (parts.length > 2 || parts.every((part) => part === ''))
    throw new FhirError('invalid', `A value of the token parameter ${param} must be code or system|code`)
  if (parts.length === 1) return ofAnySystem(param, parts[0]!)
  const [system, code] = parts as [string, string]
  if (code === '') return { kind: 'match', param, endsWith: SEPARATOR + shorten(system) }
  if (system === '') return or(...spellings(code).map((each) => equals(param, tokenKey(undefined, each))))
  return equals(param, tokenKey(system, foldCode(caseSensitive, system, code)))
}

// Systems that mind the case keep the code as written; all others have it folded.
function ofAnySystem(param: string, code: string): Expr {
  return or(...spellings(code).map((each) => startsWith(param, tokenPrefix(each))))
}

/** Returns a code as written and folded: which of them is indexed depends on a system that is not known here. */
export function spellings(code: string): readonly string[] {
  return [...new Set([code, code.toLowerCase()])]
}

/** Returns the condition that a display or text of `param` begins with `value`, folded; throws FhirError `invalid` where empty. */
export function compileTokenText(param: string, value: string): Expr {
  const folded = fold(unescapeValue(value))
  if (folded === '') throw new FhirError('invalid', `A value of ${param}:text is empty`)
  return startsWith(`${param}:text`, shorten(folded))
}

/** Returns the condition that `system|code|value` states on an Identifier; throws FhirError `invalid` where a part lacks. */
export function compileOfType(param: string, value: string): Expr {
  const parts = splitValue(value, '|').map(unescapeValue)
  if (parts.length !== 3 || parts.includes(''))
    throw new FhirError('invalid', `A value of ${param}:of-type must be system|code|value`)
  const [system, code, text] = parts as [string, string, string]
  return equals(`${param}:of-type`, ofTypeKey(system, code, text))
}
