// Which keys are good enough to check a signature with. https://www.rfc-editor.org/rfc/rfc7517
import { isJsonObject, type JsonObject } from './json.ts'
import { decodeBase64url } from './jwt.ts'
import type { PublicJwk } from './keys/keys.ts'

/** What a key must be for each algorithm that is ever accepted: no `none`, nothing symmetric. https://www.rfc-editor.org/rfc/rfc7518#section-3.1 */
export const ALGORITHMS = {
  RS256: { kty: 'RSA' },
  RS384: { kty: 'RSA' },
  ES256: { kty: 'EC', crv: 'P-256' },
  ES384: { kty: 'EC', crv: 'P-384' },
} as const

export type Algorithm = keyof typeof ALGORITHMS

/** Bytes of one coordinate. */
const CURVES: Readonly<Record<string, number>> = { 'P-256': 32, 'P-384': 48 }

const MIN_RSA_BITS = 2048
/** A larger one costs more to use than any client needs. */
const MAX_RSA_BITS = 8192
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/**
 * Returns why a JWK cannot be a client's public key, or undefined where it can: RSA of 2048 bits at least, or EC on P-256 or
 * P-384; no private or symmetric material.
 */
export function findJwkFault(jwk: unknown): string | undefined {
  if (!isJsonObject(jwk)) return 'a key is not an object'
  if (PRIVATE.some((name) => Object.hasOwn(jwk, name))) return 'a key holds private or symmetric material'
  if (jwk['kid'] !== undefined && typeof jwk['kid'] !== 'string') return 'kid is not a string'
  if (jwk['kty'] === 'RSA') return findRsaFault(jwk)
  if (jwk['kty'] === 'EC') return findEcFault(jwk)
  return 'kty is neither RSA nor EC'
}

/** Returns what is public of a JWK and needed to use it: whatever else it says is left out. */
export function toPublicJwk(jwk: JsonObject): PublicJwk {
  const names = jwk['kty'] === 'RSA' ? ['kty', 'n', 'e'] : ['kty', 'crv', 'x', 'y']
  const given = [...names, 'kid', 'alg', 'use'].filter((name) => typeof jwk[name] === 'string')
  return Object.fromEntries(given.map((name) => [name, String(jwk[name])]))
}

/** True where a key may check a signature of that algorithm: `kty`, `crv`, `alg` and `use` must not say otherwise. */
export function isKeyFor(jwk: JsonObject, algorithm: Algorithm): boolean {
  const wanted: { readonly kty: string; readonly crv?: string } = ALGORITHMS[algorithm]
  return (
    jwk['kty'] === wanted.kty &&
    (wanted.crv === undefined || jwk['crv'] === wanted.crv) &&
    (jwk['alg'] === undefined || jwk['alg'] === algorithm) &&
    (jwk['use'] === undefined || jwk['use'] === 'sig')
  )
}

function findRsaFault({ n, e }: JsonObject): string | undefined {
  const [modulus, exponent] = [toBytes(n), toBytes(e)]
  if (!modulus || !exponent || modulus.length * 8 > MAX_RSA_BITS)
    return 'n or e of an RSA key is not base64url'
  const bits = bitsOf(modulus)
  if (bits < MIN_RSA_BITS) return `an RSA key has less than ${MIN_RSA_BITS} bits`
  // An exponent of 1 lets everybody sign.
  const isOdd = (exponent.at(-1)! & 1) === 1
  return bitsOf(exponent) >= 2 && exponent.length <= 8 && isOdd ? undefined : 'e of an RSA key is not usable'
}

function findEcFault({ crv, x, y }: JsonObject): string | undefined {
  const size = typeof crv === 'string' && Object.hasOwn(CURVES, crv) ? CURVES[crv] : undefined
  if (size === undefined) return 'crv of an EC key is neither P-256 nor P-384'
  return toBytes(x)?.length === size && toBytes(y)?.length === size ? undefined : 'x or y is not a coordinate'
}

function toBytes(value: unknown): Buffer | undefined {
  return typeof value === 'string' && value !== '' ? decodeBase64url(value) : undefined
}

function bitsOf(bytes: Buffer): number {
  const first = bytes.findIndex((byte) => byte !== 0)
  return first < 0 ? 0 : (bytes.length - first) * 8 - Math.clz32(bytes[first]!) + 24
}
