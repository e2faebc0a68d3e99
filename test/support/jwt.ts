// Keys and signed tokens of clients, made with Node's own cryptography: not with what the server checks them by.
import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'

export interface ClientKey {
  readonly jwk: Readonly<Record<string, string>>
  readonly privateKey: KeyObject
  readonly alg: 'RS384' | 'ES384' | 'RS256' | 'ES256'
}

/** Returns a key pair for one algorithm, its public JWK with that `kid`. */
export function createClientKey(alg: ClientKey['alg'], kid: string = randomUUID(), bits = 2048): ClientKey {
  const { publicKey, privateKey } = alg.startsWith('RS')
    ? generateKeyPairSync('rsa', { modulusLength: bits })
    : generateKeyPairSync('ec', { namedCurve: alg === 'ES384' ? 'P-384' : 'P-256' })
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid } as unknown as Record<string, string>
  return { jwk, privateKey, alg }
}

/** Returns a compact JWS; `header` replaces what the key says. */
export function signJwt(key: ClientKey, payload: unknown, header: object = {}): string {
  const input = [{ alg: key.alg, typ: 'JWT', kid: key.jwk['kid'], ...header }, payload]
    .map(encodePart)
    .join('.')
  const signature = sign(`sha${key.alg.slice(2)}`, Buffer.from(input), {
    key: key.privateKey,
    dsaEncoding: 'ieee-p1363',
  })
  return `${input}.${signature.toString('base64url')}`
}

/** Returns JSON as a part of a token. */
export function encodePart(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** Returns the form of a client assertion. */
export function toAssertionForm(assertion: string): Record<string, string> {
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  }
}

/** Returns a secret and what is kept of it. */
export function createSecret() {
  const secret = randomUUID() + randomUUID()
  return { secret, secretHash: createHash('sha256').update(secret).digest('hex') }
}
