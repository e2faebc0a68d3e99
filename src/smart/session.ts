// Who is logged in at this browser: a cookie whose SHA-256 names the session on record. https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Account, findAccount } from './account.ts'
import { toJournal } from './audit.ts'
import type { SmartContext } from './context.ts'
import { cookieOptions, toCookieName } from './cookies.ts'
import { keepLanguage, LANGUAGE_COOKIE } from './pages/language.ts'
import { hashToken, isToken, makeToken } from './token.ts'

/** The collection of `Records` that holds sessions by the SHA-256 of their cookie. */
export const SESSIONS = 'session'

/** How somebody was recognised. https://www.rfc-editor.org/rfc/rfc8176 */
export type AuthenticationMethod = 'pwd' | 'hwk' | 'swk' | 'user' | 'fed' | 'mfa'

export interface Session {
  /** Key of the record. */
  readonly key: string
  readonly account: string
  /** Instant (ms) of the last time that the person proved who they are. */
  readonly authTime: number
  readonly amr: readonly AuthenticationMethod[]
  readonly expiresAt: number
  /** Key of the first in this browser, where the same person has proved anew who they are since: to apps it is one session. */
  readonly first?: string
}

const NAME = 'musubi-session'

/**
 * Starts a session, always under a new cookie, so that none can be planted before the login; an older one of this browser
 * ends. `authTime` is an instant (ms) before now where another server recognised the person.
 */
export async function startSession(
  context: SmartContext,
  request: FastifyRequest,
  reply: FastifyReply,
  account: Account,
  amr: readonly AuthenticationMethod[],
  authTime = Date.now(),
): Promise<Session> {
  const { urls, settings, app } = context
  const cookie = makeToken()
  const now = Date.now()
  const old = toKey(context, request)
  const before = old === undefined ? undefined : await findSessionByKey(context, old)
  const session: Session = {
    key: hashToken(cookie),
    account: account.id,
    authTime: Math.min(authTime, now),
    amr,
    expiresAt: now + settings.sessionTtl,
    ...(before?.account === account.id && { first: toFirst(before) }),
  }
  await app.store.commit([], {
    records: [
      {
        kind: 'add',
        quiet: true,
        row: {
          collection: SESSIONS,
          key: session.key,
          value: session,
          owner: account.id,
          expiresAt: session.expiresAt,
        },
      },
      ...(old === undefined
        ? []
        : [{ kind: 'delete', quiet: true, collection: SESSIONS, key: old } as const]),
    ],
    journal: toJournal(context, { event: 'login', grant: toPerson(account) }),
  })
  reply.setCookie(toCookieName(NAME, urls), cookie, cookieOptions(urls, settings.sessionTtl))
  const { language } = account
  // A choice that was made in this browser stays.
  if (language && request.cookies[toCookieName(LANGUAGE_COOKIE, urls)] === undefined)
    keepLanguage(urls, reply, language)
  return session
}

/** Returns the session of a request, or undefined where there is none in force. */
export async function findSession(
  context: SmartContext,
  request: FastifyRequest,
): Promise<Session | undefined> {
  const key = toKey(context, request)
  return key === undefined ? undefined : findSessionByKey(context, key)
}

/** Returns the key by which apps know a session. */
export function toFirst({ key, first }: Session): string {
  return first ?? key
}

/** True where the session that apps know by that key goes on: `online_access` ends with it. */
export async function isLoggedIn(context: SmartContext, account: string, first: string): Promise<boolean> {
  if (await findSessionByKey(context, first)) return true
  return (await listSessions(context, account)).some((session) => toFirst(session) === first)
}

async function findSessionByKey({ app }: SmartContext, key: string): Promise<Session | undefined> {
  return (await app.store.records.get(SESSIONS, key))?.value as Session | undefined
}

/** Ends the session of this browser. */
export async function endSession(
  context: SmartContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const session = await findSession(context, request)
  const account = session && (await findAccount(context.app.store, session.account))
  if (session)
    await context.app.store.commit([], {
      records: [{ kind: 'delete', collection: SESSIONS, key: session.key }],
      journal: toJournal(context, { event: 'logout', ...(account && { grant: toPerson(account) }) }),
    })
  reply.clearCookie(toCookieName(NAME, context.urls), cookieOptions(context.urls, 0))
}

/** Returns the sessions of an account that are in force. */
export async function listSessions({ app }: SmartContext, account: string): Promise<readonly Session[]> {
  return (await app.store.records.list(SESSIONS, account)).map(({ value }) => value as Session)
}

/** Ends every session of an account; that of key `except` goes on. */
export async function endSessionsOf(context: SmartContext, account: string, except?: string): Promise<void> {
  const ended = (await listSessions(context, account)).filter(({ key }) => key !== except)
  await context.app.store.commit([], {
    records: ended.map(({ key }) => ({ kind: 'delete', collection: SESSIONS, key }) as const),
  })
}

/** Returns who an account is in the access log. */
export function toPerson({ bindings }: Account): { readonly subject?: string } {
  return bindings[0] ? { subject: bindings[0].ref } : {}
}

function toKey({ urls }: SmartContext, request: FastifyRequest): string | undefined {
  const cookie = request.cookies[toCookieName(NAME, urls)]
  return cookie !== undefined && isToken(cookie) ? hashToken(cookie) : undefined
}
