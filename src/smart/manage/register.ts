// Pages on which a person sees and ends what apps may do, and who has used their record. https://hl7.org/fhir/smart-app-launch/conformance.html (management_endpoint)
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Account } from '../account.ts'
import type { SmartContext } from '../context.ts'
import { readForm, toCsrfToken } from '../csrf.ts'
import { parseQuery } from '../form.ts'
import { PageError } from '../page-error.ts'
import { languageOf, sendPage } from '../pages/send-page.ts'
import { ownPatient } from '../pages/tabs.ts'
import { findVisitor, sendTo } from '../people/visitor.ts'
import { seeOther } from '../see-other.ts'
import { listApps } from './apps.ts'
import { appsPage } from './apps-page.ts'
import { endAccess } from './end.ts'
import { readHistory } from './history.ts'
import { historyPage } from './history-page.ts'

/** Serves `/auth/manage` with its form, and `/auth/history`; whoever is not logged in is sent to the login. */
export function registerManage(app: FastifyInstance, context: SmartContext): void {
  const path = `${context.urls.rootPath}/auth`
  app.get(`${path}/manage`, async (request, reply) => {
    const { account } = (await findVisitor(context, request)) ?? {}
    if (!account) return sendTo(context, reply, 'login', request.url)
    return sendApps(context, request, reply, account, parseQuery(request)['ended'])
  })
  app.post(`${path}/manage/end`, async (request, reply) => {
    const form = readForm(context, request)
    const { account } = (await findVisitor(context, request)) ?? {}
    if (!account) throw new PageError('stale')
    const id = form['authorization'] ?? ''
    if ((await endAccess(context, account, id)) === 'not-found') throw new PageError('not-found')
    return seeOther(reply, `${path}/manage?ended=${encodeURIComponent(id)}`)
  })
  app.get(`${path}/history`, async (request, reply) => {
    const { account } = (await findVisitor(context, request)) ?? {}
    if (!account) return sendTo(context, reply, 'login', request.url)
    const self = ownPatient(account)
    if (self === undefined) throw new PageError('not-found')
    const language = languageOf(context, request)
    const page = await readHistory(context, self, language, parseQuery(request)['after'])
    const { timeZone } = context.settings
    const content = historyPage({ ...page, self, path, timeZone, account }, language)
    return sendPage(context, reply, { ...content, language, account: account.name })
  })
}

/** `ended`: the id of one that is said to have just ended. */
async function sendApps(
  context: SmartContext,
  request: FastifyRequest,
  reply: FastifyReply,
  account: Account,
  ended?: string,
): Promise<FastifyReply> {
  const language = languageOf(context, request)
  const apps = await listApps(context, account, language)
  const found = apps.find(({ id, endedAt }) => id === ended && endedAt !== undefined)
  const view = {
    apps,
    ...(found && { ended: found }),
    account,
    csrf: toCsrfToken(context, request, reply),
    path: `${context.urls.rootPath}/auth`,
    timeZone: context.settings.timeZone,
  }
  const content = appsPage(view, language)
  // What a form is answered with is found where the form was.
  return sendPage(context, reply, {
    ...content,
    language,
    account: account.name,
    address: `${view.path}/manage`,
  })
}
