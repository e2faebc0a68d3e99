// Apps and access: what each app may see in plain words, since and until when, and a button that ends it.
import type { Language } from '../../fhir/outcome.ts'
import type { Account } from '../account.ts'
import { describePurpose } from '../describe/purposes.ts'
import { describeOther, describeScope } from '../describe/scope.ts'
import { toDay, toTime } from '../pages/dates.ts'
import { type Html, html } from '../pages/html.ts'
import { actions, avatar, button, capitalise, facts, form, notice } from '../pages/parts.ts'
import { tabs } from '../pages/tabs.ts'
import type { AppAccess } from './apps.ts'

export interface AppsView {
  readonly apps: readonly AppAccess[]
  /** What has just been ended, or could not be. */
  readonly ended?: AppAccess
  readonly account: Account
  readonly csrf: string
  /** Where the pages are: the path of the issuer. */
  readonly path: string
  readonly timeZone: string
}

const TEXT = {
  en: {
    title: 'Apps and access',
    lead: 'These apps may use records in your name. Ending one takes effect at once.',
    none: 'No app has access.',
    past: 'Ended',
    may: 'May do',
    also: 'Also',
    purpose: 'Used for',
    patient: 'Whose record',
    organization: 'On behalf of',
    since: 'Since',
    until: 'Until',
    open: 'you end it',
    used: 'Last used',
    endedAt: 'Ended',
    lapsed: 'No longer in force',
    end: (app: string) => html`End access<span class="visually-hidden"> of ${app}</span>`,
    ended: (app: string) => `The access of ${app} has ended.`,
  },
  ja: {
    title: 'アプリとアクセス',
    lead: 'あなたの許可で記録を利用できるアプリです。取り消すと直ちに使えなくなります。',
    none: 'アクセスできるアプリはありません。',
    past: '終了したもの',
    may: 'できること',
    also: 'そのほか',
    purpose: '利用の目的',
    patient: 'どなたの記録か',
    organization: '所属',
    since: '開始',
    until: '期限',
    open: '自分で取り消すまで',
    used: '最後の利用',
    endedAt: '終了',
    lapsed: '現在は無効',
    end: (app: string) => html`<span class="visually-hidden">${app} の</span>アクセスを取り消す`,
    ended: (app: string) => `「${app}」のアクセスを取り消しました。`,
  },
} as const

/** Returns title and body of the page. */
export function appsPage(view: AppsView, language: Language): { title: string; body: Html } {
  const text = TEXT[language]
  const active = view.apps.filter((app) => app.isInForce)
  const past = view.apps.filter((app) => !app.isInForce)
  return {
    title: text.title,
    body: html`${tabs(view.path, 'manage', view.account, language)}
${view.ended && notice('success', text.ended(view.ended.clientName))}
${active.length === 0 ? html`<p>${text.none}</p>` : html`<p>${text.lead}</p>`}
<ul class="cards">${active.map((app) => appCard(app, view, language))}</ul>
${past.length > 0 && html`<h2>${text.past}</h2><ul class="cards ended">${past.map((app) => appCard(app, view, language))}</ul>`}`,
  }
}

function appCard(app: AppAccess, view: AppsView, language: Language): Html {
  const text = TEXT[language]
  return html`<li><h3>${avatar(app.clientName)}${app.clientName}</h3>
${facts(toRows(app, view, language))}
${
  app.isInForce &&
  form(
    { action: `${view.path}/manage/end`, csrf: view.csrf, hidden: { authorization: app.id } },
    actions(button('danger', text.end(app.clientName))),
  )
}</li>`
}

function toRows(app: AppAccess, { timeZone }: AppsView, language: Language): Parameters<typeof facts>[0] {
  const text = TEXT[language]
  const others = new Set(app.others.flatMap((scope) => describeOther(scope, language) ?? []))
  const until = app.until === undefined ? text.open : toDay(app.until, language, timeZone)
  return [
    [text.may, app.scopes.length > 0 && toList(app.scopes.map((scope) => describeScope(scope, language)))],
    [text.also, others.size > 0 && toList([...others])],
    [text.purpose, capitalise(describePurpose(app.purpose, language))],
    [text.patient, app.patientName],
    [text.organization, app.organizationName],
    [text.since, toTime(app.since, language, timeZone)],
    [text.until, app.endedAt === undefined && (app.isInForce ? until : text.lapsed)],
    [text.used, app.lastUse !== undefined && toTime(app.lastUse, language, timeZone)],
    [text.endedAt, app.endedAt !== undefined && toTime(app.endedAt, language, timeZone)],
  ]
}

function toList(lines: readonly string[]): Html {
  return html`<ul>${[...new Set(lines)].map((line) => html`<li>${capitalise(line)}</li>`)}</ul>`
}
