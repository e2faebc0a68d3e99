// A client that signs who it is (private_key_jwt). https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html#signature-verification
//
// In the order of the checks: the token is a compact JWS; `alg` RS384 or ES384; `typ` JWT; `kid`; `iss` = `sub`, an active
// client that is registered for it; `client_id` of the form, where sent, the same; `aud` this token endpoint; `exp` ahead, by
// five minutes at most; `nbf` and `iat`, where given, not ahead; `jti`; `jku`, where given, the registered one; exactly one
// key with that `kid` that fits `alg`; the signature; `jti` not seen before. What costs a fetch or a write comes last.
import { hash } from 'node:crypto'
import type { Client } from '../client.ts'
import type { SmartContext } from '../context.ts'
import { FetchError } from '../fetch-json.ts'
import type { Form } from '../form.ts'
import { toAlgorithm, verifyJwt } from '../jose.ts'
import type { JsonObject } from '../json.ts'
import type { Algorithm } from '../jwk.ts'
import { type Jwt, JwtError, readJwt } from '../jwt.ts'
import { OAuthError } from '../oauth-error.ts'
import { tryCommit } from '../once.ts'

/** The collection of `Records` that holds assertions that were used, until they expire. */
export const ASSERTIONS = 'assertion'

/** What a client may sign with. */
export const ASSERTION_ALGORITHMS: readonly Algorithm[] = ['RS384', 'ES384']
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

export interface VerifiedAssertion {
  readonly client: Client
  /** Signed by the client; beside those checked here it may hold `extensions`. */
  readonly claims: JsonObject
}

const MAX_LIFE_S = 300
/** How far ahead of ours the client's clock may be. */
const SKEW_S = 60
const MAX_JTI_CHARS = 1024

/** Returns who signed the assertion of a form; it can be used once. Throws OAuthError `invalid_client` naming the check. */
export async function verifyAssertion(context: SmartContext, form: Form): Promise<VerifiedAssertion> {
  try {
    return await verify(context, form)
  } catch (error) {
    if (error instanceof JwtError) throw refused(error.message)
    if (error instanceof FetchError) throw refused(`The keys of the client cannot be had: ${error.message}`)
    throw error
  }
}

async function verify(context: SmartContext, form: Form): Promise<VerifiedAssertion> {
  const assertion = form['client_assertion'] ?? ''
  const { header, payload } = readJwt(assertion)
  toAlgorithm(header, ASSERTION_ALGORITHMS)
  if (typeof header['typ'] !== 'string' || header['typ'].toUpperCase() !== 'JWT')
    throw refused('typ must be JWT')
  const { kid } = header
  if (typeof kid !== 'string' || kid === '') throw refused('kid is missing')
  const client = await findClient(context, payload, form)
  assertAudience(context, payload)
  const expiresAt = assertTimes(payload)
  const jti = toJti(payload)
  assertKeySource(client, header)
  const keys = await context.clientKeys.find(client, kid)
  const { payload: claims } = await verifyJwt(assertion, keys, ASSERTION_ALGORITHMS)
  await assertFirst(context, client, jti, expiresAt)
  return { client, claims }
}

async function findClient({ clients }: SmartContext, { iss, sub }: JsonObject, form: Form): Promise<Client> {
  if (typeof iss !== 'string' || iss === '' || iss !== sub)
    throw refused('iss and sub must both be the client id')
  const client = await clients.findActive(iss)
  if (client?.metadata.token_endpoint_auth_method !== 'private_key_jwt')
    throw refused('iss is no client that authenticates in this way')
  const { client_id: sent } = form
  if (sent !== undefined && sent !== iss) throw refused('client_id is not iss')
  return client
}

// The token URL alone; a list may hold nothing else, or the assertion could be used elsewhere.
function assertAudience({ urls, settings }: SmartContext, { aud }: JsonObject): void {
  const accepted = settings.assertionAudience === 'issuer' ? [urls.token, urls.issuer] : [urls.token]
  const given: unknown = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud
  if (!accepted.some((each) => each === given)) throw refused(`aud must be ${accepted.join(' or ')}`)
}

/** Returns the instant (ms) at which the assertion expires. */
function assertTimes({ exp, nbf, iat }: JsonObject, now = Date.now() / 1000): number {
  if (!isInstant(exp)) throw refused('exp is missing or is no number')
  if (exp <= now) throw refused('The assertion has expired (exp)')
  if (exp > now + MAX_LIFE_S) throw refused('exp must be at most five minutes ahead')
  for (const [name, value] of Object.entries({ nbf, iat }))
    if (value !== undefined && !(isInstant(value) && value <= now + SKEW_S))
      throw refused(`${name} is ahead of the server's clock or is no number`)
  return Math.ceil(exp * 1000)
}

function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function toJti({ jti }: JsonObject): string {
  if (typeof jti !== 'string' || jti === '') throw refused('jti is missing')
  if (jti.length > MAX_JTI_CHARS) throw refused(`jti is longer than ${MAX_JTI_CHARS} characters`)
  return jti
}

// An address that is not registered is never asked.
function assertKeySource({ metadata }: Client, { jku }: Jwt['header']): void {
  if (jku !== undefined && (metadata.jwks_uri === undefined || jku !== metadata.jwks_uri))
    throw refused('jku is not the jwks_uri that the client has registered')
}

// The store lets one of all processes add it.
async function assertFirst(
  { app }: SmartContext,
  { id }: Client,
  jti: string,
  expiresAt: number,
): Promise<void> {
  const key = hash('sha256', JSON.stringify([id, jti]))
  const row = { collection: ASSERTIONS, key, value: null, expiresAt }
  if (!(await tryCommit(app.store, [{ kind: 'add', quiet: true, row }])))
    throw refused('jti has been used before')
}

function refused(check: string): OAuthError {
  return new OAuthError('invalid_client', check)
}
