// The authorization endpoint and the pages that answer it. https://www.rfc-editor.org/rfc/rfc6749#section-3.1
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { noteEvent } from '../audit.ts'
import type { Authorization } from '../authorization.ts'
import type { Client } from '../client.ts'
import type { SmartContext } from '../context.ts'
import { readForm } from '../csrf.ts'
import { type Form, parseFormBody, parseQuery } from '../form.ts'
import { OAuthError } from '../oauth-error.ts'
import { PageError } from '../page-error.ts'
import { sendPage, toFormTarget } from '../pages/send-page.ts'
import { seeOther } from '../see-other.ts'
import { findSession } from '../session.ts'
import { decide } from './decided.ts'
import { findLaunch } from './launch.ts'
import { claimPending, findPending, keepPending, type Pending, startPending } from './pending.ts'
import { redirect, redirectError } from './redirect.ts'
import { readDestination, readRequest } from './request.ts'
import {
  askConsent,
  askElevation,
  askIdentity,
  askPatient,
  type Turn,
  toLanguage,
  type Visit,
} from './screens.ts'
import { nextStep, type Question, type Step } from './step.ts'

/** As much as fits into a URL, where the same is sent by GET, and more: a request is kept for a while, whoever sends it. */
const MAX_REQUEST_BYTES = 32 * 1024

/** Adds `GET` and `POST /auth/authorize`, and `/auth/go/ID`, where a request goes on until it is answered. */
export function registerAuthorize(app: FastifyInstance, context: SmartContext): void {
  const { rootPath } = context.urls
  app.get(`${rootPath}/auth/authorize`, (request, reply) => begin(context, reply, parseQuery(request)))
  app.post(`${rootPath}/auth/authorize`, { bodyLimit: MAX_REQUEST_BYTES }, (request, reply) =>
    begin(context, reply, parseFormBody(request.headers['content-type'], request.body)),
  )
  app.get<{ Params: { id: string } }>(`${rootPath}/auth/go/:id`, (request, reply) =>
    goOn(context, request, reply, request.params.id),
  )
  app.post<{ Params: { id: string } }>(
    `${rootPath}/auth/go/:id`,
    { bodyLimit: MAX_REQUEST_BYTES },
    (request, reply) => goOn(context, request, reply, request.params.id, readForm(context, request)),
  )
}

// Nothing is redirected to the app before it is known that the address is its own.
async function begin(context: SmartContext, reply: FastifyReply, form: Form): Promise<FastifyReply> {
  const destination = await readDestination(context, form)
  try {
    const asked = readRequest(context, destination, form)
    const launch =
      asked.launch === undefined ? undefined : await findLaunch(context, asked.launch, destination.client.id)
    const pending = await startPending(context, asked, launch)
    return seeOther(reply, `${context.urls.issuer}/go/${pending.id}`)
  } catch (error) {
    return refuse(context, reply, destination.client, destination, error)
  }
}

async function goOn(
  context: SmartContext,
  request: FastifyRequest,
  reply: FastifyReply,
  id: string,
  form?: Form,
): Promise<FastifyReply> {
  const { pending, isNew } = await findPending(context, request, reply, id)
  const client = await context.clients.findActive(pending.request.client)
  if (!client) throw new PageError('unknown-client')
  // It may have been taken from the registration since.
  if (!client.metadata.redirect_uris.includes(pending.request.redirectUri))
    throw new PageError('bad-redirect')
  const visit: Visit = { context, request, reply, pending, client, ...(form && { form }) }
  try {
    const session = await findSession(context, request)
    const step = await nextStep(context, pending, client, session)
    // What is answered at once needs no keeping.
    if (isNew && step.kind !== 'remembered') await keepPending(context, pending)
    return await answer(visit, step)
  } catch (error) {
    return refuse(context, reply, client, pending.request, error)
  }
}

async function answer(visit: Visit, step: Step): Promise<FastifyReply> {
  const { context, reply, pending } = visit
  const { issuer, rootPath } = context.urls
  const here = encodeURIComponent(`${rootPath}/auth/go/${pending.id}`)
  assertMayAsk(pending, step)
  switch (step.kind) {
    case 'login':
      return seeOther(reply, `${issuer}/login?return=${here}`)
    case 'reauthenticate':
      return seeOther(reply, `${issuer}/reauthenticate?return=${here}`)
    case 'identity':
      return takeTurn(visit, await askIdentity(visit, step))
    case 'patient':
      return takeTurn(visit, await askPatient(visit, step))
    case 'elevate':
      return takeTurn(visit, await askElevation(visit, step))
    case 'consent':
      return takeTurn(visit, await askConsent(visit, step), step.question)
    case 'remembered':
      return finish(visit, step.question, { ...step.before, before: step.before })
  }
}

// prompt=none: the app wants an answer without a page, and gets the reason why there must be one.
function assertMayAsk({ request }: Pending, { kind }: Step): void {
  if (!request.prompt.includes('none') || kind === 'remembered') return
  if (kind === 'login' || kind === 'reauthenticate')
    throw new OAuthError('login_required', 'The user must log in')
  if (kind === 'consent') throw new OAuthError('consent_required', 'The user must be asked')
  throw new OAuthError('interaction_required', 'The user must choose')
}

async function takeTurn(visit: Visit, turn: Turn, question?: Question): Promise<FastifyReply> {
  const { context, reply, pending } = visit
  if (turn.kind === 'decided') return finish(visit, question!, turn.decision)
  if (turn.kind === 'kept') {
    await keepPending(context, turn.pending)
    return seeOther(reply, `${context.urls.issuer}/go/${pending.id}`)
  }
  const { title, body } = turn
  return sendPage(context, reply, {
    title,
    body,
    language: toLanguage(visit),
    formTargets: [toFormTarget(pending.request.redirectUri)],
  })
}

interface Granted {
  readonly scope: string
  readonly until?: number
  /** What had answered the same question. */
  readonly before?: Authorization
}

async function finish(visit: Visit, question: Question, granted: Granted): Promise<FastifyReply> {
  const { context, reply, pending, client } = visit
  const { session, capacity, purpose, asked } = question
  const { scope, until, before } = granted
  if (before === undefined) await claimPending(context, pending)
  const code = await decide(context, {
    pending,
    client,
    session,
    capacity,
    purpose,
    asked,
    scope,
    ...(until !== undefined && { until }),
    ...(before && { before }),
  })
  return redirect(reply, pending.request, { code })
}

async function refuse(
  context: SmartContext,
  reply: FastifyReply,
  { id }: Client,
  to: { readonly redirectUri: string; readonly state?: string },
  error: unknown,
): Promise<FastifyReply> {
  if (!(error instanceof OAuthError)) throw error
  await noteEvent(context, { event: 'authorize', outcome: 4, client: id, reason: error.code })
  return redirectError(reply, to, error)
}
