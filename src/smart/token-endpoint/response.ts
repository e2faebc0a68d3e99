// The answer with a token, and the rows that make it good. https://hl7.org/fhir/smart-app-launch/app-launch.html#step-5-access-token
import type { TokenGrant } from '../../access/principal.ts'
import type { RecordChange, RecordRow } from '../../store/store.ts'
import { type Authorization, isRefreshable, type LaunchContext } from '../authorization.ts'
import type { SmartContext } from '../context.ts'
import { REFRESH_TOKENS, type RefreshToken } from '../refresh-token.ts'
import { hashToken, makeToken, mintToken } from '../token.ts'
import { buildIdToken } from './id-token.ts'

/** The body as it is sent. */
export interface TokenResponse extends LaunchContext {
  readonly access_token: string
  readonly token_type: 'Bearer'
  /** Seconds. */
  readonly expires_in: number
  readonly scope: string
  readonly refresh_token?: string
  readonly id_token?: string
}

export interface Issued {
  readonly response: TokenResponse
  readonly records: readonly RecordChange[]
}

export interface IssueOptions {
  /** Less than what was granted; all of it where it is left out. */
  readonly scope?: string
  /** Of the authorization request, for the id_token that answers it. */
  readonly nonce?: string
  /** Instant (ms). */
  readonly now?: number
  /** Key of the refresh token that was shown. */
  readonly replaces?: string
}

/**
 * Returns the answer for an authorization with new tokens, and the rows to be committed before it is sent. No token outlives
 * what the person has set.
 */
export async function issueTokens(
  context: SmartContext,
  authorization: Authorization,
  { scope = authorization.scope, nonce, now = Date.now(), replaces }: IssueOptions = {},
): Promise<Issued> {
  const { settings, urls } = context
  const { grant, until, id } = authorization
  const expiresAt = Math.min(now + lifeOf(authorization, settings.accessTokenTtl), until ?? Infinity)
  const { token, row } = mintToken({ ...grant, scope, authorization: id, audience: urls.base, expiresAt })
  const renewal = isRefreshable(authorization)
    ? mintRefreshToken(context, authorization, now, replaces)
    : undefined
  const idToken = await buildIdToken(context, { ...authorization, scope }, { token, nonce, now })
  return {
    response: {
      access_token: token,
      token_type: 'Bearer',
      expires_in: Math.max(0, Math.floor((expiresAt - now) / 1000)),
      scope,
      ...authorization.context,
      ...(renewal && { refresh_token: renewal.token }),
      ...(idToken !== undefined && { id_token: idToken }),
    },
    records: [row, ...(renewal ? [renewal.row] : [])].map(toAddition),
  }
}

/** Returns the answer and the row of a token that no person has granted. */
export function issueBackendToken(
  { settings, urls }: SmartContext,
  grant: Omit<TokenGrant, 'expiresAt' | 'audience' | 'issuedAt'>,
  now = Date.now(),
): Issued {
  const expiresAt = now + settings.backendTokenTtl
  const { token, row } = mintToken({ ...grant, audience: urls.base, issuedAt: now, expiresAt })
  const response = {
    access_token: token,
    token_type: 'Bearer',
    expires_in: Math.floor(settings.backendTokenTtl / 1000),
    scope: grant.scope,
  } as const
  return { response, records: [toAddition(row)] }
}

// A break-glass session ends an hour after it began, whatever the life of other tokens is (B1).
function lifeOf({ grant }: Authorization, ttl: number): number {
  return grant.elevation === undefined ? ttl : Math.min(ttl, 60 * 60 * 1000)
}

function mintRefreshToken(
  { settings }: SmartContext,
  { id, client, until }: Authorization,
  now: number,
  replaces: string | undefined,
): { readonly token: string; readonly row: RecordRow } {
  const token = makeToken()
  const value: RefreshToken = { authorization: id, client, ...(replaces !== undefined && { replaces }) }
  const expiresAt = Math.min(now + settings.refreshTokenTtl, until ?? Infinity)
  return { token, row: { collection: REFRESH_TOKENS, key: hashToken(token), value, owner: id, expiresAt } }
}

// A token that was not there yesterday cannot have been looked for: nobody keeps that it was absent.
function toAddition(row: RecordRow): RecordChange {
  return { kind: 'add', quiet: true, row }
}
