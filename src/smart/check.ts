// Who asks: the bearer token in Authorization, and nothing else, becomes a Principal. https://www.rfc-editor.org/rfc/rfc6750
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { type Principal, type TokenGrant, toPrincipal } from '../access/principal.ts'
import type { Definitions } from '../fhir/definitions.ts'
import { FhirError } from '../fhir/outcome.ts'
import type { Store } from '../store/store.ts'
import { hashToken, isToken, TOKENS } from './token.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before any body is parsed, on every route that is not `config: { public: true }`. */
    principal: Principal
  }
  interface FastifyContextConfig {
    /** Answers without a token: metadata, discovery and health only. */
    readonly public?: boolean
  }
}

interface Verified {
  readonly principal: Principal
  /** The store's epoch at which the row was read: another epoch, and it is read again (it may have been revoked). */
  readonly epoch: number
}

const MAX_CACHED = 10_000

/** Looks a bearer token up: the Principal at once where it is known, else a promise of it; undefined for a token that stands for nobody. */
export type Verify = (token: string) => Principal | undefined | Promise<Principal | undefined>

/**
 * Returns what looks bearer tokens up. The same Principal object comes back while the store has not changed and the token
 * has not expired.
 */
export function createVerify(store: Store, definitions: Definitions): Verify {
  const verified = new Map<string, Verified>()

  async function read(key: string): Promise<Principal | undefined> {
    const epoch = store.epoch()
    const row = await store.records.get(TOKENS, key)
    if (!row) {
      verified.delete(key)
      return undefined
    }
    const known = verified.get(key)?.principal
    const principal = known ?? toPrincipal(row.value as TokenGrant, definitions)
    if (verified.size >= MAX_CACHED) verified.delete(verified.keys().next().value!)
    verified.set(key, { principal, epoch })
    return principal.expiresAt > Date.now() ? principal : undefined
  }

  return (token) => {
    const key = hashToken(token)
    const known = verified.get(key)
    const isCurrent = known?.epoch === store.epoch() && known.principal.expiresAt > Date.now()
    return isCurrent ? known.principal : read(key)
  }
}

/**
 * Puts a Principal on every request before its body is read, or answers 401. Unknown routes are asked for a token too, so
 * that they tell nothing.
 */
export function registerCheck(app: FastifyInstance, verify: Verify): void {
  app.decorateRequest('principal', null as unknown as Principal)
  app.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => {
    if (request.routeOptions.config.public) return done()
    admit(verify, request, reply, done)
  })
}

/** Puts the Principal of its bearer token on a request; calls `done` with FhirError `login`, and sets the challenge, where there is none. */
export function admit(
  verify: Verify,
  request: FastifyRequest,
  reply: FastifyReply,
  done: HookHandlerDoneFunction,
): void {
  const token = toBearer(request.headers.authorization)
  if (token === undefined) {
    done(refuse(reply, 'Bearer', 'A bearer token is needed in the Authorization header'))
    return
  }
  const settle = (principal: Principal | undefined): void => {
    if (principal) {
      request.principal = principal
      done()
    } else
      done(refuse(reply, 'Bearer error="invalid_token"', 'The bearer token is unknown, expired or revoked'))
  }
  const found = verify(token)
  if (found instanceof Promise) found.then(settle, done)
  else settle(found)
}

/** Returns the token of an `Authorization: Bearer …` header, or undefined where there is none of our form. */
function toBearer(header: string | undefined): string | undefined {
  if (header === undefined || header.slice(0, 7).toLowerCase() !== 'bearer ') return undefined
  const token = header.slice(7).trim()
  return isToken(token) ? token : undefined
}

function refuse(reply: FastifyReply, challenge: string, diagnostics: string): FhirError {
  reply.header('www-authenticate', challenge)
  return new FhirError('login', diagnostics)
}
