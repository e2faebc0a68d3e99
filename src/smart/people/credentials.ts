// What a person logs in with, changed by the person: password, passkeys, linked providers, sessions. https://pages.nist.gov/800-63-4/sp800-63b.html#sec5
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { RecordChange } from '../../store/store.ts'
import { toJournal } from '../audit.ts'
import type { SmartContext } from '../context.ts'
import { readForm } from '../csrf.ts'
import { type Form, parseQuery } from '../form.ts'
import { tryCommit } from '../once.ts'
import { seeOther } from '../see-other.ts'
import { endSessionsOf, startSession, toPerson } from '../session.ts'
import { setPassword } from './accounts.ts'
import { sendCredentialsPage } from './credentials-page.ts'
import { DONE, type Notice } from './credentials-text.ts'
import { LINKS, listLinks, toLinkKey } from './federated-account.ts'
import { listPasskeys, PASSKEYS, verifyRegistration } from './passkey.ts'
import { findPasswordProblem } from './password-rules.ts'
import { countRequest } from './throttle.ts'
import { findVisitor, isFresh, sendTo, type Visitor } from './visitor.ts'

/** One change; returns what the person is told. */
type Act = (
  context: SmartContext,
  request: FastifyRequest,
  reply: FastifyReply,
  visitor: Visitor,
  form: Form,
) => Promise<Notice>

const MAX_NAME_CHARS = 60

/** What is posted to `/auth/credentials/NAME`. */
const ACTS: Readonly<Record<string, Act>> = {
  password: changePassword,
  'add-passkey': addPasskey,
  'remove-passkey': removePasskey,
  unlink,
  'end-sessions': endOthers,
}

/** Serves `/auth/credentials`; every change but ending sessions needs a fresh proof of who the person is. */
export function registerCredentials(app: FastifyInstance, context: SmartContext): void {
  const path = `${context.urls.rootPath}/auth/credentials`
  app.get(path, async (request, reply) => {
    const visitor = await findVisitor(context, request)
    if (!visitor) return sendTo(context, reply, 'login', path)
    const { confirm, done = '' } = parseQuery(request)
    if (confirm !== undefined && !isFresh(visitor)) return sendTo(context, reply, 'reauthenticate', path)
    return sendCredentialsPage(
      context,
      request,
      reply,
      visitor,
      DONE.has(done) ? (done as Notice) : undefined,
    )
  })
  for (const [name, act] of Object.entries(ACTS))
    app.post(`${path}/${name}`, async (request, reply) => {
      const form = readForm(context, request)
      await countRequest(context, request)
      const visitor = await findVisitor(context, request)
      if (!visitor) return sendTo(context, reply, 'login', path)
      if (name !== 'end-sessions' && !isFresh(visitor)) return sendTo(context, reply, 'reauthenticate', path)
      const notice = await act(context, request, reply, visitor, form)
      return DONE.has(notice)
        ? seeOther(reply, `${path}?done=${notice}`)
        : sendCredentialsPage(context, request, reply, visitor, notice)
    })
}

async function changePassword(
  context: SmartContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { account, session }: Visitor,
  form: Form,
): Promise<Notice> {
  const { password = '', again } = form
  const problem = findPasswordProblem(password, account.login)
  if (problem !== undefined) return problem
  if (password !== again) return 'differs'
  await setPassword(context.app.store, account, password, { journal: toNote(context, account) })
  // All sessions have ended, this one too: it goes on under a new cookie.
  await startSession(context, request, reply, account, session.amr, session.authTime)
  return 'password'
}

async function addPasskey(
  context: SmartContext,
  request: FastifyRequest,
  _reply: FastifyReply,
  { account }: Visitor,
  form: Form,
): Promise<Notice> {
  const name = (form['name'] ?? '').trim().slice(0, MAX_NAME_CHARS)
  const row = await verifyRegistration(context, request, account, form['passkey'] ?? '', name)
  if (!row) return 'failed'
  return (await change(context, account, [row])) ? 'added' : 'failed'
}

async function removePasskey(
  context: SmartContext,
  _request: FastifyRequest,
  _reply: FastifyReply,
  { account }: Visitor,
  { id }: Form,
): Promise<Notice> {
  const known = (await listPasskeys(context.app.store, account.id)).find((each) => each.id === id)
  if (!known) return 'gone'
  if (await isLast(context, account)) return 'last'
  await change(context, account, [{ kind: 'delete', collection: PASSKEYS, key: known.id }])
  return 'removed'
}

async function unlink(
  context: SmartContext,
  _request: FastifyRequest,
  _reply: FastifyReply,
  { account }: Visitor,
  { issuer, subject }: Form,
): Promise<Notice> {
  const links = await listLinks(context.app.store, account.id)
  const known = links.find((each) => each.issuer === issuer && each.subject === subject)
  if (!known) return 'gone'
  if (await isLast(context, account)) return 'last'
  const key = toLinkKey(known.issuer, known.subject)
  await change(context, account, [{ kind: 'delete', collection: LINKS, key }])
  return 'removed'
}

async function endOthers(
  context: SmartContext,
  _request: FastifyRequest,
  _reply: FastifyReply,
  { account, session }: Visitor,
): Promise<Notice> {
  await endSessionsOf(context, account.id, session.key)
  return 'ended'
}

type Owner = Visitor['account']

async function isLast({ app }: SmartContext, account: Owner): Promise<boolean> {
  const passkeys = await listPasskeys(app.store, account.id)
  const links = await listLinks(app.store, account.id)
  return passkeys.length + links.length + (account.password === undefined ? 0 : 1) <= 1
}

function change(context: SmartContext, account: Owner, records: readonly RecordChange[]): Promise<boolean> {
  return tryCommit(context.app.store, records, toNote(context, account))
}

function toNote(context: SmartContext, account: Owner) {
  return toJournal(context, { event: 'credential', grant: toPerson(account) })
}
