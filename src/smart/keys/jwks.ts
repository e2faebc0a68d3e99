// The server's public keys, as bare JWKs. https://www.rfc-editor.org/rfc/rfc7517#section-5
import type { FastifyInstance } from 'fastify'
import type { SmartContext } from '../context.ts'
import { JWKS_MAX_AGE_MS } from './signing-keys.ts'

/** Serves the keys that id_tokens are checked with; a copy may be kept for five minutes. */
export function registerJwks(app: FastifyInstance, { urls, keys }: SmartContext): void {
  app.get(new URL(urls.jwks).pathname, async (_request, reply) => {
    reply.header('cache-control', `public, max-age=${JWKS_MAX_AGE_MS / 1000}`)
    return reply.type('application/json').send({ keys: await keys.publicKeys() })
  })
}
