// Who asks: the bearer token in Authorization, and nothing else, becomes a Principal. https://www.rfc-editor.org/rfc/rfc6750
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import type { Principal } from '../access/principal.ts'
import { FhirError } from '../fhir/outcome.ts'
import type { Verifier } from './verifier.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before any body is parsed, on every route that is not `config: { public: true }`. */
    principal: Principal
  }
  interface FastifyContextConfig {
    /** Answers without a token: metadata, discovery, health, and what people log in at. */
    readonly public?: boolean
  }
}

/**
 * Puts a Principal on every request before its body is read, or answers 401. Unknown routes are asked for a token too, so
 * that they tell nothing.
 */
export function registerCheck(app: FastifyInstance, verifier: Verifier): void {
  app.decorateRequest('principal', null as unknown as Principal)
  app.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => {
    if (request.routeOptions.config.public) return done()
    admit(verifier, request, reply, done)
  })
}

/** Puts the Principal of its bearer token on a request; calls `done` with FhirError `login`, the challenge set, where there is none. */
export function admit(
  verifier: Verifier,
  request: FastifyRequest,
  reply: FastifyReply,
  done: HookHandlerDoneFunction,
): void {
  const { authorization } = request.headers
  const known = verifier.known(authorization)
  if (known) {
    request.principal = known
    done()
    return
  }
  if (!verifier.isBearer(authorization)) {
    done(refuse(reply, 'Bearer', 'A bearer token is needed in the Authorization header'))
    return
  }
  verifier.verify(authorization).then((principal) => {
    if (!principal)
      return done(
        refuse(reply, 'Bearer error="invalid_token"', 'The bearer token is unknown, expired or revoked'),
      )
    request.principal = principal
    done()
  }, done)
}

function refuse(reply: FastifyReply, challenge: string, diagnostics: string): FhirError {
  reply.header('www-authenticate', challenge)
  return new FhirError('login', diagnostics)
}
