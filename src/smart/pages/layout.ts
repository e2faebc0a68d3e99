// The frame of every page: language, title, landmark roles, the switch between languages. https://www.w3.org/WAI/WCAG22/quickref/
import type { SmartUrls } from '../urls.ts'
import { type Html, html } from './html.ts'
import type { Page } from './send-page.ts'

const TEXT = {
  en: { skip: 'Skip to the content', brand: 'Musubi', other: '日本語', signedIn: 'Signed in as' },
  ja: { skip: '本文へ移動', brand: 'Musubi 結び', other: 'English', signedIn: 'ログイン中：' },
} as const

/** Returns the whole document of a page. */
export function layout(page: Page, { issuer }: SmartUrls): Html {
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
<a class="language" lang="${other}" hreflang="${other}" href="?language=${other}" rel="nofollow">${text.other}</a>
</header>
<main id="content">
<h1>${page.title}</h1>
${page.body}
</main>
</body>
</html>
`
}
