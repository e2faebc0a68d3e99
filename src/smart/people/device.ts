// A browser in which somebody has logged in before: what others fail at does not lock that person out there.
// https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
import { createHmac, randomBytes } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { toLoginKey } from '../account.ts'
import type { SmartContext } from '../context.ts'
import { cookieOptions, toCookieName } from '../cookies.ts'
import { isEqual } from '../csrf.ts'

const NAME = 'musubi-device'
const TTL_MS = 180 * 24 * 3_600_000

/** Returns the name under which attempts are counted: of the login alone, or of this browser with it where it is known. */
export function toAttemptName(context: SmartContext, request: FastifyRequest, login: string): string {
  const key = toLoginKey(login)
  const [nonce = '', mac = ''] = (request.cookies[toCookieName(NAME, context.urls)] ?? '').split('.')
  return isEqual(mac, sign(context, nonce, key)) ? `${key} ${nonce}` : key
}

/** Notes in the browser that this login succeeded there. */
export function rememberDevice(context: SmartContext, reply: FastifyReply, login: string): void {
  const nonce = randomBytes(16).toString('base64url')
  const value = `${nonce}.${sign(context, nonce, toLoginKey(login))}`
  reply.setCookie(toCookieName(NAME, context.urls), value, cookieOptions(context.urls, TTL_MS))
}

function sign({ keys }: SmartContext, nonce: string, key: string): string {
  return createHmac('sha256', keys.derive('device')).update(`${nonce} ${key}`).digest('base64url')
}
