// The only door to the JOSE library: what is signed and checked here, with which algorithms, is said by us. https://www.rfc-editor.org/rfc/rfc8725
import jose, { type JWK } from 'node-jose'
import { keepNewest } from './bounded.ts'
import type { JsonObject } from './json.ts'
import { ALGORITHMS, type Algorithm, findJwkFault, isKeyFor, toPublicJwk } from './jwk.ts'
import { type Jwt, JwtError, readJwt } from './jwt.ts'

/** A private RSA key as a JWK, with its `kid`: to be sealed, never to be shown. */
export type PrivateJwk = Readonly<Record<string, string>>

export interface Signer {
  /** Returns a compact JWS (RS256) of the claims, with `kid` and `typ: JWT` in its header. */
  sign(claims: JsonObject): Promise<string>
}

const RSA_BITS = 2048

/** Returns a new RSA key for RS256; its `kid` is its thumbprint (RFC 7638). */
export async function createSigningKey(): Promise<PrivateJwk> {
  const key = await jose.JWK.createKey('RSA', RSA_BITS, { alg: 'RS256', use: 'sig' })
  return key.toJSON(true) as PrivateJwk
}

/** Returns what signs with a key of `createSigningKey`. */
export async function openSigner(jwk: PrivateJwk): Promise<Signer> {
  const key = await jose.JWK.asKey({ ...jwk })
  const options = { format: 'compact', fields: { alg: 'RS256', typ: 'JWT' } } as const
  return {
    async sign(claims) {
      const signer = jose.JWS.createSign(options, key)
      return String(await signer.update(JSON.stringify(claims)).final())
    },
  }
}

/**
 * Returns header and payload of a compact JWS whose signature is right. In this order: its form; `alg` is one of `algorithms`;
 * no `crit`; `kid` is there; exactly one of `keys` has that `kid` and fits `alg`; that key is good enough; the signature.
 * Keys that the token itself names or brings are never looked at. Throws JwtError.
 */
export async function verifyJwt(
  text: string,
  keys: readonly JsonObject[],
  algorithms: readonly Algorithm[],
): Promise<Jwt> {
  const jwt = readJwt(text)
  const algorithm = toAlgorithm(jwt.header, algorithms)
  if (Object.hasOwn(jwt.header, 'crit')) throw new JwtError('malformed', 'The token has a crit header')
  const key = selectKey(jwt.header, keys, algorithm)
  try {
    const verifier = jose.JWS.createVerify(await importKey(key), {
      algorithms: [algorithm],
      allowEmbeddedKey: false,
    })
    await verifier.verify(text)
  } catch {
    throw new JwtError('signature', 'The signature is not right')
  }
  return jwt
}

/** Returns `alg` of a header where it is one of those that are accepted. Throws JwtError `algorithm`. */
export function toAlgorithm({ alg }: JsonObject, accepted: readonly Algorithm[]): Algorithm {
  const algorithm = accepted.find((each) => each === alg && Object.hasOwn(ALGORITHMS, each))
  if (algorithm === undefined) throw new JwtError('algorithm', `alg must be one of ${accepted.join(', ')}`)
  return algorithm
}

function selectKey(header: JsonObject, keys: readonly JsonObject[], algorithm: Algorithm): JsonObject {
  const { kid } = header
  if (typeof kid !== 'string' || kid === '') throw new JwtError('key', 'The token names no key (kid)')
  const [key, ...more] = keys.filter((each) => each['kid'] === kid && isKeyFor(each, algorithm))
  if (!key) throw new JwtError('key', 'No key has the kid of the token and fits its alg')
  if (more.length > 0) throw new JwtError('key', 'Several keys have the kid of the token')
  const fault = findJwkFault(key)
  if (fault !== undefined) throw new JwtError('key', `The key cannot be used: ${fault}`)
  return key
}

// The same key is imported once, from whatever row or answer it was read; the oldest make room.
const imported = new Map<string, Promise<JWK.Key>>()
const MAX_IMPORTED = 1_000

function importKey(jwk: JsonObject): Promise<JWK.Key> {
  const pub = toPublicJwk(jwk)
  const text = JSON.stringify(pub)
  const known = imported.get(text)
  if (known) return known
  const key = jose.JWK.asKey(pub)
  keepNewest(imported, text, key, MAX_IMPORTED)
  return key
}
