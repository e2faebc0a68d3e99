// The access history as a page: newest first.
import type { Language } from '../../fhir/outcome.ts'
import type { Account } from '../account.ts'
import { describePurpose } from '../describe/purposes.ts'
import { toTime } from '../pages/dates.ts'
import { type Html, html } from '../pages/html.ts'
import { notice } from '../pages/parts.ts'
import { tabs } from '../pages/tabs.ts'
import type { HistoryPage } from './history.ts'
import type { ToldEvent } from './read-event.ts'
import { tellEvent } from './tell-event.ts'

export interface HistoryView extends HistoryPage {
  /** `Patient/1`: whose history it is, and who reads it. */
  readonly self: string
  readonly account: Account
  /** Path of the issuer. */
  readonly path: string
  readonly timeZone: string
}

const TEXT = {
  en: {
    title: 'Access history',
    lead: 'Who has used your record, newest first.',
    none: 'Nothing is on record yet.',
    older: 'Older entries',
    purpose: 'Purpose',
    refused: 'Refused',
    failed: 'Failed',
    emergency: 'Emergency',
  },
  ja: {
    title: 'アクセス履歴',
    lead: 'あなたの記録が誰に利用されたかを新しい順に示します。',
    none: 'まだ記録はありません。',
    older: '以前の履歴',
    purpose: '目的',
    refused: '拒否',
    failed: '失敗',
    emergency: '緊急閲覧',
  },
} as const

/** Returns title and body of the page. */
export function historyPage(view: HistoryView, language: Language): { title: string; body: Html } {
  const text = TEXT[language]
  const { path, events, next } = view
  return {
    title: text.title,
    body: html`${tabs(path, 'history', view.account, language)}
<p>${text.lead}</p>
${events.length === 0 && notice('info', text.none)}
<ol class="timeline">${events.map((event) => toEntry(event, view, language))}</ol>
${next !== undefined && html`<div class="actions"><a class="button" href="${path}/history?after=${encodeURIComponent(next)}" rel="next">${text.older}</a></div>`}`,
  }
}

function toEntry(event: ToldEvent, { self, names, timeZone }: HistoryView, language: Language): Html {
  const text = TEXT[language]
  const { at, outcome, purpose } = event
  return html`<li><p><time datetime="${new Date(at).toISOString()}">${toTime(at, language, timeZone)}</time>
${purpose === 'BTG' && html`<span class="badge refused">${text.emergency}</span>`}
${outcome !== 'done' && html`<span class="badge refused">${text[outcome]}</span>`}</p>
<p>${tellEvent(event, self, names, language)}</p>
${purpose !== undefined && purpose !== 'HSYSADMIN' && html`<p><small>${text.purpose}: ${describePurpose(purpose, language)}</small></p>`}</li>`
}
