// The way between the pages on which a person looks after access.
import type { Language } from '../../fhir/outcome.ts'
import { type Html, html } from '../pages/html.ts'

const TEXT = {
  en: {
    label: 'Your pages',
    manage: 'Apps and access',
    history: 'Access history',
    credentials: 'How you log in',
  },
  ja: {
    label: 'あなたのページ',
    manage: 'アプリとアクセス',
    history: 'アクセス履歴',
    credentials: 'ログイン方法',
  },
} as const

export type Tab = 'manage' | 'history' | 'credentials'

/** Returns the links between `shown`; `path` is that of the issuer. */
export function tabs(path: string, current: Tab, shown: readonly Tab[], language: Language): Html {
  const text = TEXT[language]
  return html`<nav class="tabs" aria-label="${text.label}">${shown.map(
    (each) =>
      html`<a href="${path}/${each}"${each === current && html` aria-current="page"`}>${text[each]}</a>`,
  )}</nav>`
}
