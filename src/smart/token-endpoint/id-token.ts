// The id_token: who has logged in. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#scopes-for-requesting-identity-data
import { hash } from 'node:crypto'
import type { Authorization } from '../authorization.ts'
import type { SmartContext } from '../context.ts'

const LIFE_SECONDS = 3600

/** Returns a signed id_token where `openid` was granted, else undefined. `fhirUser` is an absolute URL below the FHIR base. */
export async function buildIdToken(
  { keys, urls }: SmartContext,
  authorization: Authorization,
  {
    token,
    nonce,
    now,
  }: { readonly token: string; readonly nonce?: string | undefined; readonly now: number },
): Promise<string | undefined> {
  if (!authorization.scope.split(' ').includes('openid')) return undefined
  const { client, authTime, amr } = authorization
  const seconds = Math.floor(now / 1000)
  return keys.sign({
    iss: urls.issuer,
    aud: client,
    iat: seconds,
    exp: seconds + LIFE_SECONDS,
    auth_time: authTime,
    amr,
    at_hash: toHalfHash(token),
    ...identityClaims(authorization),
    ...(nonce !== undefined && { nonce }),
  })
}

/** Returns `sub`, and by scope who it is in FHIR: of an id_token and of the UserInfo endpoint. */
export function identityClaims({
  account,
  scope,
  fhirUser,
}: Authorization): Readonly<Record<string, string>> {
  const scopes = scope.split(' ')
  const tellsUser = scopes.includes('fhirUser') || scopes.includes('profile')
  return {
    // The same person has another `sub` in every deployment, and the same one for all clients of this one.
    sub: account,
    ...(tellsUser && { fhirUser, profile: fhirUser }),
  }
}

// https://openid.net/specs/openid-connect-core-1_0.html#CodeIDToken
function toHalfHash(accessToken: string): string {
  return hash('sha256', accessToken, 'buffer').subarray(0, 16).toString('base64url')
}
