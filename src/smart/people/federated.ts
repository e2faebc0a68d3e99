// The way to an OpenID provider and back: to log in, to prove once more who one is, or to link it with an account.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { noteEvent, toJournal } from '../audit.ts'
import type { SmartContext } from '../context.ts'
import { readForm } from '../csrf.ts'
import { type KnownIssuer, listLoginIssuers, nameOfIssuer } from '../issuers/login-issuer.ts'
import { tryCommit } from '../once.ts'
import { PageError } from '../page-error.ts'
import { html } from '../pages/html.ts'
import { languageOf, sendPage } from '../pages/send-page.ts'
import { seeOther } from '../see-other.ts'
import { startSession, toPerson } from '../session.ts'
import { buildLink, findLinked } from './federated-account.ts'
import { type Flow, keepFlow, takeFlow, toUse } from './federated-flow.ts'
import { type Arrival, openProviders, type Providers, toCallback } from './federation.ts'
import { toReturnPath } from './return-path.ts'
import { countRequest } from './throttle.ts'
import { findVisitor, isFresh, sendTo } from './visitor.ts'

const TEXT = {
  en: {
    leaving: (name: string) => `On to ${name}`,
    go: (name: string) => `Continue to ${name}`,
    title: 'Not logged in',
    unknown:
      'No account here is linked with this login. Log in another way and link it under “Ways to log in”, or ask your contact here.',
    taken: 'This login is linked with an account already.',
    failed: 'The login did not come to an end. Begin again.',
    back: 'Back to the login',
  },
  ja: {
    leaving: (name: string) => `${name}へ移動します`,
    go: (name: string) => `${name}へ進む`,
    title: 'ログインできませんでした',
    unknown:
      'このログインに結び付いたアカウントはありません。別の方法でログインして「ログイン方法」で登録するか、担当窓口にお問い合わせください。',
    taken: 'このログインはすでにアカウントに結び付いています。',
    failed: 'ログインが完了しませんでした。最初からやり直してください。',
    back: 'ログインへ戻る',
  },
} as const

/** How far the clocks of two servers may be apart. */
const SKEW_MS = 60_000

/** Serves `/auth/federated/ID` and `/auth/federated/callback`. */
export function registerFederated(app: FastifyInstance, context: SmartContext): void {
  const { rootPath } = context.urls
  const providers = openProviders(context)
  app.post<{ Params: { id: string } }>(`${rootPath}/auth/federated/:id`, (request, reply) =>
    depart(context, providers, request, reply, request.params.id),
  )
  app.get(`${rootPath}/auth/federated/callback`, (request, reply) =>
    arrive(context, providers, request, reply),
  )
}

async function depart(
  context: SmartContext,
  providers: Providers,
  request: FastifyRequest,
  reply: FastifyReply,
  id: string,
): Promise<FastifyReply> {
  const form = readForm(context, request)
  await countRequest(context, request)
  const issuer = await findIssuer(context, id)
  const use = toUse(form['use'])
  const back = toReturnPath(context.urls, form['return'])
  const visitor = use === 'login' ? undefined : await findVisitor(context, request)
  if (use !== 'login' && !visitor) return sendTo(context, reply, 'login', back)
  if (use === 'link' && visitor && !isFresh(visitor)) return sendTo(context, reply, 'reauthenticate', back)
  const departure = await providers.depart(issuer, use !== 'login').catch((error: unknown) => {
    request.log.warn({ issuer: id, code: codeOf(error) }, 'an OpenID provider does not answer')
    throw new PageError('unavailable')
  })
  await keepFlow(context, request, departure, {
    issuer: id,
    use,
    return: back,
    ...(visitor && { account: visitor.account.id }),
  })
  return sendLeaving(context, request, reply, issuer, departure.url)
}

// Not a redirect: a form may lead to this server alone, by the policy of every page.
function sendLeaving(
  context: SmartContext,
  request: FastifyRequest,
  reply: FastifyReply,
  issuer: KnownIssuer,
  url: URL,
): FastifyReply {
  const language = languageOf(context, request)
  const name = nameOfIssuer(issuer, language)
  const body = html`<p><a href="${url.href}" rel="noreferrer">${TEXT[language].go(name)}</a></p>`
  reply.header('refresh', `0; url=${url.href}`)
  return sendPage(context, reply, { title: TEXT[language].leaving(name), body, language })
}

async function arrive(
  context: SmartContext,
  providers: Providers,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  await countRequest(context, request)
  const url = new URL(toCallback(context.urls.issuer))
  url.search = request.url.slice(request.url.indexOf('?') + 1)
  const state = url.searchParams.get('state') ?? ''
  const flow = await takeFlow(context, request, state)
  const issuer = await findIssuer(context, flow.issuer)
  const kept = { state, nonce: flow.nonce, verifier: flow.verifier }
  let arrival: Arrival
  try {
    arrival = await providers.arrive(issuer, url, kept, flow.use !== 'login')
  } catch (error) {
    request.log.warn({ issuer: flow.issuer, code: codeOf(error) }, 'a login at an OpenID provider failed')
    return refuse(context, request, reply, 'failed')
  }
  // Whatever `prompt` has come to: who is to prove something anew has done it since.
  if (flow.use !== 'login' && arrival.authTime < flow.startedAt - SKEW_MS)
    return refuse(context, request, reply, 'failed')
  return flow.use === 'link'
    ? link(context, request, reply, flow, issuer, arrival)
    : enter(context, request, reply, flow, issuer, arrival)
}

async function enter(
  context: SmartContext,
  request: FastifyRequest,
  reply: FastifyReply,
  flow: Flow,
  { issuer }: KnownIssuer,
  { subject, authTime }: Arrival,
): Promise<FastifyReply> {
  const account = await findLinked(context.app.store, issuer, subject)
  if (!account || (flow.account !== undefined && flow.account !== account.id))
    return refuse(context, request, reply, 'unknown')
  const provedAt = flow.use === 'login' ? authTime : Date.now()
  await startSession(context, request, reply, account, ['fed'], provedAt)
  return seeOther(reply, flow.return)
}

async function link(
  context: SmartContext,
  request: FastifyRequest,
  reply: FastifyReply,
  flow: Flow,
  { issuer }: KnownIssuer,
  { subject }: Arrival,
): Promise<FastifyReply> {
  const visitor = await findVisitor(context, request)
  if (visitor?.account.id !== flow.account || !visitor) throw new PageError('stale')
  const journal = toJournal(context, { event: 'credential', grant: toPerson(visitor.account) })
  if (!(await tryCommit(context.app.store, [buildLink(visitor.account.id, issuer, subject)], journal)))
    return refuse(context, request, reply, 'taken')
  return seeOther(reply, flow.return)
}

async function refuse(
  context: SmartContext,
  request: FastifyRequest,
  reply: FastifyReply,
  reason: 'unknown' | 'taken' | 'failed',
): Promise<FastifyReply> {
  await noteEvent(context, { event: 'login', outcome: 4, reason: `federated-${reason}` })
  const language = languageOf(context, request)
  const text = TEXT[language]
  const body = html`<p role="alert">${text[reason]}</p>
<p><a href="${context.urls.issuer}/login">${text.back}</a></p>`
  return sendPage(context, reply, {
    title: text.title,
    body,
    language,
    status: reason === 'unknown' ? 403 : 400,
  })
}

async function findIssuer({ app }: SmartContext, id: string): Promise<KnownIssuer> {
  const found = (await listLoginIssuers(app.store)).find((issuer) => issuer.id === id)
  if (!found) throw new PageError('not-found')
  return found
}

// A code of the library's own: what a provider says in words is not logged.
function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code ?? (error as Error).name)
}
