// The keys a client registers inline: public ones of the two kinds that SMART asks for. https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html
import type { ClientMetadata } from '../client.ts'
import { invalid } from './members.ts'

const MAX_KEYS = 20
const MODULUS_BITS = { least: 2_048, most: 8_192 } as const
const COORDINATE_BYTES = 48
/** Of a number: 8,192 bits are 1,366 characters. */
const MAX_CHARS = 1_400
const ALGORITHMS: Readonly<Record<string, string>> = { RSA: 'RS384', EC: 'ES384' }
// RFC 7518 6: what only the holder of a key knows.
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

const KEPT = ['kty', 'kid', 'use', 'alg', 'n', 'e', 'crv', 'x', 'y']

type Key = Readonly<Record<string, unknown>>

/**
 * Returns the key set. Throws OAuthError `invalid_client_metadata` unless each key
 *  1. holds nothing private;
 *  2. is RSA of at least 2,048 bits or EC on P-384, for signatures with RS384 or ES384;
 *  3. has a `kid` that no other key of its kind has: an assertion must lead to exactly one.
 */
export function readPublicKeys(value: unknown, member: string): NonNullable<ClientMetadata['jwks']> {
  const keys = isObject(value) ? value['keys'] : undefined
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > MAX_KEYS || !keys.every(isObject))
    throw invalid(member, `must be a JWK Set with 1 to ${MAX_KEYS} keys`)
  for (const key of keys) assertKey(key, member)
  const names = keys.map(({ kid, kty }) => JSON.stringify([kid, kty]))
  if (new Set(names).size < names.length) throw invalid(member, 'must not repeat a kid')
  return { keys: keys.map(withoutRest) }
}

// Certificates and what else may stand in a key is not looked at, so it is not kept.
function withoutRest(key: Key): Key {
  return Object.fromEntries(KEPT.filter((name) => key[name] !== undefined).map((name) => [name, key[name]]))
}

function assertKey(key: Key, member: string): void {
  if (PRIVATE.some((name) => Object.hasOwn(key, name)))
    throw invalid(member, 'must hold public keys alone: a private key that was sent is no longer secret')
  const { kty, kid, use, alg } = key
  if (typeof kid !== 'string' || kid === '' || kid.length > 256)
    throw invalid(member, 'must give each key a kid of at most 256 characters')
  if (!isStrongRsa(key) && !isP384(key))
    throw invalid(member, 'must hold RSA keys of 2,048 to 8,192 bits or EC keys on P-384')
  if (use !== undefined && use !== 'sig') throw invalid(member, 'must hold keys for signatures (use: sig)')
  if (alg !== undefined && alg !== ALGORITHMS[String(kty)])
    throw invalid(member, 'must hold keys for RS384 (RSA) or ES384 (EC)')
}

function isStrongRsa({ kty, n, e }: Key): boolean {
  const modulus = kty === 'RSA' ? toBytes(n) : undefined
  const exponent = toBytes(e)
  if (!modulus || !exponent || exponent.length > 8 || (exponent.at(-1)! & 1) === 0) return false
  // An exponent of 1 would make the signature the message itself.
  if (BigInt(`0x${exponent.toString('hex')}`) < 3n) return false
  const bits = BigInt(`0x${modulus.toString('hex')}`).toString(2).length
  return bits >= MODULUS_BITS.least && bits <= MODULUS_BITS.most
}

function isP384({ kty, crv, x, y }: Key): boolean {
  return kty === 'EC' && crv === 'P-384' && [x, y].every((each) => toBytes(each)?.length === COORDINATE_BYTES)
}

function toBytes(value: unknown): Buffer | undefined {
  return typeof value === 'string' && value.length <= MAX_CHARS && /^[A-Za-z0-9_-]+$/.test(value)
    ? Buffer.from(value, 'base64url')
    : undefined
}

function isObject(value: unknown): value is Key {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
