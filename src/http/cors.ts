// Which browser origins may call. https://hl7.org/fhir/smart-app-launch/app-launch.html#considerations-for-cross-origin-resource-sharing-cors-support
import cors, { type FastifyCorsOptions } from '@fastify/cors'
import type { FastifyInstance } from 'fastify'

/** Who may call what. Paths begin with a slash; what is in neither list is for no other origin. */
export interface CorsRules {
  /** Paths that every origin may call. */
  readonly open: ReadonlySet<string>
  /** Paths that `origins` and `registered` may call, with all below them. */
  readonly shared: readonly string[]
  /** Of the operator; `*` for all. */
  readonly origins: readonly string[]
  /** Those of registered clients. */
  readonly registered: () => Promise<ReadonlySet<string>>
}

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
const ANYWHERE: FastifyCorsOptions = { ...SHARED, origin: '*' }
/** A preflight is answered, and allows nothing. */
const STRANGER: FastifyCorsOptions = { ...SHARED, origin: [] }

/**
 * Answers preflights without a token and marks replies, by the rules. No cookie is ever used, so credentials are not
 * allowed. Register it before the token is checked.
 */
export async function registerCors(app: FastifyInstance, rules: CorsRules): Promise<void> {
  await app.register(cors, {
    delegator: (request, callback) => {
      const { origin } = request.headers
      // Most requests come from no browser.
      if (origin === undefined && request.method !== 'OPTIONS') return callback(null, NONE)
      const path = request.url.split('?', 1)[0]!
      if (rules.open.has(path)) return callback(null, ANYWHERE)
      if (!rules.shared.some((each) => path === each || path.startsWith(`${each}/`)))
        return callback(null, NONE)
      if (rules.origins.includes('*')) return callback(null, ANYWHERE)
      isAllowed(rules, origin).then(
        (allowed) => callback(null, allowed ? { ...SHARED, origin: [origin!] } : STRANGER),
        (error: Error) => callback(error),
      )
    },
  })
}

async function isAllowed({ origins, registered }: CorsRules, origin: string | undefined): Promise<boolean> {
  return origin !== undefined && (origins.includes(origin) || (await registered()).has(origin))
}
