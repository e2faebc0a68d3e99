// The REST edge: every URL of R4, what it takes, and the way from a request to its reply. https://hl7.org/fhir/R4/http.html
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { FhirError } from '../fhir/outcome.ts'
import { toCapabilities } from '../interactions/capabilities.ts'
import type { AppContext } from '../interactions/context.ts'
import type { Interaction } from '../interactions/interaction.ts'
import { parseQueryString } from '../interactions/params.ts'
import { perform } from '../interactions/perform.ts'
import { type RestRequest, toInteraction } from '../interactions/request.ts'
import { recordAnswer } from './audit.ts'
import { assertMediaType, type BodyKind, firstAsked, negotiate, PLAIN } from './negotiate.ts'
import { type Preference, parsePrefer } from './prefer.ts'
import { toRestRequest } from './request.ts'
import { respond } from './respond.ts'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
type Methods = Partial<Record<Method, BodyKind | undefined>>

interface Route {
  /** Below the base. */
  readonly path: string
  /** Methods that are served, each with the body it takes. */
  readonly methods: Methods
  readonly open?: boolean
  /** Takes Bundles: the larger limit. */
  readonly bundles?: boolean
}

const READ: Methods = { GET: undefined }
const OPERATION: Methods = { GET: undefined, POST: 'operation' }
const FORM: Methods = { POST: 'form' }

const TYPE: Methods = { GET: undefined, POST: 'resource', PUT: 'resource', PATCH: 'patch', DELETE: undefined }
const INSTANCE: Methods = { GET: undefined, PUT: 'resource', PATCH: 'patch', DELETE: undefined }

/** Every URL. Which methods an operation or type takes beyond this is for `toInteraction` to say. */
const ROUTES: readonly Route[] = [
  { path: '/', methods: { GET: undefined, POST: 'resource' }, bundles: true },
  { path: '/metadata', methods: READ, open: true },
  { path: '/_search', methods: FORM },
  { path: '/_history', methods: READ },
  { path: '/:type', methods: TYPE },
  { path: '/:type(^Bundle$)', methods: TYPE, bundles: true },
  { path: '/:type/_search', methods: FORM },
  { path: '/:type/_history', methods: READ },
  { path: '/:type/:id', methods: INSTANCE },
  { path: '/:type(^Bundle$)/:id', methods: INSTANCE, bundles: true },
  { path: '/:type/:id/_history', methods: READ },
  { path: '/:type/:id/_history/:version', methods: READ },
  { path: '/:type/:id/:member', methods: READ },
  { path: '/:type/:id/:member/_search', methods: FORM },
  // A name that begins with a dollar is found before any id.
  ...['', '/:type', '/:type/:id', '/:type/:id/_history/:version'].map((level) => ({
    path: `${level}/$:operation`,
    methods: OPERATION,
  })),
]

const METHODS: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Serves FHIR at the path of the base URL. Every failure is thrown as FhirError for the app's error handler. */
export async function registerFhir(app: FastifyInstance, context: AppContext): Promise<void> {
  const prefix = new URL(context.settings.baseUrl).pathname
  await app.register(
    async (scope) => {
      scope.removeAllContentTypeParsers()
      // Bodies are read as bytes: FHIR's numbers and limits are not those of JSON.parse.
      scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
      for (const route of ROUTES) addRoute(scope, context, route)
    },
    { prefix },
  )
}

function addRoute(app: FastifyInstance, context: AppContext, { path, methods, open, bundles }: Route): void {
  const { maxBody, maxBundle } = context.settings
  for (const method of METHODS) {
    const kind = methods[method]
    const served = method in methods
    app.route({
      method,
      url: path,
      prefixTrailingSlash: 'both',
      bodyLimit: bundles ? maxBundle : maxBody,
      config: { public: open === true && served },
      ...(served && kind !== undefined && { preParsing: checkBody(kind) }),
      handler: served ? createHandler(context) : refuseMethod(methods),
    })
  }
}

// Before the body is read; an operation may come without one.
function checkBody(kind: BodyKind) {
  return async ({ headers }: FastifyRequest) => {
    const length = headers['content-length']
    const isEmpty = headers['transfer-encoding'] === undefined && (length === undefined || length === '0')
    if (kind === 'operation' && isEmpty) return
    assertMediaType(kind, headers['content-type'], headers['content-encoding'])
  }
}

function refuseMethod(methods: Methods) {
  const allow = Object.keys(methods).flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
  return async (request: FastifyRequest, reply: FastifyReply): Promise<never> => {
    reply.header('allow', allow.join(', '))
    throw new FhirError('method-not-allowed', `${request.method} is not served at this URL`)
  }
}

function createHandler(context: AppContext) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const preference = parsePrefer(request.headers.prefer)
    const rest = readRequest(context, request, preference)
    if (rest instanceof FhirError) return answerUnreadable(context, request, reply, rest)
    const asked = toAsked(context, request, rest)
    const form = isText(asked) ? PLAIN : negotiate(request.headers.accept, rest.params)
    // Open to all: here alone there may be no principal.
    if (asked.kind === 'capabilities')
      return respond(context, reply, toCapabilities(context, asked), { form })
    if (!request.principal)
      throw new FhirError('login', 'A bearer token is needed in the Authorization header')
    request.interaction = asked
    const policy = await context.policyFor(request.principal)
    const result = await perform(context, policy, asked)
    await recordAnswer(context, request, policy, asked, result)
    return respond(context, reply, result, { form, return: preference.return })
  }
}

// Text is for those operations alone that can be written as it.
function toAsked(context: AppContext, { headers }: FastifyRequest, rest: RestRequest): Interaction {
  const asked = toInteraction(context, rest)
  if (asked.kind !== 'operation' || asked.operation.mediaType === undefined) return asked
  return { ...asked, text: firstAsked(headers.accept, rest.params) === asked.operation.mediaType }
}

function isText(asked: Interaction): boolean {
  return asked.kind === 'operation' && asked.text === true
}

// What cannot even be parsed is told by $validate as any other fault (V3).
function readRequest(
  context: AppContext,
  request: FastifyRequest,
  preference: Preference,
): RestRequest | FhirError {
  try {
    return toRestRequest(context, request, preference)
  } catch (error) {
    const isAsked = request.method === 'POST' && /\/\$validate\/?(?:\?|$)/.test(request.url)
    if (isAsked && error instanceof FhirError && request.principal) return error
    throw error
  }
}

function answerUnreadable(
  context: AppContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { issues }: FhirError,
): FastifyReply {
  const at = request.url.indexOf('?')
  const form = negotiate(request.headers.accept, at < 0 ? [] : parseQueryString(request.url.slice(at + 1)))
  return respond(context, reply, { kind: 'outcome', issues }, { form })
}
