// The way back to the app. https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
import type { FastifyReply } from 'fastify'
import type { OAuthError } from '../oauth-error.ts'
import { seeOther } from '../see-other.ts'

/** Sends the browser to the registered address with these parameters behind those it has; values that are undefined are left out. */
export function redirect(
  reply: FastifyReply,
  { redirectUri, state }: { readonly redirectUri: string; readonly state?: string },
  parameters: Readonly<Record<string, string>>,
): FastifyReply {
  const pairs = Object.entries({ ...parameters, ...(state !== undefined && { state }) })
  const query = pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
  return seeOther(reply, `${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${query}`)
}

/** Sends the browser back with a refusal. */
export function redirectError(
  reply: FastifyReply,
  to: { readonly redirectUri: string; readonly state?: string },
  error: OAuthError,
): FastifyReply {
  return redirect(reply, to, error.toJSON())
}
