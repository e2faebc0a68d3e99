// A page on its way out: the frame around it, and the headers that keep it from being framed, scripted or cached. https://owasp.org/www-project-secure-headers/
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Language } from '../../fhir/outcome.ts'
import { parseLanguage } from '../../interactions/language.ts'
import type { SmartContext } from '../context.ts'
import { toCookieName } from '../cookies.ts'
import { LANGUAGE_COOKIE } from './language.ts'
import { layout, type Page } from './layout.ts'

/** Returns the language of a page: what the person chose, what the app asked for (`ui_locales`), what the browser says. */
export function languageOf(
  { urls }: Pick<SmartContext, 'urls'>,
  request: FastifyRequest,
  uiLocales?: string,
): Language {
  const asked = uiLocales?.split(' ').find((each) => /^(ja|en)\b/.test(each))
  const chosen = request.cookies?.[toCookieName(LANGUAGE_COOKIE, urls)]
  if (chosen === 'ja' || chosen === 'en') return chosen
  if (asked) return asked.startsWith('ja') ? 'ja' : 'en'
  return parseLanguage(request.headers['accept-language'])
}

/** Sends a page. Nothing of it is kept by the browser, and no other site may frame it. */
export function sendPage(
  { urls }: Pick<SmartContext, 'urls'>,
  reply: FastifyReply,
  page: Page,
): FastifyReply {
  const targets = ["'self'", ...(page.formTargets ?? [])].join(' ')
  return reply
    .status(page.status ?? 200)
    .headers({
      ...PAGE_HEADERS,
      'content-language': page.language,
      'content-security-policy': `default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action ${targets}; base-uri 'none'; frame-ancestors 'none'`,
      ...(urls.isSecure && { 'strict-transport-security': 'max-age=31536000' }),
    })
    .type('text/html; charset=utf-8')
    .send(layout(page, urls, reply.request.url).toString())
}

const PAGE_HEADERS = {
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  // The address of a page may hold what an app has asked for.
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const

/** Returns what `formTargets` must hold for a redirect to `uri`: its origin, or its scheme where that is an app's own. */
export function toFormTarget(uri: string): string {
  const { protocol, origin } = new URL(uri)
  return /^https?:$/.test(protocol) ? origin : protocol
}
