// String parameters: prefix, `:exact`, `:contains`. https://hl7.org/fhir/R4/search.html#string

import { fold } from '../../fhir/fold.ts'
import { FhirError } from '../../fhir/outcome.ts'
import { shorten } from '../keys.ts'
import { unescapeValue } from '../parse-value.ts'
import { type Expr, equals, startsWith } from '../query.ts'

/**
 * Returns the condition on `param` that one value states (escapes still in it): begins with it, folded; with `exact`, is it
 * as written; with `contains`, holds it folded. Throws FhirError `invalid` where nothing of the value is left to compare,
 * since that would match everything.
 */
export function compileString(
  param: string,
  modifier: 'exact' | 'contains' | undefined,
  value: string,
): Expr {
  const text = unescapeValue(value)
  if (modifier === 'exact' && text !== '') return equals(`${param}:exact`, shorten(text.normalize('NFC')))
  const folded = fold(text)
  if (folded === '') throw new FhirError('invalid', `A value of the string parameter ${param} is empty`)
  return modifier === 'contains'
    ? { kind: 'match', param, contains: folded }
    : startsWith(param, shorten(folded))
}
