// URI parameters: equal, `:below`, `:above`. https://hl7.org/fhir/R4/search.html#uri
import { FhirError } from '../../fhir/outcome.ts'
import { shorten } from '../keys.ts'
import { unescapeValue } from '../parse-value.ts'
import { type Expr, equals, or, startsWith } from '../query.ts'

/**
 * Returns the condition on `param` that one value states (escapes still in it): equal; `below`, equal or a path beneath;
 * `above`, equal or a path over it. A `urn:` has no paths. Throws FhirError `invalid` where the value is empty.
 */
export function compileUri(param: string, modifier: 'above' | 'below' | undefined, value: string): Expr {
  const uri = unescapeValue(value)
  if (uri === '') throw new FhirError('invalid', `A value of the uri parameter ${param} is empty`)
  const same = equals(param, shorten(uri))
  if (modifier === undefined || uri.startsWith('urn:')) return same
  if (modifier === 'above') return or(same, ...toAncestors(uri).map((each) => equals(param, shorten(each))))
  return or(same, startsWith(param, uri.endsWith('/') ? uri : `${uri}/`))
}

// Each with and without the slash at its end: as written is as indexed.
function toAncestors(uri: string): readonly string[] {
  const ancestors: string[] = []
  const root = uri.indexOf('://') + 3
  for (let at = uri.lastIndexOf('/'); at >= root && root > 2; at = uri.lastIndexOf('/', at - 1))
    ancestors.push(uri.slice(0, at), uri.slice(0, at + 1))
  return ancestors.filter((each) => each !== uri)
}
