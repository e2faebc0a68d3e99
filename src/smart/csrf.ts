// That a form comes from a page of ours in the same browser: a token bound to a cookie, and the Origin header where a browser sends it.
// https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { SmartContext } from './context.ts'
import { cookieOptions, toCookieName } from './cookies.ts'
import { type Form, parseFormBody } from './form.ts'
import { PageError } from './page-error.ts'
import { isToken, makeToken } from './token.ts'

/** The name of the hidden field that every form of ours has. */
export const CSRF_FIELD = 'csrf'

const NAME = 'musubi-browser'
const TTL_MS = 24 * 60 * 60 * 1000

/** Returns the value of the hidden field for this browser; sets its cookie where it has none yet. */
export function toCsrfToken(context: SmartContext, request: FastifyRequest, reply: FastifyReply): string {
  const name = toCookieName(NAME, context.urls)
  const known = request.cookies[name]
  if (known !== undefined && isToken(known)) return sign(context, known)
  const browser = makeToken()
  reply.setCookie(name, browser, cookieOptions(context.urls, TTL_MS))
  // What is rendered next in this request must go with the same cookie.
  request.cookies[name] = browser
  return sign(context, browser)
}

/** Returns the fields of a form that came from a page of ours in this browser; throws PageError `stale` for any other. */
export function readForm(context: SmartContext, request: FastifyRequest): Form {
  const form = parseFormBody(request.headers['content-type'], request.body)
  assertCsrf(context, request, form)
  return form
}

function assertCsrf(context: SmartContext, request: FastifyRequest, form: Form): void {
  const { origin } = request.headers
  if (origin !== undefined && origin !== 'null' && origin !== new URL(context.urls.root).origin)
    throw new PageError('stale')
  const browser = request.cookies[toCookieName(NAME, context.urls)]
  const given = form[CSRF_FIELD]
  if (browser === undefined || !isToken(browser) || given === undefined) throw new PageError('stale')
  if (!isEqual(given, sign(context, browser))) throw new PageError('stale')
}

/** Returns what tells the browser of a request from others, as it may be kept; undefined where it has no cookie of ours. */
export function toBrowserKey(context: SmartContext, request: FastifyRequest): string | undefined {
  const browser = request.cookies[toCookieName(NAME, context.urls)]
  return browser !== undefined && isToken(browser) ? hash('sha256', sign(context, browser)) : undefined
}

/** True where both texts are the same; takes as long wherever they differ. */
export function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

function sign({ csrfKey }: SmartContext, browser: string): string {
  return createHmac('sha256', csrfKey).update(browser).digest('base64url')
}
