// Why a Backend Services client asks: the hl7-b2b extension of its assertion. https://hl7.org/fhir/us/udap-security/b2b.html
import { ACT_REASON } from '../../consent/purposes.ts'
import type { Client } from '../client.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import { OAuthError } from '../oauth-error.ts'
import { OWN_PURPOSES } from '../purpose.ts'
import type { SmartUrls } from '../urls.ts'

/** What stands before the code where a purpose is written with its system: the URL, or the OID that TEFCA uses. */
const SYSTEMS = [ACT_REASON, 'urn:oid:2.16.840.1.113883.5.8', '2.16.840.1.113883.5.8']

/**
 * Returns the purpose that the assertion states, or where it states none the first that the client is registered for.
 * Throws `invalid_grant` for one that it is not registered for, for several, and for another organisation than its own.
 */
export function readBusinessContext(
  client: Client,
  claims: JsonObject | undefined,
  urls: Pick<SmartUrls, 'base'>,
): string {
  const { extensions = {} } = claims ?? {}
  if (!isJsonObject(extensions)) throw invalid('extensions must be an object')
  const { 'hl7-b2b': given } = extensions
  const extension = isJsonObject(given) ? given : undefined
  const organization = extension?.['organization_id']
  if (organization !== undefined && !isOwn(client, organization, urls))
    throw invalid(
      `organization_id must be the organization that the client is registered for, as ${urls.base}/Organization/ID`,
    )
  const becoming = client.purposes.filter((each) => !OWN_PURPOSES.has(each) && each !== 'BTG')
  const purpose = extension === undefined ? becoming[0] : readPurpose(extension['purpose_of_use'])
  if (purpose === undefined || !becoming.includes(purpose))
    throw invalid('The client is not registered for this purpose of use')
  return purpose
}

function readPurpose(value: unknown): string {
  const values = Array.isArray(value) ? value : [value]
  const [first] = values
  if (values.length !== 1 || typeof first !== 'string')
    throw invalid('purpose_of_use must name exactly one purpose')
  const at = first.lastIndexOf('#')
  if (at >= 0 && !SYSTEMS.includes(first.slice(0, at)))
    throw invalid('purpose_of_use must be a code of v3-ActReason')
  return first.slice(at + 1)
}

function isOwn({ organization }: Client, given: unknown, { base }: Pick<SmartUrls, 'base'>): boolean {
  return organization !== undefined && (given === organization || given === `${base}/${organization}`)
}

function invalid(description: string): OAuthError {
  return new OAuthError('invalid_grant', description)
}
