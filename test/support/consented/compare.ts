// The same request to both servers of a pair: every answer of its walk, as text in which nothing is left but what must agree.
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import type { Pair, Server } from './pair.ts'
import type { Request } from './request.ts'

const MAX_PAGES = 5

/** Not those of time and length: the sealed part of a link is longer where its keys are. */
const HEADERS = [
  'cache-control',
  'content-location',
  'content-type',
  'etag',
  'last-modified',
  'location',
  'vary',
  'www-authenticate',
]

// Versions, instants and the sealed part of a link may differ between any two servers.
function normalise(text: string): string {
  return (
    text
      .replace(/_page=[\w%.~-]+/g, '_page')
      // The notice of break-glass tells the time in words.
      .replace(/\d{1,2}時\d{1,2}分\d{1,2}秒|\b\d{1,2}:\d\d:\d\d\b( [AP]M)?/g, '…')
      .replace(/\b[0-9a-f]{16}\b|\d{4}-\d\d-\d\dT[\d:.]+Z|\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT/g, '…')
  )
}

function toUrl(path: string): string {
  const slash = path.startsWith('?') || path === '' ? '' : '/'
  return encodeURI(`/fhir${slash}${path}`)
}

async function send({ app, authorization }: Server, url: string, { method, body, headers }: Request) {
  const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  const {
    statusCode,
    headers: answered,
    body: text,
  } = await app.inject({
    method: method as 'GET',
    url,
    headers: {
      authorization,
      ...(body !== undefined && { 'content-type': 'application/fhir+json' }),
      ...headers,
    },
    ...(payload !== undefined && { payload }),
  })
  const lines = HEADERS.flatMap((name) =>
    answered[name] === undefined ? [] : [`${name}: ${answered[name]}`],
  )
  return { status: statusCode, text, whole: normalise([statusCode, ...lines, text].join('\n')) }
}

function nextOf(text: string): string | undefined {
  if (!text.includes('"next"')) return undefined
  const { link } = JSON.parse(text) as { link?: readonly { relation: string; url: string }[] }
  const next = link?.find(({ relation }) => relation === 'next')
  return next?.url.slice(next.url.indexOf('/fhir'))
}

/** Random ids, drawn anew from the same numbers for every request: both servers give what they create the same ids. */
let seed = 0
let drawn = 0
const randomUUID = crypto.randomUUID
function fixedUUID(): ReturnType<typeof randomUUID> {
  const digest = crypto.createHash('sha256').update(`${seed} ${drawn++}`).digest('hex')
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-4${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`
}

/** Fixes the random ids of this process; returns the function that sets them free again. */
export function fixIds(): () => void {
  crypto.randomUUID = fixedUUID
  syncBuiltinESMExports()
  return () => {
    crypto.randomUUID = randomUUID
    syncBuiltinESMExports()
  }
}

/** Returns the answers of a whole walk; ids of what it makes are those of `nth`. */
async function walk(
  server: Server,
  request: Request,
  nth: number,
  meanwhile?: () => Promise<void>,
): Promise<readonly string[]> {
  seed = nth
  drawn = 0
  const first = await send(server, toUrl(request.path), request)
  if (first.status >= 500)
    throw new Error(`${request.method} ${request.path} answered ${first.status}: ${first.text}`)
  const answers = [first.whole]
  let next = nextOf(first.text)
  while (next !== undefined && answers.length < MAX_PAGES) {
    await meanwhile?.()
    const page = await send(server, next, { method: 'GET', path: '' })
    answers.push(page.whole)
    next = nextOf(page.text)
  }
  return answers
}

/** Two answers to one request that should have been the same. */
export interface Difference {
  readonly nth: number
  readonly whole: readonly string[]
  readonly part: readonly string[]
}

/**
 * Asks both servers everything in turn; returns the first difference, or undefined where there is none. Where it is
 * disturbed, something hidden is changed in the whole before every further page.
 */
export async function findDifference(
  { whole, part, disturb }: Pair,
  requests: readonly Request[],
  isDisturbed = false,
): Promise<Difference | undefined> {
  for (const [nth, request] of requests.entries()) {
    const [a, b] = [
      await walk(whole, request, nth, isDisturbed ? disturb : undefined),
      await walk(part, request, nth),
    ]
    if (a.length !== b.length || a.some((text, n) => text !== b[n])) return { nth, whole: a, part: b }
  }
  return undefined
}
