// Step-up: somebody who is logged in proves once more who they are, and goes on in a new session. https://pages.nist.gov/800-63-4/sp800-63b.html#reauth
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { findAskedAt } from '../authorize/pending.ts'
import type { SmartContext } from '../context.ts'
import { readForm } from '../csrf.ts'
import { parseQuery } from '../form.ts'
import { html } from '../pages/html.ts'
import { languageOf, sendPage, toFormTarget } from '../pages/send-page.ts'
import { seeOther } from '../see-other.ts'
import { linkedIssuers } from './federated-account.ts'
import { hiddenFields, issuerForms, passkeyForm } from './parts.ts'
import { listPasskeys, toRpId } from './passkey.ts'
import { letIn, prove } from './prove.ts'
import { toReturnPath } from './return-path.ts'
import { findVisitor, sendTo, type Visitor } from './visitor.ts'

const TEXT = {
  en: {
    title: 'Confirm that it is you',
    why: 'What you are about to do needs a fresh proof of who you are.',
    wrong: 'That did not match. Try again.',
    password: 'Password',
    submit: 'Confirm',
    passkey: 'Confirm with a passkey',
  },
  ja: {
    title: '本人確認',
    why: 'この操作の前に、もう一度ご本人であることを確認します。',
    wrong: '一致しませんでした。もう一度お試しください。',
    password: 'パスワード',
    submit: '確認する',
    passkey: 'パスキーで確認する',
  },
} as const

/** Serves `/auth/reauthenticate?return=PATH`; the session that goes on from there has a new `authTime`. */
export function registerReauthenticate(app: FastifyInstance, context: SmartContext): void {
  const { urls } = context
  const path = `${urls.rootPath}/auth/reauthenticate`
  app.get(path, async (request, reply) => {
    const back = toReturnPath(urls, parseQuery(request)['return'])
    const visitor = await findVisitor(context, request)
    return visitor
      ? sendConfirmPage(context, request, reply, visitor, back)
      : sendTo(context, reply, 'login', back)
  })
  app.post(path, async (request, reply) => {
    const form = readForm(context, request)
    const back = toReturnPath(urls, form['return'])
    const visitor = await findVisitor(context, request)
    if (!visitor) return sendTo(context, reply, 'login', back)
    const proof = await prove(context, request, { ...form, login: visitor.account.login })
    if (proof?.account.id !== visitor.account.id)
      return sendConfirmPage(context, request, reply, visitor, back, 400)
    await letIn(context, request, reply, proof)
    return seeOther(reply, back)
  })
}

async function sendConfirmPage(
  context: SmartContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { account }: Visitor,
  back: string,
  status = 200,
): Promise<FastifyReply> {
  const asked = await findAskedAt(context, request, reply, back)
  const language = languageOf(context, request, asked?.uiLocales)
  const text = TEXT[language]
  const hidden = hiddenFields(context, request, reply, { return: back })
  const action = `${context.urls.issuer}/reauthenticate`
  const hasPasskey =
    toRpId(context.urls) !== undefined && (await listPasskeys(context.app.store, account.id)).length > 0
  const issuers = await linkedIssuers(context.app.store, account.id)
  const again = hiddenFields(context, request, reply, { return: back, use: 'reauthenticate' })
  const body = html`<p>${text.why}</p>
${status !== 200 && html`<p class="error" role="alert" id="wrong">${text.wrong}</p>`}
${
  account.password !== undefined &&
  html`<form method="post" action="${action}">
${hidden}
<input type="text" name="username" autocomplete="username" value="${account.login}" hidden>
<p><label for="password">${text.password}</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="512" required></p>
<p><button type="submit" class="primary">${text.submit}</button></p>
</form>`
}
${hasPasskey && passkeyForm(context, language, { use: 'login', action, label: text.passkey, hidden })}
${issuerForms(context, language, issuers, again)}`
  const scripts = hasPasskey ? ['passkey.js'] : []
  return sendPage(context, reply, {
    title: text.title,
    body,
    language,
    status,
    scripts,
    ...(asked && { formTargets: [toFormTarget(asked.redirectUri)] }),
    account: account.name,
    address: `${new URL(action).pathname}?return=${encodeURIComponent(back)}`,
  })
}
