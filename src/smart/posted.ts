// Endpoints that are posted to: any other method is told so. https://www.rfc-editor.org/rfc/rfc9110#status.405
import type { FastifyInstance } from 'fastify'
import type { SmartContext } from './context.ts'
import { UNCACHED } from './failure.ts'
import { OAuthError } from './oauth-error.ts'

/** Answers 405 with `Allow` to whatever is not posted to the endpoints of tokens, launches and registration. */
export function registerPosted(app: FastifyInstance, { urls }: SmartContext): void {
  for (const url of [urls.token, urls.revoke, urls.introspect, urls.register, urls.launch])
    app.route({
      method: ['GET', 'PUT', 'PATCH', 'DELETE'],
      url: new URL(url).pathname,
      handler: (_request, reply) =>
        reply
          .status(405)
          .headers({ ...UNCACHED, allow: 'POST' })
          .type('application/json')
          .send(new OAuthError('invalid_request', 'This endpoint answers POST alone').toJSON()),
    })
}
