// The switch between languages: `?language=` on any page is kept in a cookie and taken out of the address. https://www.w3.org/WAI/WCAG22/quickref/#language-of-page
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Language } from '../../fhir/outcome.ts'
import type { SmartContext } from '../context.ts'
import { cookieOptions, toCookieName } from '../cookies.ts'
import { seeOther } from '../see-other.ts'
import type { SmartUrls } from '../urls.ts'

export const LANGUAGE_COOKIE = 'musubi-language'

const TTL_MS = 365 * 24 * 3_600_000
const CHOICE = /^language=(ja|en)$/

/** Answers every GET of a page that names a language with a redirect to the same page in it; other parameters stay. */
export function registerLanguage(app: FastifyInstance, { urls }: SmartContext): void {
  app.addHook('onRequest', async (request, reply) => {
    const [path = '', pairs] = split(request.url)
    const language = pairs.map((pair) => CHOICE.exec(pair)?.[1]).find((each) => each !== undefined)
    if (request.method !== 'GET' || language === undefined || !/^\/(?![/\\])/.test(path)) return undefined
    keepLanguage(urls, reply, language as Language)
    const query = pairs.filter((pair) => !isLanguage(pair)).join('&')
    return seeOther(reply, query === '' ? path : `${path}?${query}`)
  })
}

/** Keeps the language of the pages in the browser. */
export function keepLanguage(urls: SmartUrls, reply: FastifyReply, language: Language): void {
  reply.setCookie(toCookieName(LANGUAGE_COOKIE, urls), language, cookieOptions(urls, TTL_MS))
}

/** Returns a link from the page asked for at `url` (path and query) to the same page, or that at `address`, in another language. */
export function toLanguageLink(url: string, language: string, address?: string): string {
  const [path, pairs] = split(address ?? url)
  const kept = pairs.filter((pair) => pair !== '' && !isLanguage(pair))
  return `${address === undefined ? '' : path}?${[...kept, `language=${language}`].join('&')}`
}

function split(url: string): readonly [path: string, pairs: readonly string[]] {
  const at = url.indexOf('?')
  return at < 0 ? [url, []] : [url.slice(0, at), url.slice(at + 1).split('&')]
}

function isLanguage(pair: string): boolean {
  return /^language(=|$)/.test(pair)
}
