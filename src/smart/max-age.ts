// How long an answer may be kept. https://www.rfc-editor.org/rfc/rfc9111#section-4.2

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * Returns the milliseconds that an answer with these headers (names in lower case) may still be kept: what `Cache-Control` or
 * else `Expires` says, less its `Age`; 0 where it is not to be kept or they cannot be read; undefined where they say nothing.
 */
export function readMaxAgeMs(headers: Headers, now = Date.now()): number | undefined {
  const control = toText(headers['cache-control'])
  if (/(^|[\s,])(no-store|no-cache)($|[\s,=])/i.test(control)) return 0
  // Of several the shortest: nothing is kept longer than any of them says.
  const ages = [...control.matchAll(/(?:^|[\s,])(?:s-maxage|max-age)\s*=\s*"?([^\s,"]*)/gi)].map(([, text]) =>
    toSeconds(text!),
  )
  if (ages.length > 0) return Math.max(0, (Math.min(...ages) - toSeconds(toText(headers['age']), '0')) * 1000)
  const expires = toText(headers['expires'])
  if (expires === '') return undefined
  const at = Date.parse(expires)
  return Number.isNaN(at) ? 0 : Math.max(0, at - now)
}

function toText(value: string | readonly string[] | undefined): string {
  return typeof value === 'object' ? value.join(',') : (value ?? '')
}

function toSeconds(text: string, absent = ''): number {
  const digits = text === '' ? absent : text
  // What cannot be read counts against keeping: as an age of the answer it is very old.
  if (/^\d+$/.test(digits)) return Math.min(Number(digits), 2 ** 31)
  return absent === '' ? 0 : 2 ** 31
}
