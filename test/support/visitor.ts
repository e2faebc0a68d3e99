// A browser without a screen: keeps cookies, sends forms as they stand on a page, and follows nothing by itself.
import type { FastifyInstance } from 'fastify'
import { openCookieJar } from './cookie-jar.ts'

export interface Visited {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>
  readonly text: string
  /** Where it was redirected to, else undefined. */
  readonly location?: string
}

type Fields = Readonly<Record<string, string | undefined>>

export interface Visitor {
  readonly cookies: Map<string, string>
  get(url: string, headers?: Readonly<Record<string, string>>): Promise<Visited>
  post(url: string, fields: Fields, headers?: Readonly<Record<string, string>>): Promise<Visited>
  /** Sends the first form of a page with its own fields and these; `undefined` unticks or empties one. */
  submit(page: Visited, fields?: Fields): Promise<Visited>
  /** Follows redirects within the server; what leads elsewhere is returned. */
  follow(visited: Visited): Promise<Visited>
}

/** Returns a visitor of a server that has never been there. */
export function openVisitor(app: FastifyInstance, origin: string): Visitor {
  const jar = openCookieJar()

  async function send(method: 'GET' | 'POST', url: string, rest: object, headers = {}): Promise<Visited> {
    const reply = jar.keep(
      await app.inject({
        method,
        url: url.startsWith(origin) ? url.slice(origin.length) : url,
        ...rest,
        headers: { 'accept-language': 'en', ...jar.toHeaders(), ...headers },
      }),
    )
    const { location } = reply.headers
    return {
      status: reply.statusCode,
      headers: reply.headers,
      text: reply.body,
      ...(typeof location === 'string' && { location }),
    }
  }

  const visitor: Visitor = {
    cookies: jar.cookies,
    get: (url, headers) => send('GET', url, {}, headers),
    post: (url, fields, headers) =>
      send(
        'POST',
        url,
        { payload: encode(fields) },
        {
          'content-type': 'application/x-www-form-urlencoded',
          origin,
          ...headers,
        },
      ),
    submit(page, fields = {}) {
      const { action, values } = readForm(page.text)
      return visitor.post(action, { ...values, ...fields })
    },
    async follow(visited) {
      let now = visited
      while (now.location !== undefined && (now.location.startsWith(origin) || now.location.startsWith('/')))
        now = await visitor.get(now.location)
      return now
    },
  }
  return visitor
}

function encode(fields: Fields): string {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  return new URLSearchParams(given as [string, string][]).toString()
}

/** Returns where the first form of a page leads, and what a browser would send with it before anything is pressed. */
export function readForm(page: string): {
  readonly action: string
  readonly values: Readonly<Record<string, string>>
} {
  const form = /<form\b[^>]*>[\s\S]*?<\/form>/.exec(page)?.[0]
  if (form === undefined) throw new Error(`no form on the page: ${page.slice(0, 400)}`)
  const values: Record<string, string> = {}
  for (const [tag] of form.matchAll(/<input\b[^>]*>/g)) {
    const name = attribute(tag, 'name')
    const type = attribute(tag, 'type') ?? 'text'
    const isSent = !['checkbox', 'radio'].includes(type) || /\bchecked\b/.test(tag)
    if (name !== undefined && isSent)
      values[name] = attribute(tag, 'value') ?? (type === 'checkbox' ? 'on' : '')
  }
  for (const [, tag = '', options = ''] of form.matchAll(/(<select\b[^>]*>)([\s\S]*?)<\/select>/g)) {
    const chosen =
      /<option\b[^>]*\bselected\b[^>]*>/.exec(options)?.[0] ?? /<option\b[^>]*>/.exec(options)?.[0]
    const name = attribute(tag, 'name')
    if (name !== undefined && chosen !== undefined) values[name] = attribute(chosen, 'value') ?? ''
  }
  return { action: attribute(/<form\b[^>]*>/.exec(form)![0], 'action') ?? '', values }
}

function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1]
  return value
    ?.replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}
