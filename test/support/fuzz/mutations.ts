// Ways in which one parameter, or the request around it, can be wrong.

/** A request as it goes out: pairs are percent-encoded already, one character is one byte. */
export interface Shot {
  readonly method: string
  readonly pairs: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  /** In place of the pairs. */
  readonly body?: Buffer
}

/** Planted in what is sent: neither a log nor markup may have it. */
export const MARK = 'zq7Marker'
export const SCRIPT = `"'><script>${MARK}</script>`
const MEGABYTE = 1024 * 1024

type ForName = (name: string, value: string) => readonly string[]

const pair = (name: string, value: string) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`

/** What becomes of one parameter. */
export const OF_PARAMETER: Readonly<Record<string, ForName>> = {
  absent: () => [],
  empty: (name) => [`${name}=`],
  'without a value': (name) => [name],
  repeated: (name, value) => [pair(name, value), pair(name, value)],
  'repeated, differing': (name, value) => [pair(name, value), pair(name, SCRIPT)],
  'one megabyte': (name) => [`${name}=${MARK}${'a'.repeat(MEGABYTE)}`],
  '60 kB': (name) => [`${name}=${MARK}${'a '.repeat(30_000).replaceAll(' ', '+')}`],
  array: (name, value) => [pair(`${name}[]`, value)],
  'array beside it': (name, value) => [pair(name, value), pair(`${name}[0]`, SCRIPT)],
  object: (name, value) => [pair(`${name}[__proto__]`, value)],
  NUL: (name, value) => [`${pair(name, value)}%00${MARK}`],
  'control characters': (name) => [`${name}=${MARK}%0d%0aset-cookie:%20a=b%07`],
  'line breaks': (name) => [`${name}=${MARK}%0d%0alocation:%20https://evil.example`],
  'a broken escape': (name) => [`${name}=${MARK}%zz`],
  'half an escape': (name) => [`${name}=${MARK}%e`],
  'invalid UTF-8': (name) => [`${name}=${MARK}%ff%fe`],
  'an encoded surrogate': (name) => [`${name}=${MARK}%ed%a0%80`],
  'raw bytes': (name) => [`${name}=${MARK}\xff\xc0`],
  'JSON escapes of a surrogate': (name) => [pair(name, `"\\ud800"${MARK}`)],
  script: (name) => [pair(name, SCRIPT)],
  'an address elsewhere': (name) => [pair(name, `https://evil.example/${MARK}`)],
  'an address without a scheme': (name) => [pair(name, `//evil.example/${MARK}`)],
  'a script address': (name) => [pair(name, `javascript:alert('${MARK}')`)],
  number: (name) => [`${name}=-1e999`],
  'JSON in it': (name) => [pair(name, `{"${MARK}":[null]}`)],
  'right-to-left and emoji': (name) => [pair(name, `\u202e${MARK}\u{1f9ec}`)],
  'a prototype': (name) => [pair(name, '__proto__'), pair('__proto__', SCRIPT), 'constructor=1'],
  'a constructor': (name) => [pair(name, 'constructor'), 'toString=1', 'hasOwnProperty=1'],
}

type ForShot = (shot: Shot) => Shot

const withHeaders =
  (headers: Readonly<Record<string, string>>): ForShot =>
  (shot) => ({ ...shot, headers: { ...shot.headers, ...headers } })

const text = ({ pairs, body }: Shot) => body ?? Buffer.from(pairs.join('&'), 'latin1')

const without =
  (name: string): ForShot =>
  (shot) => ({
    ...shot,
    headers: Object.fromEntries(Object.entries(shot.headers).filter(([each]) => each !== name)),
  })

/** What becomes of the whole request. */
export const OF_REQUEST: Readonly<Record<string, ForShot>> = {
  'no content type': without('content-type'),
  'a JSON content type': withHeaders({ 'content-type': 'application/json' }),
  multipart: withHeaders({ 'content-type': `multipart/form-data; boundary=${MARK}` }),
  'a charset that is not UTF-8': withHeaders({
    'content-type': 'application/x-www-form-urlencoded; charset=utf-16',
  }),
  'a content type that is none': withHeaders({ 'content-type': ';;;=/' }),
  'UTF-16': (shot) => ({ ...shot, body: Buffer.from(text(shot).toString('latin1'), 'utf16le') }),
  'a JSON body': (shot) => ({
    ...shot,
    headers: { ...shot.headers, 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ [MARK]: shot.pairs })),
  }),
  'gzip that is none': withHeaders({ 'content-encoding': 'gzip' }),
  'no body': (shot) => ({ ...shot, body: Buffer.alloc(0) }),
  truncated: (shot) => ({ ...shot, body: text(shot).subarray(0, Math.floor(text(shot).length / 2)) }),
  'a byte order mark': (shot) => ({
    ...shot,
    body: Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), text(shot)]),
  }),
  'a huge header': withHeaders({ 'x-huge': MARK + 'h'.repeat(60_000) }),
  'a huge Authorization': withHeaders({ authorization: `Bearer ${MARK}${'h'.repeat(60_000)}` }),
  'Basic that is none': withHeaders({ authorization: 'Basic %%%' }),
  'Basic with NUL': withHeaders({
    authorization: `Basic ${Buffer.from(`${MARK}%00:%00`).toString('base64')}`,
  }),
  'Basic with bytes': withHeaders({
    authorization: `Basic ${Buffer.from([255, 58, 254]).toString('base64')}`,
  }),
  'another scheme': withHeaders({ authorization: `Digest ${MARK}` }),
  'a huge cookie': (shot) =>
    withHeaders({ cookie: `${shot.headers['cookie'] ?? ''}; a=${MARK}${'c'.repeat(60_000)}` })(shot),
  'a cookie with junk': (shot) =>
    withHeaders({
      cookie: `${shot.headers['cookie'] ?? ''}; =;;%zz=%ff; __proto__=x; musubi-language="; ${MARK}`,
    })(shot),
  'another host': withHeaders({
    host: 'evil.example',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'javascript',
  }),
  'an Origin of elsewhere': withHeaders({ origin: `https://${MARK.toLowerCase()}.example` }),
  'languages that are none': withHeaders({ 'accept-language': `;q=x,${MARK},${','.repeat(2_000)}` }),
  'an Accept that is none': withHeaders({ accept: `text/${MARK};;q=` }),
  '10,000 parameters': (shot) => ({
    ...shot,
    pairs: [...shot.pairs, ...Array.from({ length: 10_000 }, (_, i) => `p${i}=${MARK}`)],
  }),
  '10,000 ampersands': (shot) => ({ ...shot, pairs: [...shot.pairs, '&'.repeat(10_000)] }),
  ...Object.fromEntries(
    ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'].map((method) => [
      method,
      (shot: Shot): Shot => ({ ...shot, method }),
    ]),
  ),
}
