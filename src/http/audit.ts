// Where a request meets the access log: once, whatever becomes of it. https://hl7.org/fhir/R4/security.html#audit
import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Policy } from '../access/policy.ts'
import { type Asked, recordFailure, recordResult } from '../interactions/audit/record.ts'
import type { AppContext } from '../interactions/context.ts'
import type { Interaction } from '../interactions/interaction.ts'
import type { Result } from '../interactions/result.ts'
import { toBasePath } from './request.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What the request was understood as, for the log of a failure; null before. */
    interaction: Interaction | null
    isRecorded: boolean
  }
}

/**
 * Records every request that has a principal and was refused or failed, after the reply: nothing was given. What succeeds
 * is recorded before its reply by the handler (`recordAnswer`). Without a principal (401) there is nobody to name.
 */
export function registerAudit(app: FastifyInstance, context: AppContext): void {
  app.decorateRequest('interaction', null)
  app.decorateRequest('isRecorded', false)
  if (!context.settings.audit) return
  const base = toBasePath(context.settings.baseUrl)
  app.addHook('onResponse', async (request, reply) => {
    if (!request.principal || request.isRecorded || !isBelow(request.url, base)) return
    try {
      const policy = await context.policyFor(request.principal)
      await recordFailure(context, policy, toAsked(context, request), reply.statusCode)
    } catch (error) {
      request.log.error({ err: error }, 'not recorded')
    }
  })
}

function isBelow(url: string, base: string): boolean {
  return url.startsWith(base) && ['', '/', '?'].includes(url.charAt(base.length))
}

/** Records what a request came to; to be awaited before the reply. Rejects where it cannot be recorded: nothing is given then. */
export async function recordAnswer(
  context: AppContext,
  request: FastifyRequest,
  policy: Policy,
  interaction: Interaction,
  result: Result,
): Promise<void> {
  await recordResult(context, policy, { ...toAsked(context, request), interaction }, result)
  request.isRecorded = true
}

function toAsked({ settings }: AppContext, request: FastifyRequest): Asked {
  const { method, interaction } = request
  const query = toQuery(request, toBasePath(settings.baseUrl))
  return {
    method,
    ...(interaction && { interaction }),
    ...(query !== undefined && { query }),
    requestId: toRequestId(request.headers['x-request-id']),
  }
}

// As asked, also where it was posted: https://profiles.ihe.net/ITI/BALP/StructureDefinition-IHE.BasicAudit.Query.html
function toQuery({ url, interaction, body }: FastifyRequest, basePath: string): string | undefined {
  const form = interaction?.kind === 'search' && body instanceof Buffer ? body.toString() : ''
  if (form === '' && interaction?.kind !== 'search' && !url.includes('?')) return undefined
  const asked = url.slice(basePath.length + 1)
  return form === '' ? asked : `${asked}${asked.includes('?') ? '&' : '?'}${form}`
}

const REQUEST_ID = /^[A-Za-z0-9._:-]{1,64}$/

function toRequestId(header: string | string[] | undefined): string {
  return typeof header === 'string' && REQUEST_ID.test(header) ? header : randomUUID()
}
