// Reference parameters: an id, `Type/id`, a URL, a canonical. https://hl7.org/fhir/R4/search.html#reference
import type { Definitions } from '../../fhir/definitions.ts'
import { FhirError } from '../../fhir/outcome.ts'
import { parseReference } from '../../fhir/reference.ts'
import { canonicalKeys, shorten } from '../keys.ts'
import { unescapeValue } from '../parse-value.ts'
import { type Expr, equals, NONE, or } from '../query.ts'

const ID = /^[A-Za-z0-9\-.]{1,64}$/

export interface ReferenceTargets {
  readonly definitions: Definitions
  readonly baseUrl: string
  /** Types the parameter may point at; a modifier or a narrowed parameter leaves one. */
  readonly types: readonly string[]
}

/**
 * Returns the condition that one value states on reference parameter `param`: an id is tried with every target type, our
 * own absolute URL equals the relative reference, a version is not looked at, a canonical may carry one. Throws FhirError
 * `invalid` for what is no reference.
 */
export function compileReference(param: string, value: string, targets: ReferenceTargets): Expr {
  const { definitions, baseUrl, types } = targets
  const text = unescapeValue(value)
  if (ID.test(text)) return or(...types.map((type) => equals(param, `${type}/${text}`)))
  const literal = parseReference(text, baseUrl)
  if (literal.kind === 'own') {
    if (!definitions.isResourceType(literal.type)) throw wrong(param)
    return types.includes(literal.type) ? equals(param, `${literal.type}/${literal.id}`) : NONE
  }
  if (literal.kind !== 'external' || !/^[A-Za-z][A-Za-z0-9+.-]*:/.test(text)) throw wrong(param)
  // As a literal URL, or as a canonical with its version where one is given.
  return or(equals(param, shorten(literal.uri)), equals(param, canonicalKeys(text).at(-1)!))
}

function wrong(param: string): FhirError {
  return new FhirError(
    'invalid',
    `A value of the reference parameter ${param} must be an id, Type/id or an absolute URL`,
  )
}
