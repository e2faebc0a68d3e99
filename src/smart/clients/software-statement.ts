// What a third party has signed about an app: it overrides what the app says of itself. https://www.rfc-editor.org/rfc/rfc7591#section-2.3
import type { SmartContext } from '../context.ts'
import type { SoftwareIssuer } from '../issuers/issuer.ts'
import { ISSUERS } from '../issuers/login-issuer.ts'
import { OAuthError } from '../oauth-error.ts'

type Claims = Readonly<Record<string, unknown>>

/** Resolves to the claims of a JWT once its signature is right, by a key of the issuer; rejects otherwise. */
export type VerifyStatement = (
  context: Pick<SmartContext, 'app' | 'clientKeys'>,
  statement: string,
  issuer: SoftwareIssuer,
) => Promise<Claims>

const MAX_CHARS = 64 * 1024
/** Of the JWT itself: they say nothing of the app. */
const REGISTERED = new Set(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'software_statement'])

/**
 * Returns the claims of a software statement about the app. Throws OAuthError `unapproved_software_statement` where its issuer
 * is not trusted for that, `invalid_software_statement` where it is no JWT or does not hold.
 */
export async function readSoftwareStatement(
  context: Pick<SmartContext, 'app' | 'clientKeys'>,
  statement: unknown,
  verify: VerifyStatement,
): Promise<Claims> {
  if (typeof statement !== 'string' || statement.length > MAX_CHARS) throw invalid()
  const iss = peekIssuer(statement)
  const issuer = (await context.app.store.records.list(ISSUERS))
    .map(({ value }) => value as SoftwareIssuer)
    .find((each) => each.issuer === iss && each.use === 'software-statement')
  if (!issuer)
    throw new OAuthError(
      'unapproved_software_statement',
      'The issuer of the software statement is not trusted by this server',
    )
  const claims = await verify(context, statement, issuer).catch(() => {
    throw invalid()
  })
  if (claims['iss'] !== issuer.issuer || !isTimely(claims, Date.now() / 1000)) throw invalid()
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !REGISTERED.has(name)))
}

// Statements are often made once for all instances of an app, so neither is asked for (RFC 7591 2.3).
function isTimely({ exp = Infinity, nbf = 0 }: Claims, now: number): boolean {
  return typeof exp === 'number' && exp > now && typeof nbf === 'number' && nbf <= now
}

// Not believed: only used to find the keys that it must hold by.
function peekIssuer(statement: string): string {
  const [, payload = '', signature, ...rest] = statement.split('.')
  if (!signature || rest.length > 0) throw invalid()
  try {
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { iss?: unknown } | null
    if (typeof claims?.iss === 'string') return claims.iss
  } catch {
    // No JSON: refused below.
  }
  throw invalid()
}

function invalid(): OAuthError {
  return new OAuthError('invalid_software_statement', 'The software statement is no JWT that can be verified')
}
