// Health for orchestrators (open to all, tells nothing) and metrics for Prometheus (with a token).
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import { toRole } from '../access/roles.ts'
import { FhirError } from '../fhir/outcome.ts'
import type { Store } from '../store/store.ts'
import { toRoute } from './log.ts'

/** Adds `/livez` (the process answers) and `/readyz` (it accepts work and reaches its store: 200, else 503). */
export function registerHealth(app: FastifyInstance, store: Store): void {
  let closing = false
  app.addHook('preClose', (done) => {
    closing = true
    done()
  })
  const open = { config: { public: true }, logLevel: 'warn' as const }
  app.get('/livez', open, (_request, reply) => reply.type('text/plain').send('ok\n'))
  app.get('/readyz', open, async (_request, reply) => {
    const ready = !closing && (await reaches(store))
    return reply
      .status(ready ? 200 : 503)
      .type('text/plain')
      .send(ready ? 'ok\n' : 'not ready\n')
  })
}

async function reaches(store: Store): Promise<boolean> {
  try {
    await store.records.get('health', 'probe')
    return true
  } catch {
    return false
  }
}

/**
 * Measures every reply and adds `/metrics` (Prometheus text). Labels are route templates, never a value of a request.
 * It needs the token of a client (a `system/` subject): how many records of what kind move is nobody else's business.
 */
export function registerMetrics(app: FastifyInstance): void {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const seconds = new Histogram({
    name: 'musubi_http_request_seconds',
    help: 'Time from the head of a request to the end of its reply.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.003, 0.005, 0.015, 0.05, 0.2, 1, 5, 30],
    registers: [registry],
  })
  // Finding a labelled series costs more than adding to it.
  const series = new Map<string, { observe(value: number): void }>()
  app.addHook('onResponse', (request, reply, done) => {
    const route = toRoute(request)
    const key = `${request.method} ${route} ${reply.statusCode}`
    let one = series.get(key)
    if (!one) {
      one = seconds.labels(request.method, route, String(reply.statusCode))
      series.set(key, one)
    }
    one.observe(reply.elapsedTime / 1000)
    done()
  })
  app.get('/metrics', { logLevel: 'warn' }, async (request, reply) => {
    assertClient(request)
    return reply.type(registry.contentType).send(await registry.metrics())
  })
}

function assertClient({ principal }: FastifyRequest): void {
  if (toRole(principal.subject) !== 'system' || !principal.scopes.some(({ level }) => level === 'system'))
    throw new FhirError('forbidden', 'Metrics need the token of a client with a system/ scope')
}
