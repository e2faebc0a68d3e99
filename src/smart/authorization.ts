// What somebody has allowed a client: the one record that its codes, access tokens and refresh tokens hang on.
import type { TokenGrant } from '../access/principal.ts'
import type { RecordChange, Store } from '../store/store.ts'
import { findAccount } from './account.ts'
import { findClient, isActiveSince } from './client.ts'

/** The collection of `Records` that holds authorizations by id; the account that granted one owns it. */
export const AUTHORIZATIONS = 'authorization'

/** What is the same for every access token of an authorization. */
export type GrantBase = Omit<TokenGrant, 'expiresAt' | 'scope' | 'authorization' | 'audience'>

/** Launch context parameters of a token response, as they are sent. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html */
export interface LaunchContext {
  readonly patient?: string
  readonly encounter?: string
  readonly need_patient_banner?: boolean
  readonly intent?: string
  readonly smart_style_url?: string
  readonly tenant?: string
  readonly fhirContext?: readonly object[]
}

export interface Authorization {
  readonly id: string
  readonly client: string
  /** The local account that granted it. */
  readonly account: string
  readonly grant: GrantBase
  /** As granted, separated by spaces. */
  readonly scope: string
  /** What could have been granted when it was asked: of the same question the answer is known. */
  readonly asked: string
  readonly context: LaunchContext
  /** `Consent/7`: it ends with that. */
  readonly consent?: string
  /** Key of the first browser session of the one that `online_access` ends with (`toFirst`). */
  readonly session?: string
  /** URL of the person or practitioner who logged in, below the FHIR base. */
  readonly fhirUser: string
  /** When the user logged in, in seconds; by what means. */
  readonly authTime: number
  readonly amr: readonly string[]
  /** Instants in ms. */
  readonly createdAt: number
  /** Set by the person on the consent screen: no token outlives it. */
  readonly until?: number
  readonly endedAt?: number
  readonly endedBy?: 'user' | 'client' | 'reuse' | 'operator'
}

/** Returns the authorization, ended ones too; undefined where there is none. */
export async function findAuthorization(
  { records }: Pick<Store, 'records'>,
  id: string,
): Promise<Authorization | undefined> {
  return (await records.get(AUTHORIZATIONS, id))?.value as Authorization | undefined
}

/** Returns the authorization where its tokens are accepted now, by `isInForce`; else undefined. */
export async function findInForce(
  store: Pick<Store, 'records' | 'consents'>,
  id: string,
  now = Date.now(),
): Promise<Authorization | undefined> {
  const authorization = await findAuthorization(store, id)
  return authorization && (await isInForce(store, authorization, now)) ? authorization : undefined
}

/** Long enough for a redirect and the request that follows it. */
export const CODE_LIFE_MS = 60_000
/** How long it can still be told what an authorization allowed, after the last of its tokens. */
const KEPT_MS = 90 * 24 * 60 * 60 * 1000

/** True where the scopes granted give a refresh token. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#scopes-for-requesting-a-refresh-token */
export function isRefreshable({ scope }: Pick<Authorization, 'scope'>): boolean {
  return scope.split(' ').some((each) => each === 'offline_access' || each === 'online_access')
}

/** Returns the instant (ms) after which no token of an authorization is good, where one was given at `now` for the last time. */
export function toLastInstant(
  authorization: Pick<Authorization, 'scope' | 'until'>,
  ttl: { readonly accessTokenTtl: number; readonly refreshTokenTtl: number },
  now = Date.now(),
): number {
  const lifeMs = isRefreshable(authorization) ? ttl.refreshTokenTtl : ttl.accessTokenTtl
  return Math.min(now + CODE_LIFE_MS + lifeMs, authorization.until ?? Infinity)
}

/** Returns the change by which an authorization stays on record for a while after its last token, or with `superseded` no longer. */
export function toStay(
  { id }: Authorization,
  lastInstant: number,
  { superseded = false }: { readonly superseded?: boolean } = {},
): RecordChange {
  const expiresAt = lastInstant + (superseded ? 0 : KEPT_MS)
  return { kind: 'expire', quiet: true, collection: AUTHORIZATIONS, key: id, expiresAt }
}

/**
 * Returns the row of an authorization of which no token is good after `lastInstant` (ms), or its end where it has ended. It
 * is kept for a while longer, so that what it allowed can still be told.
 */
export function toAuthorizationRow(authorization: Authorization, lastInstant?: number) {
  const { id, account, endedAt = lastInstant } = authorization
  return {
    collection: AUTHORIZATIONS,
    key: id,
    value: authorization,
    owner: account,
    ...(endedAt !== undefined && { expiresAt: endedAt + KEPT_MS }),
  }
}

/**
 * True where tokens of the authorization are accepted now: it has not ended, nor its time; its client is active and still
 * registered for the purpose (C1); the account that granted it is active and still bound to whom it granted as; and the
 * Consent it rests on is active. Doubt is no.
 */
export async function isInForce(
  { records, consents }: Pick<Store, 'records' | 'consents'>,
  authorization: Authorization,
  now = Date.now(),
): Promise<boolean> {
  const { endedAt, until, createdAt, client: clientId, account: accountId, grant, consent } = authorization
  if (endedAt !== undefined || (until !== undefined && until <= now)) return false
  const client = await findClient({ records }, clientId)
  if (!client || !isActiveSince(client, createdAt) || !client.purposes.includes(grant.purpose)) return false
  const account = await findAccount({ records }, accountId)
  if (!account?.bindings.some(({ ref }) => ref === (grant.act ?? grant.subject))) return false
  return consent === undefined || (await consents.current(consent))?.['status'] === 'active'
}
