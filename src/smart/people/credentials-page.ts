// The page of what a person logs in with.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Language } from '../../fhir/outcome.ts'
import type { SmartContext } from '../context.ts'
import { listLoginIssuers, nameOfIssuer } from '../issuers/login-issuer.ts'
import { tabs } from '../manage/tabs.ts'
import { toTime } from '../pages/dates.ts'
import { type Html, html } from '../pages/html.ts'
import { notice as tellNotice } from '../pages/parts.ts'
import { languageOf, sendPage } from '../pages/send-page.ts'
import { listSessions } from '../session.ts'
import { listLinks } from './federated-account.ts'
import { hiddenFields, issuerForms, passkeyForm } from './parts.ts'
import { listPasskeys, toRpId } from './passkey.ts'
import { MIN_PASSWORD_CHARS, PASSWORD_PROBLEMS, type PasswordProblem } from './password-rules.ts'
import { isFresh, type Visitor } from './visitor.ts'

const TEXT = {
  en: {
    title: 'Ways to log in',
    confirm: 'You logged in a while ago: confirm that it is you before you change something',
    notices: {
      password: 'The password was changed. Other browsers were logged out.',
      added: 'The passkey was added.',
      removed: 'It was removed.',
      ended: 'All other browsers were logged out.',
      differs: 'The two passwords differ. Nothing was changed.',
      failed: 'The passkey could not be added. Try again.',
      gone: 'It was removed already.',
      last: 'This is the only way in that is left. Add another one first.',
    },
    password: 'Password',
    hasPassword: 'A password is set.',
    noPassword: 'No password is set.',
    new: `New password (at least ${MIN_PASSWORD_CHARS} characters; a sentence is good)`,
    again: 'New password once more',
    set: 'Set password',
    passkeys: 'Passkeys',
    aboutPasskeys:
      'A passkey is kept by your device and opened by fingerprint, face or PIN. It cannot be guessed.',
    noPasskeys: 'There is none yet.',
    name: 'A name for it, such as “phone”',
    add: 'Add a passkey',
    unnamed: 'Passkey',
    added: 'added',
    used: 'last used',
    cloned: 'shut: a copy of it was used',
    remove: 'Remove',
    providers: 'Other services',
    linked: 'linked',
    sessions: 'Where you are logged in',
    here: 'this browser',
    since: 'since',
    end: 'Log out everywhere else',
    logout: 'Log out',
  },
  ja: {
    title: 'ログイン方法',
    confirm: 'ログインから時間がたっています。変更の前に本人確認をしてください',
    notices: {
      password: 'パスワードを変更しました。ほかのブラウザーはログアウトされました。',
      added: 'パスキーを追加しました。',
      removed: '削除しました。',
      ended: 'ほかのすべてのブラウザーをログアウトしました。',
      differs: '二つのパスワードが異なります。何も変更していません。',
      failed: 'パスキーを追加できませんでした。もう一度お試しください。',
      gone: 'すでに削除されています。',
      last: '残っている唯一のログイン方法です。先に別の方法を追加してください。',
    },
    password: 'パスワード',
    hasPassword: 'パスワードが設定されています。',
    noPassword: 'パスワードは設定されていません。',
    new: `新しいパスワード（${MIN_PASSWORD_CHARS}文字以上。文章がおすすめです）`,
    again: '新しいパスワード（確認）',
    set: 'パスワードを設定',
    passkeys: 'パスキー',
    aboutPasskeys: 'パスキーは端末に保存され、指紋・顔・PINで使います。推測されることはありません。',
    noPasskeys: 'まだありません。',
    name: '名前（例：スマートフォン）',
    add: 'パスキーを追加',
    unnamed: 'パスキー',
    added: '追加',
    used: '最終使用',
    cloned: '停止中：複製が使われました',
    remove: '削除',
    providers: 'ほかのサービス',
    linked: '登録',
    sessions: 'ログイン中のブラウザー',
    here: 'このブラウザー',
    since: '開始',
    end: 'ほかのすべてをログアウト',
    logout: 'ログアウト',
  },
} as const

/** What the person is told after a change, or why there was none. */
export type Notice = keyof (typeof TEXT)['en']['notices'] | PasswordProblem

/** Those of changes that were made. */
export const DONE: ReadonlySet<string> = new Set(['password', 'added', 'removed', 'ended'])

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

function tell(notice: Notice, language: Language): string {
  const { notices } = TEXT[language]
  return Object.hasOwn(notices, notice)
    ? notices[notice as keyof typeof notices]
    : PASSWORD_PROBLEMS[notice as PasswordProblem][language]
}

function time({ context, language }: Sheet, at: number): Html {
  return html`<time datetime="${new Date(at).toISOString()}">${toTime(at, language, context.settings.timeZone)}</time>`
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
    return html`<li><form method="post" action="${action}/remove-passkey">
${fields({ id: passkey.id })}
<strong>${name}</strong> <small>${text.added} ${time(sheet, passkey.createdAt)}${passkey.usedAt !== undefined && html`, ${text.used} ${time(sheet, passkey.usedAt)}`}</small>
${passkey.clonedAt !== undefined && html`<span class="badge refused">${text.cloned}</span>`}
<button type="submit" class="danger" aria-label="${text.remove}: ${name}">${text.remove}</button></form></li>`
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
    return html`<li><form method="post" action="${action}/unlink">
${fields({ issuer, subject })}
<strong>${name}</strong> <small>${text.linked} ${time(sheet, at)}</small>
<button type="submit" class="danger" aria-label="${text.remove}: ${name}">${text.remove}</button></form></li>`
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
