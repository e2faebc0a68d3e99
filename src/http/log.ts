// Structured logs without personal data: method, route template, status and time; never a URL, value, body, id or token.
import type { FastifyInstance, FastifyRequest, FastifyServerOptions } from 'fastify'

/** Where log lines go. */
export interface LogStream {
  write(line: string): void
}

/** Returns the logger options: our own serialisers, so that even Fastify's lines about a request carry no URL. */
export function toLogger(level: string, stream: LogStream): FastifyServerOptions['logger'] {
  return {
    level,
    stream,
    base: null,
    serializers: {
      req: (request: FastifyRequest) => ({ method: request.method, route: toRoute(request) }),
      res: (reply: { statusCode?: number }) => ({ status: reply.statusCode }),
      err: toFault,
    },
  }
}

/** Returns the template of the route that was matched, such as `/fhir/Patient/:id`. */
export function toRoute(request: FastifyRequest): string {
  return request.routeOptions?.url ?? 'unmatched'
}

// A message may quote what a person sent; the kind of error and where it arose never do.
function toFault(error: unknown): {
  readonly type: string
  readonly code?: string
  readonly message: string
  stack: string
} {
  const { name = 'unknown', code, stack = '' } = error as Partial<Error & { code: string }>
  const frames = stack.split('\n').filter((line) => line.startsWith('    at '))
  return { type: name, ...(typeof code === 'string' && { code }), message: '', stack: frames.join('\n') }
}

/** Logs one line for each reply; failures of ours as errors, the rest where `info` is logged at all. */
export function registerLog(app: FastifyInstance): void {
  const verbose = ['trace', 'debug', 'info'].includes(app.log.level)
  app.addHook('onResponse', (request, reply, done) => {
    const failed = reply.statusCode >= 500
    if (failed || verbose) {
      const ms = Math.round(reply.elapsedTime * 1000) / 1000
      const line = { method: request.method, route: toRoute(request), status: reply.statusCode, ms }
      if (failed) app.log.error(line, 'answered')
      else app.log.info(line, 'answered')
    }
    done()
  })
}

const FLUSH_MS = 50
const FLUSH_CHARS = 65_536

/** Returns a stream to standard output that writes lines in batches; what is left is written when the process ends. */
export function openLogStream(output: NodeJS.WritableStream = process.stdout): LogStream {
  let waiting = ''
  let timer: NodeJS.Timeout | undefined
  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    if (waiting !== '') output.write(waiting)
    waiting = ''
  }
  process.once('exit', flush)
  return {
    write(line) {
      waiting += line
      if (waiting.length >= FLUSH_CHARS) flush()
      else timer ??= setTimeout(flush, FLUSH_MS).unref()
    },
  }
}
