// The cookies of one browser. https://www.rfc-editor.org/rfc/rfc6265#section-5
import type { LightMyRequestResponse } from 'fastify'

export interface CookieJar {
  /** Values by name. */
  readonly cookies: Map<string, string>
  /** Returns the header to send, if there is anything to send. */
  toHeaders(): { readonly cookie?: string }
  /** Takes what a reply sets, drops what it ends, and returns the reply. */
  keep(reply: LightMyRequestResponse): LightMyRequestResponse
}

/** Returns a jar with nothing in it. */
export function openCookieJar(): CookieJar {
  const cookies = new Map<string, string>()
  return {
    cookies,
    toHeaders() {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      return cookie === '' ? {} : { cookie }
    },
    keep(reply) {
      for (const { name, value, maxAge } of reply.cookies)
        if (maxAge === 0 || value === '') cookies.delete(name)
        else cookies.set(name, value)
      return reply
    },
  }
}
