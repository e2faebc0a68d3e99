// The frame of every page: language, title, landmark roles, the switch between languages. https://www.w3.org/WAI/WCAG22/quickref/
import type { Language } from '../../fhir/outcome.ts'
import type { SmartUrls } from '../urls.ts'
import { type Html, html } from './html.ts'
import { toLanguageLink } from './language.ts'

export interface Page {
  readonly title: string
  readonly body: Html
  readonly language: Language
  readonly status?: number
  /** Where a form of the page may lead besides this server: the origin or scheme of the app's redirect URI. */
  readonly formTargets?: readonly string[]
  /** Scripts of ours under `/auth/assets/`, such as `passkey.js`. */
  readonly scripts?: readonly string[]
  /** Shown at the top where somebody is logged in. */
  readonly account?: string
  /** Path and query at which the page is found, where it answers a form that was sent elsewhere. */
  readonly address?: string
}

const TEXT = {
  en: { skip: 'Skip to the content', brand: 'Musubi', other: '日本語', signedIn: 'Signed in as' },
  ja: { skip: '本文へ移動', brand: 'Musubi 結び', other: 'English', signedIn: 'ログイン中：' },
} as const

/** Returns the whole document of a page that was asked for at `url` (path and query). */
export function layout(page: Page, { issuer }: SmartUrls, url: string): Html {
  const text = TEXT[page.language]
  const other = page.language === 'ja' ? 'en' : 'ja'
  return html`<!doctype html>
<html lang="${page.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${page.title} – ${text.brand}</title>
<link rel="stylesheet" href="${issuer}/assets/page.css">
<link rel="icon" href="${issuer}/assets/musubi.svg" type="image/svg+xml">
${(page.scripts ?? []).map((script) => html`<script type="module" src="${issuer}/assets/${script}"></script>`)}
</head>
<body>
<a class="skip" href="#content">${text.skip}</a>
<header>
<span class="brand"><img src="${issuer}/assets/musubi.svg" alt="" width="28" height="28">${text.brand}</span>
${page.account !== undefined && html`<span class="who">${text.signedIn} ${page.account}</span>`}
<a class="language" lang="${other}" hreflang="${other}" href="${toLanguageLink(url, other, page.address)}" rel="nofollow">${text.other}</a>
</header>
<main id="content">
<h1>${page.title}</h1>
${page.body}
</main>
</body>
</html>
`
}
