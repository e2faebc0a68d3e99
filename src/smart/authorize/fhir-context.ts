// What else is open in the EHR at a launch. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#fhircontext
import type { LaunchContext } from '../authorization.ts'
import { isJsonObject } from '../json.ts'
import { OAuthError } from '../oauth-error.ts'

/**
 * Returns `fhirContext` as it is sent. Throws `invalid_request` where it breaks a rule of SMART 2.2: each an object with a
 * relative `reference`, a `canonical` or an `identifier`; a `role` is an absolute URI or `launch`, and never empty; a Patient
 * or Encounter only with another role than `launch`.
 */
export function readFhirContext(text: string | undefined): Pick<LaunchContext, 'fhirContext'> {
  if (text === undefined) return {}
  const parsed = parse(text)
  if (!Array.isArray(parsed) || !parsed.every(isContext))
    throw new OAuthError('invalid_request', 'fhir_context must be a JSON array of context objects')
  return { fhirContext: parsed as readonly object[] }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const MEMBERS: ReadonlySet<string> = new Set(['reference', 'canonical', 'identifier', 'type', 'role'])

function isContext(value: unknown): boolean {
  if (!isJsonObject(value)) return false
  const { reference, canonical, identifier, role, type } = value
  if (!Object.keys(value).every((name) => MEMBERS.has(name))) return false
  if ([reference, canonical, identifier].filter((each) => each !== undefined).length !== 1) return false
  if (type !== undefined && !isType(type)) return false
  if (role !== undefined && !isRole(role)) return false
  if (canonical !== undefined) return typeof canonical === 'string' && URL.canParse(canonical)
  if (identifier !== undefined) return isJsonObject(identifier) && isShallow(identifier, IDENTIFIER_LEVELS)
  const [, of] =
    (typeof reference === 'string' && /^([A-Z][A-Za-z]+)\/[A-Za-z0-9.-]{1,64}$/.exec(reference)) || []
  if (of === undefined) return false
  return (of !== 'Patient' && of !== 'Encounter') || (role !== undefined && role !== 'launch')
}

/** More than an Identifier has; what is nested without end cannot be written down. */
const IDENTIFIER_LEVELS = 8

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((each) => isShallow(each, levels - 1))
}

function isType(type: unknown): boolean {
  return typeof type === 'string' && /^[A-Z][A-Za-z]+$/.test(type)
}

function isRole(role: unknown): boolean {
  return typeof role === 'string' && (role === 'launch' || (role !== '' && URL.canParse(role)))
}
