// Bearer tokens of other authorization servers that the operator trusts: signed, for this FHIR base, and never more than was agreed. https://www.rfc-editor.org/rfc/rfc9068
import { hash } from 'node:crypto'
import { narrowTo } from '../access/covers.ts'
import { assertGrant } from '../access/grant.ts'
import { type Principal, type TokenGrant, toPrincipal } from '../access/principal.ts'
import { parseScopes } from '../access/scopes.ts'
import { FhirError } from '../fhir/outcome.ts'
import type { AppContext } from '../interactions/context.ts'
import { keepNewest } from './bounded.ts'
import type { ClientKeys } from './client-keys.ts'
import { FetchError } from './fetch-json.ts'
import { toGrantContext } from './grant-context.ts'
import { type BearerIssuer, toIssuerKey } from './issuers/issuer.ts'
import { ISSUERS } from './issuers/login-issuer.ts'
import { verifySigned } from './issuers/verify-signed.ts'
import type { JsonObject } from './json.ts'
import { JwtError, peekIssuer, readJwt } from './jwt.ts'
import { hashToken } from './token.ts'

/** The Principal of a token of another server, or undefined where anything about it is not as it must be. */
export type VerifyExternal = (token: string) => Promise<Principal | undefined>

interface Kept {
  /** The configuration it was accepted by, as text. */
  readonly issuer: string
  readonly grant: TokenGrant
  readonly principal: Principal
}

const MAX_CACHED = 10_000
const MAX_CHARS = 8 * 1024
/** How far ahead of ours the issuer's clock may be. */
const SKEW_S = 60

/**
 * Returns what accepts tokens of the issuers that are configured for `bearer`. In the order of the checks: a compact JWS; `iss`
 * is such an issuer; `aud` this FHIR base alone; `exp` ahead, `nbf` and `iat` not; the signature by one of the issuer's keys; the subject a person of this base; the purpose one that was agreed; a scope within those agreed;
 * the ten rules of every grant (`access/grant.ts`). What was accepted is kept until it expires or the issuer's configuration
 * changes; whether the grant still holds is asked each time.
 */
export function createVerifyExternal(context: AppContext, keys: ClientKeys): VerifyExternal {
  const kept = new Map<string, Kept>()

  return async (token) => {
    const key = hashToken(token)
    const known = kept.get(key)
    const issuer = token.length > MAX_CHARS ? undefined : await findIssuer(context, token)
    if (!issuer) return undefined
    try {
      const isSame = known?.issuer === JSON.stringify(issuer)
      const grant = isSame ? known.grant : await toGrant(context, issuer, token, keys)
      if (!grant || grant.expiresAt <= Date.now()) return undefined
      await assertGrant(grant, await toGrantContext(context))
      const principal = isSame ? known.principal : toPrincipal(grant, context.definitions)
      keepNewest(kept, key, { issuer: JSON.stringify(issuer), grant, principal }, MAX_CACHED)
      return principal
    } catch (error) {
      kept.delete(key)
      // A store that cannot answer says nothing of the token.
      if (error instanceof FhirError && error.status >= 500) throw error
      if (error instanceof FhirError || error instanceof JwtError || error instanceof FetchError)
        return undefined
      throw error
    }
  }
}

/** True of a token in the form of a JWS. */
export function isJws(token: string): boolean {
  return /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/.test(token)
}

async function findIssuer({ store }: AppContext, token: string): Promise<BearerIssuer | undefined> {
  const iss = peekIssuer(token)
  if (iss === undefined) return undefined
  const row = await store.records.get(ISSUERS, toIssuerKey({ use: 'bearer', issuer: iss }))
  const issuer = row?.value as BearerIssuer | undefined
  return issuer?.issuer === iss ? issuer : undefined
}

async function toGrant(
  context: AppContext,
  issuer: BearerIssuer,
  token: string,
  keys: ClientKeys,
): Promise<TokenGrant | undefined> {
  const { payload } = readJwt(token)
  const expiresAt = toExpiry(payload)
  if (!isForBase(context, payload) || expiresAt === undefined) return undefined
  return readGrant(context, issuer, await verifySigned(keys, issuer, token), expiresAt)
}

function isForBase({ settings }: AppContext, { aud }: JsonObject): boolean {
  const only: unknown = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud
  return only === settings.baseUrl
}

/** Returns the instant (ms) at which the token expires; undefined where it is not in force now. */
function toExpiry({ exp, nbf, iat }: JsonObject, now = Date.now() / 1000): number | undefined {
  const begins = [nbf, iat].filter((each) => each !== undefined)
  if (!isInstant(exp) || exp <= now || !begins.every((each) => isInstant(each) && each <= now + SKEW_S))
    return undefined
  return Math.floor(exp * 1000)
}

function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function readGrant(
  { definitions, settings }: AppContext,
  issuer: BearerIssuer,
  claims: JsonObject,
  expiresAt: number,
): TokenGrant | undefined {
  const subject = toReference(settings.baseUrl, claims[issuer.subject_claim])
  const purpose = toPurpose(issuer, claims['purpose_of_use'])
  const patient = toPatient(claims['patient'], subject)
  const client = toClient(issuer, claims)
  if (subject === undefined || purpose === undefined || patient === null || client === undefined)
    return undefined
  const scope = toScope(issuer, claims['scope'], definitions.isResourceType)
  if (scope === '') return undefined
  const isPerson = /^(Patient|RelatedPerson)\//.test(subject)
  return {
    subject,
    client,
    scope,
    purpose,
    ...(patient !== undefined && { patient }),
    ...(issuer.organization !== undefined && !isPerson && { organization: issuer.organization }),
    audience: settings.baseUrl,
    expiresAt,
  }
}

// Absolute below our base, or relative: whoever is somebody elsewhere is nobody here.
function toReference(base: string, value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const ref = value.startsWith(`${base}/`) ? value.slice(base.length + 1) : value
  return /^(Patient|Practitioner|PractitionerRole|RelatedPerson)\/[A-Za-z0-9.-]{1,64}$/.test(ref)
    ? ref
    : undefined
}

function toPurpose({ purposes }: BearerIssuer, value: unknown): string | undefined {
  return value === undefined ? purposes[0] : purposes.find((code) => code === value)
}

/** Returns the id of the patient in context: a Patient's own where the token names none; null for what is no id. */
function toPatient(value: unknown, subject: string | undefined): string | undefined | null {
  if (value === undefined)
    return subject?.startsWith('Patient/') ? subject.slice('Patient/'.length) : undefined
  return typeof value === 'string' && value !== '' ? value : null
}

// A client of theirs may have the name of one of ours, and is not that one.
function toClient({ issuer }: BearerIssuer, { client_id: id, azp }: JsonObject): string | undefined {
  const name = id ?? azp
  if (typeof name !== 'string' || name === '') return undefined
  return `external-${hash('sha256', JSON.stringify([issuer, name]), 'hex').slice(0, 32)}`
}

function toScope(
  { scope: most }: BearerIssuer,
  asked: unknown,
  isResourceType: (name: string) => boolean,
): string {
  if (typeof asked !== 'string') return ''
  const [held, wanted] = [most, asked].map((text) => parseScopes(text, isResourceType).scopes)
  return narrowTo(held!, wanted!).join(' ')
}
