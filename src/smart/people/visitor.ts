// Who is at a page: the session of the browser with its account, or nobody.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Account, findAccount } from '../account.ts'
import type { SmartContext } from '../context.ts'
import { seeOther } from '../see-other.ts'
import { findSession, type Session } from '../session.ts'

export interface Visitor {
  readonly session: Session
  readonly account: Account
}

/** How long after a login a person may change how they log in, without proving once more who they are. */
const FRESH_MS = 10 * 60_000

/** Returns who is logged in at this browser; undefined for nobody, and for an account that was disabled. */
export async function findVisitor(
  context: SmartContext,
  request: FastifyRequest,
): Promise<Visitor | undefined> {
  const session = await findSession(context, request)
  const account = session && (await findAccount(context.app.store, session.account))
  return account && { session, account }
}

/** True where the person has proved a short while ago who they are. */
export function isFresh({ session }: Visitor): boolean {
  return Date.now() - session.authTime < FRESH_MS
}

/** Sends the browser to the login, or to prove once more who they are, and from there back to `path`. */
export function sendTo(
  { urls }: SmartContext,
  reply: FastifyReply,
  page: 'login' | 'reauthenticate',
  path: string,
): FastifyReply {
  return seeOther(reply, `${new URL(urls.issuer).pathname}/${page}?return=${encodeURIComponent(path)}`)
}
