// The way between the pages on which a person looks after access.
import type { Language } from '../../fhir/outcome.ts'
import { type Html, html } from '../pages/html.ts'

const TEXT = {
  en: { label: 'Access', manage: 'Apps and access', history: 'Access history' },
  ja: { label: 'アクセス', manage: 'アプリとアクセス', history: 'アクセス履歴' },
} as const

/** Returns the links; `path` is that of the issuer. */
export function tabs(path: string, current: 'manage' | 'history', language: Language): Html {
  const text = TEXT[language]
  return html`<nav class="tabs" aria-label="${text.label}">${(['manage', 'history'] as const).map(
    (each) =>
      html`<a href="${path}/${each}"${each === current && html` aria-current="page"`}>${text[each]}</a>`,
  )}</nav>`
}
