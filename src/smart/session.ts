// Who is logged in at this browser: a cookie whose SHA-256 names the session on record. https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html
import { randomBytes } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Account } from './account.ts'
import type { SmartContext } from './context.ts'
import { cookieOptions, toCookieName } from './cookies.ts'
import { hashToken, isToken } from './token.ts'

/** The collection of `Records` that holds sessions by the SHA-256 of their cookie. */
export const SESSIONS = 'session'

/** How somebody was recognised. https://www.rfc-editor.org/rfc/rfc8176 */
export type AuthenticationMethod = 'pwd' | 'hwk' | 'user' | 'fed' | 'mfa'

export interface Session {
  /** Key of the record. */
  readonly key: string
  readonly account: string
  /** Instant (ms) of the last time that the person proved who they are. */
  readonly authTime: number
  readonly amr: readonly AuthenticationMethod[]
  readonly expiresAt: number
}

const NAME = 'musubi-session'

/** Starts a session, always under a new cookie, so that none can be planted before the login; an older one of this browser ends. */
export async function startSession(
  context: SmartContext,
  request: FastifyRequest,
  reply: FastifyReply,
  account: Account,
  amr: readonly AuthenticationMethod[],
): Promise<Session> {
  const { urls, settings, app } = context
  const cookie = randomBytes(32).toString('base64url')
  const now = Date.now()
  const session: Session = {
    key: hashToken(cookie),
    account: account.id,
    authTime: now,
    amr,
    expiresAt: now + settings.sessionTtl,
  }
  const old = toKey(context, request)
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
      ...(old === undefined ? [] : [{ kind: 'delete', collection: SESSIONS, key: old } as const]),
    ],
  })
  reply.setCookie(toCookieName(NAME, urls), cookie, cookieOptions(urls, settings.sessionTtl))
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

/** Returns the session of that key, or undefined where it has ended: `online_access` ends with it. */
export async function findSessionByKey({ app }: SmartContext, key: string): Promise<Session | undefined> {
  return (await app.store.records.get(SESSIONS, key))?.value as Session | undefined
}

/** Ends the session of this browser. */
export async function endSession(
  context: SmartContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const key = toKey(context, request)
  if (key !== undefined) await context.app.store.records.delete(SESSIONS, key)
  reply.clearCookie(toCookieName(NAME, context.urls), cookieOptions(context.urls, 0))
}

/** Ends every session of an account: its password was changed, or it was disabled. */
export async function endSessionsOf({ app }: SmartContext, account: string): Promise<void> {
  const rows = await app.store.records.list(SESSIONS, account)
  await app.store.commit([], {
    records: rows.map(({ key }) => ({ kind: 'delete', collection: SESSIONS, key }) as const),
  })
}

function toKey({ urls }: SmartContext, request: FastifyRequest): string | undefined {
  const cookie = request.cookies[toCookieName(NAME, urls)]
  return cookie !== undefined && isToken(cookie) ? hashToken(cookie) : undefined
}
