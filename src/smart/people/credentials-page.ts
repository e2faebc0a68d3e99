// The page of what a person logs in with.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Language } from '../../fhir/outcome.ts'
import type { SmartContext } from '../context.ts'
import { listLoginIssuers, nameOfIssuer } from '../issuers/login-issuer.ts'
import { toTime } from '../pages/dates.ts'
import { type Html, html } from '../pages/html.ts'
import { actions, notice as tellNotice } from '../pages/parts.ts'
import { languageOf, sendPage } from '../pages/send-page.ts'
import { tabs } from '../pages/tabs.ts'
import { listSessions } from '../session.ts'
import { DONE, type Notice, TEXT, tell } from './credentials-text.ts'
import { listLinks } from './federated-account.ts'
import { hiddenFields, issuerForms, passkeyForm } from './parts.ts'
import { listPasskeys, toRpId } from './passkey.ts'
import { isFresh, type Visitor } from './visitor.ts'

interface Sheet {
  readonly context: SmartContext
  readonly language: Language
  readonly action: string
  readonly hidden: Html
  /** Hidden fields with others beside them. */
  fields(others: Readonly<Record<string, string>>): Html
}

/** Sends the page, with what has just been done. */
export async function sendCredentialsPage(
  context: SmartContext,
  request: FastifyRequest,
  reply: FastifyReply,
  visitor: Visitor,
  notice?: Notice,
): Promise<FastifyReply> {
  const language = languageOf(context, request)
  const text = TEXT[language]
  const fields: Sheet['fields'] = (others) => hiddenFields(context, request, reply, others)
  const action = `${context.urls.issuer}/credentials`
  const sheet: Sheet = { context, language, action, hidden: fields({}), fields }
  const isDone = notice === undefined || DONE.has(notice)
  const body = html`${tabs(new URL(context.urls.issuer).pathname, 'credentials', visitor.account, language)}
${notice !== undefined && tellNotice(isDone ? 'success' : 'error', tell(notice, language))}
${!isFresh(visitor) && tellNotice('info', html`<a href="${action}?confirm=1">${text.confirm}</a>`)}
${passwordPart(sheet, visitor)}
${await passkeysPart(sheet, visitor)}
${await providersPart(sheet, visitor)}
${await sessionsPart(sheet, visitor)}`
  const scripts = toRpId(context.urls) === undefined ? [] : ['passkey.js']
  const { name } = visitor.account
  return sendPage(context, reply, {
    title: text.title,
    body,
    language,
    scripts,
    account: name,
    status: isDone ? 200 : 400,
    address: new URL(action).pathname,
  })
}

function time({ context, language }: Sheet, at: number): Html {
  return html`<time datetime="${new Date(at).toISOString()}">${toTime(at, language, context.settings.timeZone)}</time>`
}

interface Card {
  readonly name: string
  readonly note: Html
  readonly badge?: string
}

/** Returns an entry that can be removed. */
function card({ action, language }: Sheet, act: string, fields: Html, { name, note, badge }: Card): Html {
  const { remove } = TEXT[language]
  return html`<li><form method="post" action="${action}/${act}">
${fields}
<h3>${name}${badge !== undefined && html`<span class="badge refused">${badge}</span>`}</h3>
<p><small>${note}</small></p>
${actions(html`<button type="submit" class="danger" aria-label="${remove}: ${name}">${remove}</button>`)}
</form></li>`
}

function passwordPart({ action, hidden, language }: Sheet, { account }: Visitor): Html {
  const text = TEXT[language]
  return html`<section aria-labelledby="h-password"><h2 id="h-password">${text.password}</h2>
<p>${account.password === undefined ? text.noPassword : text.hasPassword}</p>
<form method="post" action="${action}/password">
${hidden}
<input type="text" name="username" autocomplete="username" value="${account.login}" hidden>
<p><label for="new">${text.new}</label>
<input id="new" name="password" type="password" autocomplete="new-password" maxlength="512" required></p>
<p><label for="again">${text.again}</label>
<input id="again" name="again" type="password" autocomplete="new-password" maxlength="512" required></p>
<p><button type="submit">${text.set}</button></p>
</form></section>`
}

async function passkeysPart(sheet: Sheet, { account }: Visitor): Promise<Html> {
  const { context, language, action, hidden, fields } = sheet
  const text = TEXT[language]
  const passkeys = await listPasskeys(context.app.store, account.id)
  const isPossible = toRpId(context.urls) !== undefined
  const form = {
    use: 'register',
    action: `${action}/add-passkey`,
    label: text.add,
    hidden,
    fields: html`<p><label for="name">${text.name}</label>
<input id="name" name="name" type="text" maxlength="60" autocomplete="off"></p>`,
  } as const
  if (!isPossible && passkeys.length === 0) return html``
  return html`<section aria-labelledby="h-passkeys"><h2 id="h-passkeys">${text.passkeys}</h2>
<p>${text.aboutPasskeys}</p>
${passkeys.length === 0 && html`<p>${text.noPasskeys}</p>`}
<ul class="cards">${passkeys.map((passkey) => {
    const name = passkey.name === '' ? text.unnamed : passkey.name
    const { id, createdAt, usedAt, clonedAt } = passkey
    const used = usedAt !== undefined && html`, ${text.used} ${time(sheet, usedAt)}`
    return card(sheet, 'remove-passkey', fields({ id }), {
      name,
      note: html`${text.added} ${time(sheet, createdAt)}${used}`,
      ...(clonedAt !== undefined && { badge: text.cloned }),
    })
  })}</ul>
${isPossible && passkeyForm(context, language, form)}</section>`
}

async function providersPart(sheet: Sheet, { account }: Visitor): Promise<Html> {
  const { context, language, action, fields } = sheet
  const text = TEXT[language]
  const links = await listLinks(context.app.store, account.id)
  const issuers = await listLoginIssuers(context.app.store)
  if (links.length + issuers.length === 0) return html``
  const free = issuers.filter(({ issuer }) => !links.some((link) => link.issuer === issuer))
  const hidden = fields({ use: 'link', return: new URL(action).pathname })
  return html`<section aria-labelledby="h-providers"><h2 id="h-providers">${text.providers}</h2>
<ul class="cards">${links.map(({ issuer, subject, at }) => {
    const known = issuers.find((each) => each.issuer === issuer)
    const name = known ? nameOfIssuer(known, language) : issuer
    const note = html`${text.linked} ${time(sheet, at)}`
    return card(sheet, 'unlink', fields({ issuer, subject }), { name, note })
  })}</ul>
${issuerForms(context, language, free, hidden, 'link')}</section>`
}

async function sessionsPart(sheet: Sheet, { account, session }: Visitor): Promise<Html> {
  const { context, language, action, hidden } = sheet
  const text = TEXT[language]
  const sessions = await listSessions(context, account.id)
  const isOnly = sessions.length <= 1
  return html`<section aria-labelledby="h-sessions"><h2 id="h-sessions">${text.sessions}</h2>
<ul class="cards">${sessions.map(
    ({ key, authTime }) =>
      html`<li>${text.since} ${time(sheet, authTime)}${key === session.key && html` (${text.here})`}</li>`,
  )}</ul>
${!isOnly && html`<form method="post" action="${action}/end-sessions">${hidden}<p><button type="submit">${text.end}</button></p></form>`}
<form method="post" action="${context.urls.issuer}/logout">${hidden}<p><button type="submit">${text.logout}</button></p></form>
</section>`
}
