// The login page: login name and password, a passkey, or an OpenID provider. https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { findAskedAt } from '../authorize/pending.ts'
import type { SmartContext } from '../context.ts'
import { readForm } from '../csrf.ts'
import { type Form, parseQuery } from '../form.ts'
import { listLoginIssuers } from '../issuers/login-issuer.ts'
import { html } from '../pages/html.ts'
import { languageOf, sendPage, toFormTarget } from '../pages/send-page.ts'
import { seeOther } from '../see-other.ts'
import { endSession } from '../session.ts'
import { hiddenFields, issuerForms, passkeyForm } from './parts.ts'
import { toRpId } from './passkey.ts'
import { letIn, prove } from './prove.ts'
import { toReturnPath } from './return-path.ts'

const TEXT = {
  en: {
    title: 'Log in',
    wrong: 'That did not match. Check the login name and the password, then try again.',
    login: 'Login name',
    password: 'Password',
    submit: 'Log in',
    passkey: 'Log in with a passkey',
    others: 'Other ways to log in',
  },
  ja: {
    title: 'ログイン',
    wrong: '一致しませんでした。ログイン名とパスワードを確かめて、もう一度お試しください。',
    login: 'ログイン名',
    password: 'パスワード',
    submit: 'ログイン',
    passkey: 'パスキーでログイン',
    others: 'ほかの方法でログイン',
  },
} as const

const MAX_LOGIN_CHARS = 256

/** Serves `/auth/login?return=PATH` and `/auth/logout`. */
export function registerLogin(app: FastifyInstance, context: SmartContext): void {
  const { urls } = context
  app.get(`${urls.rootPath}/auth/login`, (request, reply) =>
    sendLoginPage(context, request, reply, parseQuery(request)),
  )
  app.post(`${urls.rootPath}/auth/login`, async (request, reply) => {
    const form = readForm(context, request)
    const proof = await prove(context, request, form)
    if (!proof) return sendLoginPage(context, request, reply, form, 400)
    await letIn(context, request, reply, proof)
    return seeOther(reply, toReturnPath(urls, form['return']))
  })
  app.post(`${urls.rootPath}/auth/logout`, async (request, reply) => {
    readForm(context, request)
    await endSession(context, request, reply)
    return seeOther(reply, `${urls.rootPath}/auth/login`)
  })
}

async function sendLoginPage(
  context: SmartContext,
  request: FastifyRequest,
  reply: FastifyReply,
  form: Form,
  status = 200,
): Promise<FastifyReply> {
  const { urls } = context
  const back = toReturnPath(urls, form['return'])
  const asked = await findAskedAt(context, request, reply, back)
  const language = languageOf(context, request, asked?.uiLocales)
  const text = TEXT[language]
  const login = form['login'] ?? asked?.loginHint?.slice(0, MAX_LOGIN_CHARS)
  const hidden = hiddenFields(context, request, reply, { return: back })
  const action = `${urls.issuer}/login`
  const address = `${urls.rootPath}/auth/login?return=${encodeURIComponent(back)}`
  const issuers = await listLoginIssuers(context.app.store)
  const hasPasskeys = toRpId(urls) !== undefined
  const isWrong = status !== 200
  const body = html`${isWrong && html`<p class="error" role="alert" id="wrong">${text.wrong}</p>`}
<form method="post" action="${action}">
${hidden}
<p><label for="login">${text.login}</label>
<input id="login" name="login" type="text" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="${MAX_LOGIN_CHARS}" required value="${login}"${isWrong && html` aria-describedby="wrong" aria-invalid="true"`}></p>
<p><label for="password">${text.password}</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="512" required${isWrong && html` aria-describedby="wrong" aria-invalid="true"`}></p>
<p><button type="submit" class="primary">${text.submit}</button></p>
</form>
${hasPasskeys && passkeyForm(context, language, { use: 'login', action, label: text.passkey, hidden })}
${issuers.length > 0 && html`<h2>${text.others}</h2>`}
${issuerForms(context, language, issuers, hidden)}`
  const scripts = hasPasskeys ? ['passkey.js'] : []
  // A browser follows no redirect after a form that the policy of its page does not name: the app may need no further page.
  const formTargets = asked && [toFormTarget(asked.redirectUri)]
  return sendPage(context, reply, {
    title: text.title,
    body,
    language,
    status,
    scripts,
    address,
    formTargets,
  })
}
