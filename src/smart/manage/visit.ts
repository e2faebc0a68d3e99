// Who looks at their own pages: the account of the session, or the way to the login.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Principal, type TokenGrant, toPrincipal } from '../../access/principal.ts'
import { type Account, findAccount } from '../account.ts'
import type { SmartContext } from '../context.ts'
import { findSession } from '../session.ts'

/** Returns the account that is logged in at this browser; undefined for nobody, and for one that was disabled. */
export async function findVisitor(
  context: SmartContext,
  request: FastifyRequest,
): Promise<Account | undefined> {
  const session = await findSession(context, request)
  return session && findAccount(context.app.store, session.account)
}

/** Sends the browser to the login, and from there back to what it asked for. */
export function sendToLogin(
  { urls }: SmartContext,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const back = encodeURIComponent(request.url)
  return reply.header('cache-control', 'no-store').redirect(`${urls.rootPath}/auth/login?return=${back}`, 303)
}

/** What these pages name as the client in what they do. */
const CLIENT = 'musubi'
const MOMENT_MS = 60_000

/** Returns somebody as they stand at these pages: as in `grant`, with all their own rights, for a moment. */
export function toOwnPrincipal(
  { app }: SmartContext,
  grant: Pick<TokenGrant, 'subject' | 'patient' | 'act' | 'organization' | 'purpose'>,
): Principal {
  const { subject, patient, act, organization, purpose } = grant
  return toPrincipal(
    {
      subject,
      purpose,
      client: CLIENT,
      scope: 'patient/*.cruds',
      expiresAt: Date.now() + MOMENT_MS,
      ...(patient !== undefined && { patient }),
      ...(act !== undefined && { act }),
      ...(organization !== undefined && { organization }),
    },
    app.definitions,
  )
}
