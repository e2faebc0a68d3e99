// Whoever types the address of the server alone comes to their own page.
import type { FastifyInstance } from 'fastify'
import type { SmartContext } from '../context.ts'

/** Sends `/` and `/auth`, beside the FHIR base, to the page of apps and access. */
export function registerStart(app: FastifyInstance, { urls }: SmartContext): void {
  for (const path of ['/', '/auth'])
    app.get(`${urls.rootPath}${path}`, (_request, reply) =>
      reply.header('cache-control', 'no-store').redirect(`${urls.rootPath}/auth/manage`, 303),
    )
}
