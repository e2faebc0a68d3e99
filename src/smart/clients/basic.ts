// Client id and secret in an Authorization header. https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1

export interface Credentials {
  readonly id: string
  readonly secret: string
}

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/

/** True where a header says Basic, whatever follows. */
export function isBasic(header: string | undefined): header is string {
  return /^basic(\s|$)/i.test(header ?? '')
}

/** Returns what a Basic header holds; both parts are form-url-encoded within it. Undefined where it cannot be read. */
export function parseBasic(header: string): Credentials | undefined {
  const encoded = header.slice('basic'.length).trim()
  if (!BASE64.test(encoded)) return undefined
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(encoded, 'base64'))
    const colon = text.indexOf(':')
    if (colon < 1) return undefined
    return { id: decode(text.slice(0, colon)), secret: decode(text.slice(colon + 1)) }
  } catch {
    return undefined
  }
}

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '))
}
