// What an issuer has signed: by its own keys, with an algorithm it may use. https://www.rfc-editor.org/rfc/rfc8725
import type { ClientKeys } from '../client-keys.ts'
import { verifyJwt } from '../jose.ts'
import type { JsonObject } from '../json.ts'
import { JwtError, readJwt } from '../jwt.ts'
import { type BearerIssuer, type SoftwareIssuer, toIssuerKey } from './issuer.ts'

/**
 * Returns the claims of a token, once its signature is right; nothing else of them is checked. An address for keys that the
 * token names (`jku`) must be the one that is configured. Throws JwtError, and FetchError where the keys cannot be had.
 */
export async function verifySigned(
  keys: ClientKeys,
  issuer: BearerIssuer | SoftwareIssuer,
  token: string,
): Promise<JsonObject> {
  const { kid, jku } = readJwt(token).header
  if (typeof kid !== 'string') throw new JwtError('key', 'The token names no key (kid)')
  if (jku !== undefined && jku !== issuer.jwks_uri)
    throw new JwtError('key', 'jku is not the jwks_uri of the issuer')
  const found = await keys.find({ id: toIssuerKey(issuer), metadata: issuer }, kid)
  return (await verifyJwt(token, found, issuer.algs)).payload
}
