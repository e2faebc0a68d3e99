// The consent screen: what will be seen, by whom, for which purpose, until when, and how less may be granted. https://hl7.org/fhir/smart-app-launch/app-launch.html
import type { Language } from '../../fhir/outcome.ts'
import { nameOf } from '../client.ts'
import { toChoices, toFullForm } from '../describe/narrow.ts'
import { describePurpose } from '../describe/purposes.ts'
import { describeOther } from '../describe/scope.ts'
import type { Form } from '../form.ts'
import { type Html, html } from '../pages/html.ts'
import {
  actions,
  avatar,
  button,
  capitalise,
  externalLink,
  facts,
  form,
  notice,
  tick,
} from '../pages/parts.ts'
import { choiceFields } from './choice-fields.ts'
import { type ConsentView, DECISION_FIELD, OFFLINE_FIELD } from './consent-view.ts'
import { previewTable } from './preview-table.ts'
import { readUntil, STANDARD_UNTIL, UNTIL_FIELD } from './until.ts'
import { untilFields } from './until-fields.ts'

const TEXT = {
  en: {
    title: (app: string) => `Let ${app} use health records?`,
    lead: (app: string) =>
      html`The app <strong>${app}</strong> asks for access. Nothing is shared unless you allow it.`,
    app: 'App',
    about: 'About the app',
    policy: 'Privacy policy',
    tos: 'Terms of use',
    record: 'Whose record',
    own: (name: string) => `${name} (you)`,
    you: 'You are',
    organization: 'On behalf of',
    purpose: 'Used for',
    back: 'Afterwards you go back to',
    what: 'What the app may do',
    none: 'The app asks for no records.',
    also: 'It also learns',
    offline: 'Go on while you are not there',
    offlineNote: 'Untick to have it end when the app’s first access runs out.',
    allow: 'Allow',
    deny: 'Refuse',
    preview: 'Show what this would share',
    hint: 'You can end this at any time under “Apps and access”.',
    invalidDate: 'Choose a day from today on.',
    powerless: (person: string) =>
      `You cannot let apps in for ${person}: no delegation that you have covers it. Ask ${person} to do it, or to give you that power.`,
    goBack: 'Go back to the app',
  },
  ja: {
    title: (app: string) => `「${app}」に健康記録の利用を許可しますか？`,
    lead: (app: string) =>
      html`アプリ「<strong>${app}</strong>」が利用の許可を求めています。許可しない限り、何も渡されません。`,
    app: 'アプリ',
    about: 'アプリについて',
    policy: 'プライバシーポリシー',
    tos: '利用規約',
    record: 'どなたの記録か',
    own: (name: string) => `${name}（あなた）`,
    you: 'あなた',
    organization: '所属',
    purpose: '利用の目的',
    back: 'このあとの戻り先',
    what: 'アプリができること',
    none: 'アプリは記録を求めていません。',
    also: 'ほかに伝わること',
    offline: 'あなたが使っていないときも続ける',
    offlineNote: '外すと、最初のアクセスの期限が切れた時点で終わります。',
    allow: '許可する',
    deny: '拒否する',
    preview: '渡される内容を確認する',
    hint: '許可はいつでも「アプリとアクセス」から取り消せます。',
    invalidDate: '今日以降の日を選んでください。',
    powerless: (person: string) =>
      `あなたへの委任には、${person}さんに代わってアプリを許可することが含まれていません。ご本人に許可していただくか、委任の内容を見直していただいてください。`,
    goBack: 'アプリに戻る',
  },
} as const

/** Returns title and body of the screen; with `decision` as it was filled in, else with all that was asked ticked. */
export function consentPage(view: ConsentView, language: Language): { title: string; body: Html } {
  const text = TEXT[language]
  const name = nameOf(view.client, language)
  if (view.isPowerless) return powerlessPage(view, language)
  const error = view.error ?? (hasInvalidUntil(view) ? text.invalidDate : undefined)
  return {
    title: text.title(name),
    body: html`${error !== undefined && notice('error', error)}
<div class="lead">${avatar(name)}<p>${text.lead(name)}</p></div>
${toFacts(view, language)}
${form(view, [
  toQuestions(view, language),
  view.preview && previewTable(view.preview, language),
  actions(
    button('primary', text.allow, DECISION_FIELD, 'allow'),
    // Leads to what it has brought; the heading takes the focus.
    view.writesConsent &&
      html`<button type="submit" class="plain" name="${DECISION_FIELD}" value="preview" formaction="${view.action}#preview">${text.preview}</button>`,
    button('plain', text.deny, DECISION_FIELD, 'deny'),
  ),
  view.writesConsent && html`<p class="hint">${text.hint}</p>`,
])}`,
  }
}

// Nothing is asked that could not be granted.
function powerlessPage(view: ConsentView, language: Language): { title: string; body: Html } {
  const text = TEXT[language]
  const person = view.patientName ?? view.personName
  return {
    title: text.title(nameOf(view.client, language)),
    body: html`${notice('warning', text.powerless(person))}
${toFacts(view, language)}
${form(view, [actions(button('primary', text.goBack, DECISION_FIELD, 'deny'))])}`,
  }
}

function hasInvalidUntil({ decision, writesConsent, now, timeZone }: ConsentView): boolean {
  return decision !== undefined && writesConsent && readUntil(decision, now, timeZone).kind === 'invalid'
}

function toFacts(view: ConsentView, language: Language): Html {
  const text = TEXT[language]
  const { client_uri, policy_uri, tos_uri } = view.client.metadata
  const links = [
    externalLink(client_uri, text.about),
    externalLink(policy_uri, text.policy),
    externalLink(tos_uri, text.tos),
  ].filter((link) => link !== undefined)
  return facts([
    [text.record, view.patientName ?? text.own(view.personName)],
    [text.you, view.patientName !== undefined && view.personName],
    [text.organization, view.organization],
    [text.purpose, capitalise(describePurpose(view.purpose, language))],
    [text.back, view.redirectHost],
    [text.app, links.length > 0 && html`<span class="links">${links}</span>`],
  ])
}

function toQuestions(view: ConsentView, language: Language): Html {
  const text = TEXT[language]
  const choices = toChoices(view.asked)
  const filled: Form = view.decision ?? {
    ...toFullForm(choices),
    [OFFLINE_FIELD]: 'on',
    [UNTIL_FIELD]: STANDARD_UNTIL,
  }
  const told = new Set(
    view.others.filter((scope) => scope !== 'offline_access').map((scope) => describeOther(scope, language)),
  )
  told.delete(undefined)
  return html`<h2>${text.what}</h2>
${choices.length === 0 && html`<p>${text.none}</p>`}
${choices.map((choice) => choiceFields(choice, filled, language))}
${told.size > 0 && html`<h2>${text.also}</h2><ul>${[...told].map((each) => html`<li>${capitalise(each!)}</li>`)}</ul>`}
${view.writesConsent && untilFields(view, filled, language)}
${view.others.includes('offline_access') && offline(filled, language)}`
}

function offline(filled: Form, language: Language): Html {
  const text = TEXT[language]
  return tick({
    name: OFFLINE_FIELD,
    label: text.offline,
    note: text.offlineNote,
    checked: filled[OFFLINE_FIELD] !== undefined,
  })
}
