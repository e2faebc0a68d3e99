// Which browser origins may call. https://hl7.org/fhir/smart-app-launch/app-launch.html#considerations-for-cross-origin-resource-sharing-cors-support
import cors, { type FastifyCorsOptions } from '@fastify/cors'
import type { FastifyInstance } from 'fastify'

const SHARED: FastifyCorsOptions = {
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  allowedHeaders: [
    'Accept',
    'Authorization',
    'Content-Type',
    'If-Match',
    'If-Modified-Since',
    'If-None-Exist',
    'If-None-Match',
    'Prefer',
  ],
  exposedHeaders: ['Location', 'Content-Location', 'ETag', 'Last-Modified', 'Retry-After', 'X-Progress'],
  maxAge: 600,
}

const NONE: FastifyCorsOptions = { origin: false }

/**
 * Answers preflights without a token and marks replies: metadata and discovery for every origin, the rest for `origins`.
 * No cookie is ever used, so credentials are not allowed. Register it before the token is checked.
 */
export async function registerCors(
  app: FastifyInstance,
  basePath: string,
  origins: readonly string[],
): Promise<void> {
  const open = new Set([`${basePath}/metadata`, `${basePath}/.well-known/smart-configuration`])
  const anywhere: FastifyCorsOptions = { ...SHARED, origin: '*' }
  const listed: FastifyCorsOptions = { ...SHARED, origin: origins.includes('*') ? '*' : [...origins] }
  await app.register(cors, {
    delegator: (request, callback) => {
      // Most requests come from no browser.
      if (request.headers.origin === undefined && request.method !== 'OPTIONS') return callback(null, NONE)
      const path = request.url.split('?', 1)[0]!
      callback(null, open.has(path) ? anywhere : listed)
    },
  })
}
