// How OpenID providers are asked: never an address inside our own network, little at a time, and no longer than a login waits.
import type { CustomFetch } from 'openid-client'
import { Agent, fetch } from 'undici'
import { isListed, parseTarget } from '../fetch-json.ts'
import { createLookup } from '../public-address.ts'

const MAX_BYTES = 256 * 1024
const TIMEOUT_MS = 5_000

/** Returns a `fetch`: hosts in `privateHosts` may be private and speak plain http, all others are public and speak https. */
export function createProviderFetch(privateHosts: readonly string[]): CustomFetch {
  const limits = { maxResponseSize: MAX_BYTES, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS }
  const open = new Agent({ ...limits, connect: { timeout: TIMEOUT_MS, lookup: createLookup() } })
  const named = new Agent({ ...limits, connect: { timeout: TIMEOUT_MS } })
  return async (url, { body, ...options }) => {
    const target = parseTarget(url, privateHosts)
    const dispatcher = isListed(target, privateHosts) ? named : open
    const reply = await fetch(target, {
      ...options,
      dispatcher,
      ...(body !== undefined && body !== null && { body: body as string | URLSearchParams }),
    })
    return reply as unknown as Response
  }
}
