// How much is answered in a minute: of one address whatever it asks for, and of one client once it has proved who it is. https://www.rfc-editor.org/rfc/rfc6819#section-4.4.1.11
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Attempts, countAttempts } from './attempts.ts'
import type { SmartContext } from './context.ts'

/** Stands for any client of an address, and any address of a client. */
const ANY = ''

/** Returns a count of requests; each process has its own. */
export function countRequests(perMinute: number): Attempts {
  return countAttempts(perMinute, 'Too many requests')
}

/**
 * Returns the hook that refuses what comes from an address beyond its limit, before anything of it is read: OAuthError
 * `slow_down`, 429 with Retry-After.
 */
export function limitAddress(requests: Attempts) {
  return async ({ ip }: FastifyRequest): Promise<void> => {
    requests.assertBelow(ip, ANY)
    requests.count(ip, ANY)
  }
}

/** Limits what each address may ask for in all. */
export function registerLimits(app: FastifyInstance, { requests }: Pick<SmartContext, 'requests'>): void {
  app.addHook('onRequest', limitAddress(requests))
}

/** Counts a request of a client that has authenticated; throws OAuthError `slow_down` beyond its limit. Nobody else can use it up. */
export function assertClientBelow({ requests }: Pick<SmartContext, 'requests'>, client: string): void {
  requests.assertBelow(ANY, client)
  requests.count(ANY, client)
}
