// The way between the pages on which a person looks after access.
import type { Language } from '../../fhir/outcome.ts'
import type { Account } from '../account.ts'
import { type Html, html } from './html.ts'

const TEXT = {
  en: {
    label: 'Your pages',
    manage: 'Apps and access',
    history: 'Access history',
    credentials: 'Log-in',
  },
  ja: {
    label: 'あなたのページ',
    manage: 'アプリとアクセス',
    history: 'アクセス履歴',
    credentials: 'ログイン方法',
  },
} as const

type Tab = 'manage' | 'history' | 'credentials'

/** Returns the links between the pages of an account; `path` is that of the issuer. */
export function tabs(path: string, current: Tab, account: Account, language: Language): Html {
  const text = TEXT[language]
  const shown: readonly Tab[] =
    ownPatient(account) === undefined ? ['manage', 'credentials'] : ['manage', 'history', 'credentials']
  return html`<nav class="tabs" aria-label="${text.label}">${shown.map(
    (each) =>
      html`<a href="${path}/${each}"${each === current && html` aria-current="page"`}>${text[each]}</a>`,
  )}</nav>`
}

/** Returns whose history an account may see (`Patient/1`); of those somebody acts for it is not theirs. */
export function ownPatient({ bindings }: Account): string | undefined {
  return bindings.find(({ ref }) => ref.startsWith('Patient/'))?.ref
}
