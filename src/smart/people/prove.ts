// How a person proves who they are to this server: with a password or a passkey. Every failure looks the same from outside.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { noteEvent } from '../audit.ts'
import type { SmartContext } from '../context.ts'
import type { Form } from '../form.ts'
import { startSession, toPerson } from '../session.ts'
import { findByLogin, rehashPassword } from './accounts.ts'
import { rememberDevice, toAttemptName } from './device.ts'
import { verifyPasskey } from './passkey.ts'
import { verifyPassword } from './password.ts'
import type { Proof } from './proof.ts'
import { clearAttempts, countAttempt, countRequest } from './throttle.ts'

/**
 * Returns who the fields `passkey`, or `login` and `password`, prove somebody to be; undefined where they prove nothing,
 * which is on record then. Throws PageError `throttled` where too much was tried.
 */
export async function prove(
  context: SmartContext,
  request: FastifyRequest,
  form: Form,
): Promise<Proof | undefined> {
  await countRequest(context, request)
  if (form['passkey'] !== undefined) return verifyPasskey(context, request, form['passkey'])
  return provePassword(context, request, form['login'] ?? '', form['password'] ?? '')
}

/** Starts the session of somebody who has proved who they are; failures before are forgotten. */
export async function letIn(
  context: SmartContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { account, amr }: Proof,
): Promise<void> {
  await startSession(context, request, reply, account, amr)
  rememberDevice(context, reply, account.login)
}

async function provePassword(
  context: SmartContext,
  request: FastifyRequest,
  login: string,
  password: string,
): Promise<Proof | undefined> {
  const { store } = context.app
  const name = toAttemptName(context, request, login)
  await countAttempt(context, name)
  const account = await findByLogin(store, login)
  const { isRight, isOutdated } = await verifyPassword(password, account?.password)
  if (!account || !isRight || account.status !== 'active') {
    const grant = account ? toPerson(account) : {}
    await noteEvent(context, { event: 'login', outcome: 4, grant, reason: 'wrong-credentials' })
    return undefined
  }
  await clearAttempts(context, name)
  // Another change at the same time goes first; the hash is made anew at the next login.
  if (isOutdated) await rehashPassword(store, account, password).catch(() => undefined)
  return { account, amr: ['pwd'] }
}
