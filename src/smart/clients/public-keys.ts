// The keys a client registers inline: public ones of the two kinds that SMART asks for. https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html
import type { ClientMetadata } from '../client.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import { findJwkFault, isKeyFor, toPublicJwk } from '../jwk.ts'
import { ASSERTION_ALGORITHMS } from './assertion.ts'
import { invalid } from './members.ts'

const MAX_KEYS = 20

/**
 * Returns the key set with what is looked at, and no more. Throws OAuthError `invalid_client_metadata` unless each key
 *  1. is public and strong enough (`findJwkFault`);
 *  2. can check what an assertion may be signed with: RSA for RS384, or EC on P-384 for ES384;
 *  3. has a `kid` that no other key of its kind has: an assertion must lead to exactly one.
 */
export function readPublicKeys(value: unknown, member: string): NonNullable<ClientMetadata['jwks']> {
  const keys = isJsonObject(value) ? value['keys'] : undefined
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > MAX_KEYS || !keys.every(isJsonObject))
    throw invalid(member, `must be a JWK Set with 1 to ${MAX_KEYS} keys`)
  for (const key of keys) assertKey(key, member)
  const names = keys.map(({ kid, kty }) => JSON.stringify([kid, kty]))
  if (new Set(names).size < names.length) throw invalid(member, 'must not repeat a kid')
  return { keys: keys.map(toPublicJwk) }
}

function assertKey(key: JsonObject, member: string): void {
  const fault = findJwkFault(key)
  if (fault !== undefined) throw invalid(member, `cannot be used: ${fault}`)
  const { kid } = key
  if (typeof kid !== 'string' || kid === '' || kid.length > 256)
    throw invalid(member, 'must give each key a kid of at most 256 characters')
  if (!ASSERTION_ALGORITHMS.some((algorithm) => isKeyFor(key, algorithm)))
    throw invalid(member, 'must hold keys for signatures (use: sig) with RS384, or with ES384 on P-384')
}
