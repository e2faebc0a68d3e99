// The Prefer header. https://hl7.org/fhir/R4/http.html#ops
import { FhirError } from '../fhir/outcome.ts'
import type { Return } from '../interactions/interaction.ts'
import type { Handling } from '../interactions/params.ts'

export interface Preference {
  readonly return?: Return
  readonly handling: Handling
}

const NONE: Preference = { handling: 'strict' }

const RETURNS: Readonly<Record<string, Return>> = {
  minimal: 'minimal',
  representation: 'representation',
  operationoutcome: 'OperationOutcome',
}

/**
 * Returns what Prefer asks for; preferences that are not FHIR's are nothing to this server and are passed over (RFC 7240).
 * Throws FhirError `invalid` for a `return` or `handling` that FHIR does not have.
 */
export function parsePrefer(header: string | readonly string[] | undefined): Preference {
  if (header === undefined) return NONE
  let preference = NONE
  for (const part of String(header).split(/[,;]/)) {
    const [name = '', value = ''] = part.trim().toLowerCase().split('=', 2)
    preference = { ...preference, ...parseOne(name.trim(), value.trim().replaceAll('"', '')) }
  }
  return preference
}

function parseOne(name: string, value: string): Partial<Preference> {
  if (name === 'return') {
    const wanted = Object.hasOwn(RETURNS, value) ? RETURNS[value] : undefined
    if (wanted) return { return: wanted }
    throw new FhirError('invalid', 'Prefer: return must be minimal, representation or OperationOutcome')
  }
  if (name === 'handling') {
    if (value === 'strict' || value === 'lenient') return { handling: value }
    throw new FhirError('invalid', 'Prefer: handling must be strict or lenient')
  }
  return {}
}
