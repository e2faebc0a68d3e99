// The way between the pages on which a person looks after access.
import type { Language } from '../../fhir/outcome.ts'
import { type Html, html } from '../pages/html.ts'

const TEXT = {
  en: {
    label: 'Access',
    manage: 'Apps and access',
    history: 'Access history',
    credentials: 'Ways to log in',
  },
  ja: { label: 'アクセス', manage: 'アプリとアクセス', history: 'アクセス履歴', credentials: 'ログイン方法' },
} as const

type Tab = 'manage' | 'history' | 'credentials'

/** Returns the links; `path` is that of the issuer. Who is no Patient has no history. */
export function tabs(path: string, current: Tab, language: Language, hasHistory = true): Html {
  const text = TEXT[language]
  const all: readonly Tab[] = ['manage', ...(hasHistory ? (['history'] as const) : []), 'credentials']
  return html`<nav class="tabs" aria-label="${text.label}">${all.map(
    (each) =>
      html`<a href="${path}/${each}"${each === current && html` aria-current="page"`}>${text[each]}</a>`,
  )}</nav>`
}
