// The developer page is open to everybody; its form registers a test app as the registration endpoint does.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { registerClient } from '../clients/register-client.ts'
import type { SmartContext } from '../context.ts'
import { readForm, toCsrfToken } from '../csrf.ts'
import type { Form } from '../form.ts'
import { limitAddress } from '../limits.ts'
import { OAuthError } from '../oauth-error.ts'
import { languageOf, sendPage } from '../pages/send-page.ts'
import { developersPage } from './page.ts'
import { type RegistrationView, toMetadata } from './registration-form.ts'

/** Serves `/developers`, and `/developers/register`, where attempts of an address count together with those at the registration endpoint. */
export function registerDevelopers(app: FastifyInstance, context: SmartContext): void {
  const path = `${context.urls.rootPath}/developers`
  app.get(path, (request, reply) => send(context, request, reply, {}))
  app.post(`${path}/register`, { onRequest: limitAddress(context.registrations) }, async (request, reply) => {
    const filled = readForm(context, request)
    return send(context, request, reply, await register(context, filled))
  })
}

type Outcome = Pick<RegistrationView, 'filled' | 'error' | 'registered'>

async function register(context: SmartContext, filled: Form): Promise<Outcome> {
  try {
    const { client, secret } = await registerClient(context, toMetadata(filled), 'registration')
    const { id, status } = client
    return { registered: { id, status, ...(secret !== undefined && { secret }) } }
  } catch (error) {
    if (error instanceof OAuthError && error.status < 500) return { filled, error: error.message }
    throw error
  }
}

function send(
  context: SmartContext,
  request: FastifyRequest,
  reply: FastifyReply,
  outcome: Outcome,
): FastifyReply {
  const language = languageOf(context, request)
  const { urls, settings } = context
  const csrf = toCsrfToken(context, request, reply)
  const view = { ...outcome, urls, csrf, mode: settings.registration }
  const status = outcome.error === undefined ? 200 : 400
  return sendPage(context, reply, {
    ...developersPage(view, language),
    language,
    status,
    scripts: ['copy.js'],
    address: `${urls.rootPath}/developers`,
  })
}
