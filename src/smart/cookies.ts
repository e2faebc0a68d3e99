// Cookies of the pages: never readable by scripts, never sent by another site's request but a navigation. https://www.rfc-editor.org/rfc/rfc6265
import type { SmartUrls } from './urls.ts'

/** Returns the name of a cookie; `__Host-` where the address is https: no other host or path can then set it. */
export function toCookieName(name: string, urls: SmartUrls): string {
  return urls.isSecure ? `__Host-${name}` : name
}

/** Returns the attributes of a cookie that lives `ttlMs`. */
export function cookieOptions(urls: SmartUrls, ttlMs: number) {
  return {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: urls.isSecure,
    maxAge: Math.floor(ttlMs / 1000),
  } as const
}
