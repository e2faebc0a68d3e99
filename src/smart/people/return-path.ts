// Where a person goes after the login: a page of ours, whatever was asked for. https://cwe.mitre.org/data/definitions/601.html
import type { SmartUrls } from '../urls.ts'

const MAX_CHARS = 16_384

/** Returns the path and query of `text` where they are a page of ours, else the management page. */
export function toReturnPath(urls: SmartUrls, text: string | undefined): string {
  const { rootPath, root } = urls
  const manage = new URL(urls.manage).pathname
  if (text === undefined || text.length > MAX_CHARS || !/^\/(?!\/)[!-~]*$/.test(text) || text.includes('\\'))
    return manage
  if (!URL.canParse(text, root)) return manage
  const { origin, pathname, search } = new URL(text, root)
  const isOurs =
    pathname.startsWith(`${rootPath}/auth/`) || /^\/developers(\/|$)/.test(pathname.slice(rootPath.length))
  const isLocal = origin === new URL(root).origin && pathname.startsWith(`${rootPath}/`)
  return isLocal && isOurs && !pathname.endsWith('/auth/login') ? `${pathname}${search}` : manage
}
