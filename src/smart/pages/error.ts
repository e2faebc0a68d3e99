// The page of a failure: what happened, in the person's language, and for developers a detail in English.
import type { Language } from '../../fhir/outcome.ts'
import { PAGE_ERRORS, type PageError } from '../page-error.ts'
import { type Html, html } from './html.ts'

const TITLES = { en: 'This did not work', ja: '処理できませんでした' } as const
const DETAIL = { en: 'For the developer of the app', ja: 'アプリの開発者向け' } as const

/** Returns title and body of the page. */
export function errorPage({ code, detail }: PageError, language: Language): { title: string; body: Html } {
  return {
    title: TITLES[language],
    body: html`<p role="alert">${PAGE_ERRORS[code][language]}</p>
${detail !== undefined && html`<details><summary>${DETAIL[language]}</summary><p lang="en"><code>${detail}</code></p></details>`}`,
  }
}
