// A refresh token for a new access token and its own successor. https://www.rfc-editor.org/rfc/rfc6749#section-6
import type { FastifyRequest } from 'fastify'
import { covers } from '../../access/covers.ts'
import { parseScope, type Scope } from '../../access/scopes.ts'
import { FhirError } from '../../fhir/outcome.ts'
import type { RecordRow } from '../../store/store.ts'
import { toJournal } from '../audit.ts'
import {
  type Authorization,
  findAuthorization,
  isInForce,
  REFRESH_TOKENS,
  toLastInstant,
  toStay,
} from '../authorization.ts'
import type { AuthenticatedClient } from '../clients/authenticate.ts'
import { withinRegistration } from '../clients/within-registration.ts'
import type { SmartContext } from '../context.ts'
import { endAuthorization } from '../end-authorization.ts'
import type { Form } from '../form.ts'
import { OAuthError } from '../oauth-error.ts'
import { isLoggedIn } from '../session.ts'
import { hashToken, isToken } from '../token.ts'
import { issueTokens, type RefreshToken, type TokenResponse } from './response.ts'

/**
 * A token that was replaced this short a time ago is taken once more: the answer may have been lost on its way. Later it is
 * a copy in other hands, and everything of the authorization ends. So it does where two that replaced the same one are both
 * used: then no answer was lost (RFC 9700 4.14.2).
 */
const GRACE_MS = 30_000

/** By the key of a token that was replaced: the key of the one with which its holder went on. */
const SUCCESSORS = 'refresh-successor'

/**
 * Renews an access token, with what of its scope the client is still registered for. Throws `invalid_grant` where the token
 * is unknown, expired, another client's or used before, where the authorization has ended, or with `online_access` the user's
 * session; `invalid_scope` for more than was granted.
 */
export async function refresh(
  context: SmartContext,
  { client }: AuthenticatedClient,
  form: Form,
): Promise<TokenResponse> {
  const { store } = context.app
  const text = form['refresh_token']
  if (text === undefined) throw new OAuthError('invalid_request', 'The parameter refresh_token is missing')
  const row = isToken(text) ? await store.records.get(REFRESH_TOKENS, hashToken(text)) : undefined
  const token = row?.value as RefreshToken | undefined
  if (!row || token?.client !== client.id) throw invalid()
  const now = Date.now()
  const isLate = token.usedAt !== undefined && now - token.usedAt > GRACE_MS
  if (isLate || (await isRival(context, row, token))) {
    await endAuthorization(context, token.authorization, 'reuse')
    throw invalid()
  }
  const authorization = await findAuthorization(store, token.authorization)
  if (!authorization || !(await isInForce(store, authorization, now))) throw invalid()
  await assertPresent(context, authorization)
  const { definitions } = context.app
  const scope = withinRegistration(definitions, client, toScope(context, authorization, form['scope']))
  const { response, records } = await issueTokens(context, authorization, { scope, now, replaces: row.key })
  const used: RefreshToken = { ...token, usedAt: token.usedAt ?? now }
  await store.commit([], {
    records: [
      ...records,
      { kind: 'put', quiet: true, row: { ...row, value: used } },
      toStay(authorization, toLastInstant(authorization, context.settings, now)),
    ],
    journal: toJournal(context, { event: 'refresh', client: client.id, grant: authorization.grant, scope }),
  })
  return response
}

// Of those that replaced the same token the first that is used goes on, in whatever process.
async function isRival(
  { app }: SmartContext,
  { key, expiresAt }: RecordRow,
  { replaces, usedAt }: RefreshToken,
): Promise<boolean> {
  if (replaces === undefined || usedAt !== undefined) return false
  const row = {
    collection: SUCCESSORS,
    key: replaces,
    value: key,
    ...(expiresAt !== undefined && { expiresAt }),
  }
  try {
    await app.store.commit([], { records: [{ kind: 'add', quiet: true, row }] })
    return false
  } catch (error) {
    if (!(error instanceof FhirError) || error.code !== 'conflict') throw error
    return (await app.store.records.get(SUCCESSORS, replaces))?.value !== key
  }
}

/**
 * Returns the form with the `client_id` that the refresh token was given to, where nothing in the request says who asks: so
 * does the usual client in browsers. Of public clients alone: the token is all that they have.
 */
export async function withClientOfToken(
  { app, clients }: SmartContext,
  { headers }: FastifyRequest,
  form: Form,
): Promise<Form> {
  const text = form['refresh_token']
  const says = headers.authorization ?? form['client_id'] ?? form['client_assertion'] ?? form['client_secret']
  if (says !== undefined || text === undefined || !isToken(text)) return form
  const row = await app.store.records.get(REFRESH_TOKENS, hashToken(text))
  const id = (row?.value as RefreshToken | undefined)?.client
  if (id === undefined) throw invalid()
  const client = await clients.findActive(id)
  return client?.metadata.token_endpoint_auth_method === 'none' ? { ...form, client_id: client.id } : form
}

// online_access lasts as long as the user's session; with offline_access as well, longer.
async function assertPresent(
  context: SmartContext,
  { scope, session, account }: Authorization,
): Promise<void> {
  if (scope.split(' ').includes('offline_access')) return
  if (session === undefined || !(await isLoggedIn(context, account, session))) throw invalid()
}

function toScope({ app }: SmartContext, { scope }: Authorization, asked: string | undefined): string {
  if (asked === undefined) return scope
  const { isResourceType } = app.definitions
  const granted = scope.split(' ')
  const held = granted.flatMap((each): Scope | readonly Scope[] => parseScope(each, isResourceType) ?? [])
  const words = [...new Set(asked.split(' ').filter((each) => each !== ''))]
  const isHeld = (word: string) => {
    const parsed = parseScope(word, isResourceType)
    return granted.includes(word) || (parsed !== undefined && covers(held, parsed))
  }
  if (words.length === 0 || !words.every(isHeld))
    throw new OAuthError('invalid_scope', 'More is asked for than was granted')
  return words.join(' ')
}

function invalid(): OAuthError {
  return new OAuthError(
    'invalid_grant',
    'The refresh token is unknown, expired, revoked or not for this client',
  )
}
