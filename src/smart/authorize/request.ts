// What an app asks for at the authorization endpoint. https://hl7.org/fhir/smart-app-launch/app-launch.html#obtain-authorization-code
import type { Client } from '../client.ts'
import type { SmartContext } from '../context.ts'
import type { Form } from '../form.ts'
import { OAuthError } from '../oauth-error.ts'
import { PageError } from '../page-error.ts'

export interface AuthorizationRequest {
  readonly client: string
  readonly redirectUri: string
  readonly state?: string
  /** As asked, separated by spaces. */
  readonly scope: string
  /** S256 challenge. */
  readonly challenge: string
  /** The opaque value of an EHR launch. */
  readonly launch?: string
  readonly nonce?: string
  readonly prompt: readonly Prompt[]
  /** Seconds since the user last proved who they are. */
  readonly maxAge?: number
  readonly uiLocales?: string
  readonly loginHint?: string
}

const PROMPTS = ['none', 'login', 'consent', 'select_account'] as const
export type Prompt = (typeof PROMPTS)[number]

/** Who asks, and where the answer may go: known before anything is ever sent there. */
export interface Destination {
  readonly client: Client
  readonly redirectUri: string
  readonly state?: string
}

/** Returns where the answer goes. Throws PageError, and nothing is redirected, for a client or address that is not registered (RFC 6749 4.1.2.1). */
export async function readDestination({ clients }: SmartContext, form: Form): Promise<Destination> {
  const id = form['client_id']
  const client = id === undefined ? undefined : await clients.findActive(id)
  if (!client) throw new PageError('unknown-client', 'client_id is missing or not that of an active client')
  const redirectUri = form['redirect_uri']
  // Character for character, also for loopback addresses: what differs in a port is registered twice.
  if (redirectUri === undefined || !client.metadata.redirect_uris.includes(redirectUri))
    throw new PageError('bad-redirect', 'redirect_uri must be exactly one that is registered')
  const state = form['state']
  return { client, redirectUri, ...(state !== undefined && { state }) }
}

/**
 * Returns the request, or throws the OAuthError that its app is redirected with:
 *  1. `response_type` is `code`, the answer in the query, and the client is registered for codes;
 *  2. request objects are not supported (OpenID Connect 6);
 *  3. `aud` (or `resource`, RFC 8707) is the FHIR base of this server, one slash at its end apart;
 *  4. a `code_challenge` with S256 (RFC 7636 4.3);
 *  5. a scope; `launch` has a value exactly where it is among them;
 *  6. what OpenID Connect adds is well formed.
 */
export function readRequest(
  { urls }: Pick<SmartContext, 'urls'>,
  { client, redirectUri, state }: Destination,
  form: Form,
): AuthorizationRequest {
  assertResponse(client, form)
  for (const name of ['request', 'request_uri', 'registration'])
    if (form[name] !== undefined) throw invalid(`The parameter ${name} is not supported`)
  assertAudience(urls.base, form)
  const challenge = readChallenge(form)
  const scope = form['scope']?.split(' ').filter((each) => each !== '') ?? []
  if (scope.length === 0) throw new OAuthError('invalid_scope', 'The parameter scope is missing')
  const launch = form['launch']
  if (scope.includes('launch') !== (launch !== undefined))
    throw invalid('launch must have a value exactly where the scope launch is asked for')
  return {
    client: client.id,
    redirectUri,
    ...(state !== undefined && { state }),
    scope: [...new Set(scope)].join(' '),
    challenge,
    ...(launch !== undefined && { launch }),
    ...readOpenId(form),
  }
}

function assertResponse({ metadata }: Client, form: Form): void {
  const type = form['response_type']
  if (type === undefined) throw invalid('The parameter response_type is missing')
  if (type !== 'code') throw new OAuthError('unsupported_response_type', 'response_type must be code')
  if (form['response_mode'] !== undefined && form['response_mode'] !== 'query')
    throw invalid('response_mode must be query')
  if (!metadata.grant_types.includes('authorization_code'))
    throw new OAuthError('unauthorized_client', 'The client is not registered for authorization codes')
}

// One slash at the end is forgiven: apps make it when they join URLs. What is told to them never has it.
function assertAudience(base: string, form: Form): void {
  const [aud, resource] = [form['aud'], form['resource']]
  const given = aud ?? resource
  if (given === undefined) throw invalid('The parameter aud is missing: it must be the FHIR base URL')
  const isBase = (url: string) => url === base || url === `${base}/`
  if (!isBase(given) || (resource !== undefined && !isBase(resource)))
    throw aud === undefined
      ? new OAuthError('invalid_target', 'resource is not the FHIR base URL of this server')
      : invalid('aud is not the FHIR base URL of this server')
}

function readChallenge(form: Form): string {
  const challenge = form['code_challenge']
  if (challenge === undefined) throw invalid('The parameter code_challenge is missing: PKCE is required')
  if (form['code_challenge_method'] !== 'S256') throw invalid('code_challenge_method must be S256')
  if (!/^[A-Za-z0-9_-]{43}$/.test(challenge))
    throw invalid('code_challenge must be a SHA-256 in base64url without padding')
  return challenge
}

function readOpenId(
  form: Form,
): Pick<AuthorizationRequest, 'prompt' | 'nonce' | 'maxAge' | 'uiLocales' | 'loginHint'> {
  const prompt = (form['prompt'] ?? '').split(' ').filter((each) => each !== '')
  if (!prompt.every((each): each is Prompt => PROMPTS.includes(each as Prompt)))
    throw invalid('prompt must be none, login, consent or select_account')
  if (prompt.includes('none') && prompt.length > 1) throw invalid('prompt=none stands alone')
  const maxAge = form['max_age']
  if (maxAge !== undefined && !/^\d{1,9}$/.test(maxAge)) throw invalid('max_age must be a number of seconds')
  const [nonce, uiLocales, loginHint] = [form['nonce'], form['ui_locales'], form['login_hint']]
  return {
    prompt,
    ...(nonce !== undefined && { nonce }),
    ...(maxAge !== undefined && { maxAge: Number(maxAge) }),
    ...(uiLocales !== undefined && { uiLocales }),
    ...(loginHint !== undefined && { loginHint }),
  }
}

function invalid(description: string): OAuthError {
  return new OAuthError('invalid_request', description)
}
