// What a third party has signed about an app: it overrides what the app says of itself. https://www.rfc-editor.org/rfc/rfc7591#section-2.3
import type { ClientKeys } from '../client-keys.ts'
import type { SmartContext } from '../context.ts'
import { FetchError } from '../fetch-json.ts'
import { type SoftwareIssuer, toIssuerKey } from '../issuers/issuer.ts'
import { ISSUERS } from '../issuers/login-issuer.ts'
import { verifySigned } from '../issuers/verify-signed.ts'
import type { JsonObject } from '../json.ts'
import { JwtError, peekIssuer } from '../jwt.ts'
import { OAuthError } from '../oauth-error.ts'

const MAX_CHARS = 64 * 1024
/** Of the JWT itself: they say nothing of the app. */
const REGISTERED = new Set(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'software_statement'])

/**
 * Returns the claims of a software statement about the app. Throws OAuthError `unapproved_software_statement` where its issuer
 * is not trusted for that, `invalid_software_statement` where it is no JWT or does not hold.
 */
export async function readSoftwareStatement(
  { app, clientKeys }: Pick<SmartContext, 'app' | 'clientKeys'>,
  statement: unknown,
): Promise<JsonObject> {
  if (typeof statement !== 'string' || statement.length > MAX_CHARS) throw invalid()
  const iss = peekIssuer(statement)
  if (iss === undefined) throw invalid()
  const key = toIssuerKey({ use: 'software-statement', issuer: iss })
  const issuer = (await app.store.records.get(ISSUERS, key))?.value as SoftwareIssuer | undefined
  if (!issuer)
    throw new OAuthError(
      'unapproved_software_statement',
      'The issuer of the software statement is not trusted by this server',
    )
  const claims = await verify(statement, issuer, clientKeys)
  if (claims['iss'] !== issuer.issuer || !isTimely(claims, Date.now() / 1000)) throw invalid()
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !REGISTERED.has(name)))
}

async function verify(statement: string, issuer: SoftwareIssuer, keys: ClientKeys): Promise<JsonObject> {
  try {
    return await verifySigned(keys, issuer, statement)
  } catch (error) {
    if (error instanceof JwtError || error instanceof FetchError) throw invalid()
    throw error
  }
}

// Statements are often made once for all instances of an app, so neither is asked for (RFC 7591 2.3).
function isTimely({ exp = Infinity, nbf = 0 }: JsonObject, now: number): boolean {
  return typeof exp === 'number' && exp > now && typeof nbf === 'number' && nbf <= now
}

function invalid(): OAuthError {
  return new OAuthError('invalid_software_statement', 'The software statement is no JWT that can be verified')
}
