// The one reader of client metadata, from whomever it comes. https://www.rfc-editor.org/rfc/rfc7591#section-2
import type { AuthMethod, Client, ClientMetadata, GrantType } from '../client.ts'
import type { SmartContext } from '../context.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import { readClientScope, readPurposes } from './client-scope.ts'
import { assertConsistent } from './consistent.ts'
import { appUri, invalid, listOf, matching, oneOf, origin, type Read, text, webUri } from './members.ts'
import { readPublicKeys } from './public-keys.ts'
import { isPlainUrl, parseUrl, readRedirectUri } from './redirect-uri.ts'

/** What a client says of itself, with the purposes and the organisation it wants to be registered for. */
export type Registration = Pick<Client, 'metadata' | 'purposes' | 'organization'>

const name = text(100)
const label = text(255)

/** The members that are known, each with its check; any other is ignored (RFC 7591 2). `scope` and `jwks_uri` need the server. */
const MEMBERS = {
  redirect_uris: listOf(readRedirectUri),
  token_endpoint_auth_method: oneOf<AuthMethod>(
    'none',
    'client_secret_basic',
    'client_secret_post',
    'private_key_jwt',
  ),
  grant_types: listOf(oneOf<GrantType>('authorization_code', 'refresh_token', 'client_credentials')),
  response_types: listOf(oneOf('code')),
  jwks: readPublicKeys,
  client_name: name,
  client_uri: webUri,
  logo_uri: webUri,
  policy_uri: webUri,
  tos_uri: webUri,
  contacts: listOf(label),
  software_id: label,
  software_version: label,
  launch_uri: appUri,
  allowed_origins: listOf(origin),
  purposes: listOf(matching(/^[A-Za-z0-9.-]{1,64}$/, 'codes, such as TREAT')),
  organization: matching(
    /^Organization\/[A-Za-z0-9.-]{1,64}$/,
    'the organization acted for: a reference such as Organization/3',
  ),
} as const satisfies Readonly<Record<string, Read<unknown>>>

/** Those that people read, which may come in several languages: `client_name#ja` (RFC 7591 2.2). */
const HUMAN: ReadonlySet<string> = new Set(['client_name', 'client_uri', 'logo_uri', 'policy_uri', 'tos_uri'])
const LANGUAGE = /^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}$/
const MAX_LANGUAGES = 20

type Members = { readonly [M in keyof typeof MEMBERS]?: ReturnType<(typeof MEMBERS)[M]> }

/**
 * Returns what a client registers. Throws OAuthError `invalid_client_metadata` or `invalid_redirect_uri` naming the member
 * that is wrong; what is not known is ignored. Nothing is stored, and nothing is fetched.
 */
export async function readClientMetadata(
  { app, settings }: Pick<SmartContext, 'app' | 'settings'>,
  given: unknown,
): Promise<Registration> {
  if (!isJsonObject(given)) throw invalid('client metadata', 'must be a JSON object')
  const members = readMembers(given)
  const jwksUri = present(given, 'jwks_uri') ? readKeysUri(given['jwks_uri'], settings) : undefined
  const scopes = await readClientScope(app, given['scope'])
  const metadata = toMetadata(members, readLocalized(given), String(given['scope']), jwksUri)
  assertConsistent(metadata, scopes)
  const { organization } = members
  return {
    metadata,
    purposes: await readPurposes(app, members.purposes, scopes),
    ...(organization !== undefined && { organization }),
  }
}

function readMembers(given: JsonObject): Members {
  const names = Object.keys(MEMBERS) as (keyof typeof MEMBERS)[]
  return Object.fromEntries(
    names.filter((each) => present(given, each)).map((each) => [each, MEMBERS[each](given[each], each)]),
  )
}

// Returns `client_name#ja` and its like, by their whole names.
function readLocalized(given: JsonObject): Readonly<Record<string, string>> {
  const tagged = Object.keys(given).filter((each) => HUMAN.has(each.split('#', 1)[0]!) && each.includes('#'))
  if (tagged.length > MAX_LANGUAGES * HUMAN.size) throw invalid('client_name', 'comes in too many languages')
  const entries = tagged.map((each): [string, string] => {
    const [member = '', ...rest] = each.split('#')
    if (!LANGUAGE.test(rest.join('#'))) throw invalid(member, 'has a # without a language behind it')
    const read = member === 'client_name' ? name : webUri
    return [each, read(given[each], each)]
  })
  return Object.fromEntries(entries)
}

function toMetadata(
  { response_types: _, purposes: __, organization: ___, ...members }: Members,
  localized: Readonly<Record<string, string>>,
  scope: string,
  jwksUri: string | undefined,
): ClientMetadata {
  const names = Object.entries(localized).flatMap(([key, value]) =>
    key.startsWith('client_name#') ? [[key.slice('client_name#'.length), value] as const] : [],
  )
  const links = Object.entries(localized).filter(([key]) => !key.startsWith('client_name#'))
  const client_name = members.client_name ?? names[0]?.[1]
  if (client_name === undefined) throw invalid('client_name', 'must be given: people are asked by it')
  return {
    ...members,
    client_name,
    client_names: Object.fromEntries(names),
    ...(links.length > 0 && { localized_uris: Object.fromEntries(links) }),
    redirect_uris: members.redirect_uris ?? [],
    grant_types: members.grant_types?.length ? members.grant_types : ['authorization_code'],
    token_endpoint_auth_method: members.token_endpoint_auth_method ?? 'client_secret_basic',
    scope: [...new Set(scope.split(' ').filter((word) => word !== ''))].join(' '),
    ...(jwksUri !== undefined && { jwks_uri: jwksUri }),
  }
}

// https alone, but for hosts that the operator has named. https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html
function readKeysUri(value: unknown, { privateHosts }: SmartContext['settings']): string {
  const url = isPlainUrl(value) ? parseUrl(value) : undefined
  const isNamed = url && [url.hostname, url.host].some((host) => privateHosts.includes(host))
  if (!url || (url.protocol !== 'https:' && !isNamed))
    throw invalid('jwks_uri', 'must be an absolute https URL without user and fragment')
  return value as string
}

// RFC 7592 2.2: null is as good as left out.
function present(given: JsonObject, member: string): boolean {
  return Object.hasOwn(given, member) && (given[member] ?? null) !== null
}
