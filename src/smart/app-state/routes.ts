// App state: a small FHIR endpoint of its own in which apps keep settings and keys. https://hl7.org/fhir/smart-app-launch/app-state.html
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { FhirError } from '../../fhir/outcome.ts'
import { parseIfMatch, toEntityTag } from '../../interactions/precondition.ts'
import { admit } from '../check.ts'
import type { SmartContext } from '../context.ts'
import { noteRead, noteRefusal, toEntry } from './audit.ts'
import { parseBasic } from './basic.ts'
import { answerStateFailure } from './failure.ts'
import { mayTouch, type Wanted } from './may.ts'
import { parseQuestion, toBundle } from './search.ts'
import { createState, findState, listStates, replaceState, type State } from './state.ts'

type WithId = { Params: { id: string } }

/** Serves `{root}/app-state/Basic`. Whatever a token may not touch is to it as if it were not there. */
export async function registerAppState(app: FastifyInstance, context: SmartContext): Promise<void> {
  await app.register(async (scope) => {
    scope.setErrorHandler(answerStateFailure)
    scope.addHook('onRequest', (request, reply, done) => admit(context.verifier, request, reply, done))
    const path = `${context.urls.rootPath}/app-state/Basic`
    scope.post(path, (request, reply) => create(context, request, reply))
    scope.get(path, (request, reply) => search(context, request, reply))
    scope.get<WithId>(`${path}/:id`, (request, reply) => read(context, request, reply))
    scope.put<WithId>(`${path}/:id`, (request, reply) => update(context, request, reply))
    scope.delete<WithId>(`${path}/:id`, (request, reply) => remove(context, request, reply))
  })
}

// There is no version yet that a condition could name, so none holds.
async function create(
  context: SmartContext,
  { headers, body, principal }: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const basic = parseBasic(context, headers['content-type'], body)
  await assertMay(context, principal, 'c', basic)
  if (basic.subject === undefined) await assertFirst(context, principal.client, basic)
  if (headers['if-match'] !== undefined)
    throw new FhirError('version-mismatch', 'If-Match names no version of what is not there yet')
  const state = await createState(context, principal.client, basic, (made) =>
    toEntry(context, principal, 'create', made),
  )
  reply.header('location', `${context.urls.appState}/Basic/${state.id}`)
  return send(reply.status(201), state)
}

async function update(
  context: SmartContext,
  { headers, body, principal, params }: FastifyRequest<WithId>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const basic = parseBasic(context, headers['content-type'], body, params.id)
  await assertMay(context, principal, 'u', basic)
  const state = await findMatching(context, headers['if-match'], params.id)
  if (!state || !(await mayWrite(context, principal, 'u', state))) throw mismatch()
  const kept = await replaceState(context, state, basic, (made) =>
    toEntry(context, principal, 'update', made),
  )
  return send(reply, kept)
}

async function remove(
  context: SmartContext,
  { headers, principal, params }: FastifyRequest<WithId>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const state = await findMatching(context, headers['if-match'], params.id)
  if (!state || !(await mayWrite(context, principal, 'd', state))) throw mismatch()
  await replaceState(context, state, undefined, (made) => toEntry(context, principal, 'delete', made))
  return reply.status(204).send()
}

async function read(
  context: SmartContext,
  { principal, params }: FastifyRequest<WithId>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const state = await findState(context, params.id)
  if (!state || !(await mayTouch(context, principal, 'r', state)))
    throw new FhirError('not-found', 'There is no such Basic')
  if (!state.resource) throw new FhirError('deleted', 'This Basic was deleted')
  await noteRead(context, principal, 'read', state, [state])
  return send(reply, state)
}

async function search(
  context: SmartContext,
  { url, principal }: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { id, ...wanted } = parseQuestion(context, url)
  await assertMay(context, principal, 's', wanted)
  const found = (await listStates(context, wanted)).filter((state) => id === undefined || state.id === id)
  await noteRead(context, principal, 'search-type', wanted, found)
  return reply
    .headers(HEADERS)
    .type('application/fhir+json')
    .send(JSON.stringify(toBundle(context, url, found)))
}

type Principal = FastifyRequest['principal']

async function assertMay(
  context: SmartContext,
  principal: Principal,
  right: 'c' | 'u' | 's',
  wanted: Wanted,
): Promise<void> {
  if (await mayTouch(context, principal, right, wanted)) return
  await noteRefusal(context, principal, right, wanted)
  throw new FhirError(
    'forbidden',
    'The token does not let this app do this with state of this code and subject',
  )
}

// What is for everybody is written by the app alone that began it.
async function assertFirst(context: SmartContext, client: string, wanted: Wanted): Promise<void> {
  const others = await listStates(context, { code: wanted.code })
  if (others.some((state) => state.client !== client))
    throw new FhirError('forbidden', 'State of this code that is for everybody belongs to another app')
}

async function mayWrite(
  context: SmartContext,
  principal: Principal,
  right: 'u' | 'd',
  state: State,
): Promise<boolean> {
  if (state.subject === undefined && state.client !== principal.client) return false
  return mayTouch(context, principal, right, state)
}

/** Returns the state whose current version If-Match names, or undefined: also for `*`, which says nothing of what is replaced. */
async function findMatching(
  context: SmartContext,
  ifMatch: string | undefined,
  id: string,
): Promise<State | undefined> {
  if (ifMatch === undefined)
    throw new FhirError('version-mismatch', 'If-Match with the version that is replaced is needed')
  const tags = parseIfMatch(ifMatch)
  const state = await findState(context, id)
  return state?.resource && tags !== '*' && tags.includes(String(state.version)) ? state : undefined
}

function mismatch(): FhirError {
  return new FhirError('version-mismatch', 'If-Match does not name the current version')
}

const HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const

function send(reply: FastifyReply, { version, resource }: State): FastifyReply {
  return reply
    .headers({ ...HEADERS, etag: toEntityTag(String(version)) })
    .type('application/fhir+json')
    .send(JSON.stringify(resource))
}
