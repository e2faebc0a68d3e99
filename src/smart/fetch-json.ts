// JSON from an address that somebody else has named: never from inside our own network. https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
import { Agent, type Dispatcher, request } from 'undici'
import { parseJsonBytes } from './json.ts'
import { readMaxAgeMs } from './max-age.ts'
import { createLookup, isPublicAddress, PrivateAddressError } from './public-address.ts'

export interface Fetched {
  readonly value: unknown
  /** How long it may be kept, as the answer says; undefined where it says nothing. */
  readonly maxAgeMs?: number
}

/** Why nothing was fetched; the message says it without what the other side has sent. */
export class FetchError extends Error {
  override readonly name = 'FetchError'
}

const MAX_BYTES = 64 * 1024
const TIMEOUT_MS = 5_000

/**
 * Returns the JSON at `url`: https, one GET, no redirect, at most 64 KiB, within five seconds, from a public address that was
 * looked up once, checked and then used. `privateHosts` (`NAME` or `NAME:PORT`) may be private, and may speak plain http.
 * Throws FetchError.
 */
export async function fetchJson(
  url: string,
  privateHosts: readonly string[],
  timeoutMs = TIMEOUT_MS,
): Promise<Fetched> {
  const target = parseTarget(url, privateHosts)
  const isPrivate = isListed(target, privateHosts)
  const agent = new Agent({
    connections: 1,
    allowH2: false,
    maxHeaderSize: 16 * 1024,
    connect: { timeout: timeoutMs, ...(!isPrivate && { lookup: createLookup() }) },
  })
  try {
    const answer = await request(target, {
      dispatcher: agent,
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(timeoutMs),
    })
    return await readAnswer(answer)
  } catch (error) {
    if (error instanceof FetchError) throw error
    throw new FetchError(describe(error))
  } finally {
    void agent.destroy()
  }
}

/** Returns the URL where it may be asked: https, or as `privateHosts` allow; throws FetchError. */
export function parseTarget(url: string, privateHosts: readonly string[]): URL {
  const target = URL.canParse(url) ? new URL(url) : undefined
  if (!target || target.username || target.password) throw new FetchError('It is no URL without credentials')
  if (isListed(target, privateHosts) && target.protocol === 'http:') return target
  if (target.protocol !== 'https:') throw new FetchError('It is no https URL')
  // An address in the URL itself is connected to without a look-up.
  const literal = /^[\d.]+$|^\[.*\]$/.test(target.hostname)
  if (literal && !isListed(target, privateHosts) && !isPublicAddress(target.hostname))
    throw new FetchError('Its address is not public')
  return target
}

/** True where the operator has named the host of a URL. */
export function isListed({ hostname, port, protocol }: URL, privateHosts: readonly string[]): boolean {
  const effective = port || (protocol === 'https:' ? '443' : '80')
  return privateHosts.some((host) => host === hostname || host === `${hostname}:${effective}`)
}

async function readAnswer({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<Fetched> {
  if (statusCode >= 300 && statusCode < 400) throw new FetchError('It redirects elsewhere')
  if (statusCode !== 200) throw new FetchError(`It answers with status ${statusCode}`)
  const value = parseJson(await readBody(body))
  const maxAgeMs = readMaxAgeMs(headers)
  return { value, ...(maxAgeMs !== undefined && { maxAgeMs }) }
}

async function readBody(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > MAX_BYTES) throw new FetchError(`It is larger than ${MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function parseJson(bytes: Buffer): unknown {
  try {
    return parseJsonBytes(bytes)
  } catch {
    throw new FetchError('It is not JSON')
  }
}

// What the network says may hold addresses of ours: only what we have said ourselves is told on.
function describe(error: unknown): string {
  const cause = (error as Error).cause ?? error
  if (cause instanceof PrivateAddressError) return 'Its address is not public'
  return (error as Error).name === 'TimeoutError' ? 'It takes too long' : 'It cannot be reached'
}
