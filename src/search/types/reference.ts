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
  /** Types that an id alone is tried with; a modifier or a narrowed parameter leaves one. */
  readonly types: readonly string[]
  /** References to other types are not meant (a modifier, a narrowed parameter): R4's own data points beyond the types stated. */
  readonly only?: boolean
}

/**
 * Returns the condition that one value states on reference parameter `param`: an id is tried with every target type, our
 * own absolute URL equals the relative reference, a version is not looked at, a canonical may carry one. Throws FhirError
 * `invalid` for what is no reference.
 */
export function compileReference(param: string, value: string, targets: ReferenceTargets): Expr {
  const { definitions, baseUrl, types, only = false } = targets
  const text = unescapeValue(value)
  if (ID.test(text)) {
    // A relative canonical looks like an id.
    const canonical = only || types.length === 1 ? [] : [equals(param, text)]
    return or(...types.map((type) => equals(param, `${type}/${text}`)), ...canonical)
  }
  const literal = parseReference(text, baseUrl)
  if (literal.kind === 'own') {
    if (!definitions.isResourceType(literal.type)) throw wrong(param)
    return !only || types.includes(literal.type) ? equals(param, `${literal.type}/${literal.id}`) : NONE
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
