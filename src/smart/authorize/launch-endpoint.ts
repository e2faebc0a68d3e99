// How a hospital system starts an app for the user that is at it: with that user's own token it gets the value of `launch`.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type TokenGrant, toPrincipal } from '../../access/principal.ts'
import { FhirError } from '../../fhir/outcome.ts'
import { findAccount } from '../account.ts'
import { performAs } from '../acting.ts'
import type { LaunchContext } from '../authorization.ts'
import type { Client } from '../client.ts'
import type { SmartContext } from '../context.ts'
import { UNCACHED } from '../failure.ts'
import { type Form, parseFormBody } from '../form.ts'
import { OAuthError } from '../oauth-error.ts'
import { findUserToken } from '../user-token.ts'
import { type Capacity, capacitiesOf, isSameCapacity } from './capacity.ts'
import { readFhirContext } from './fhir-context.ts'
import { startLaunch } from './launch.ts'

/**
 * Adds `POST /auth/launch` (form: `client_id`, and of the context `patient`, `encounter`, `intent`, `tenant`,
 * `need_patient_banner`, `fhir_context` as JSON), with an access token of a user. Answers `launch`, and `launch_uri` to open where the app has one.
 */
export function registerLaunch(app: FastifyInstance, context: SmartContext): void {
  app.post(`${context.urls.rootPath}/auth/launch`, async (request, reply) => {
    const user = await readUser(context, request)
    const { account, capacity } = user
    const form = parseFormBody(request.headers['content-type'], request.body)
    const client = await context.clients.findActive(form['client_id'] ?? '')
    if (!client) throw new OAuthError('invalid_request', 'client_id is not that of an active client')
    const launch = await startLaunch(context, {
      client: client.id,
      account,
      capacity,
      context: await readContext(context, user, form),
    })
    const uri = toLaunchUri(context, client, launch)
    return reply
      .status(201)
      .headers(UNCACHED)
      .type('application/json')
      .send({ launch, ...(uri !== undefined && { launch_uri: uri }) })
  })
}

/** Returns the address that starts the app, or undefined where it has registered none. */
export function toLaunchUri(
  { urls }: Pick<SmartContext, 'urls'>,
  { metadata }: Client,
  launch: string,
): string | undefined {
  const uri = metadata.launch_uri
  if (uri === undefined) return undefined
  const query = `iss=${encodeURIComponent(urls.base)}&launch=${encodeURIComponent(launch)}`
  return `${uri}${uri.includes('?') ? '&' : '?'}${query}`
}

interface User {
  readonly account: string
  readonly capacity: Capacity
  /** What the token that was shown is for. */
  readonly grant: TokenGrant
}

async function readUser(context: SmartContext, { headers }: FastifyRequest): Promise<User> {
  const found = await findUserToken(context, headers)
  if (!found)
    throw new OAuthError('invalid_token', 'An access token of a user is needed in the Authorization header')
  const { grant, authorization } = found
  const account = await findAccount(context.app.store, authorization.account)
  const all = account ? await capacitiesOf(context, account) : []
  const capacity = all.find((each) => isSameCapacity(each, grant))
  if (!capacity) throw new OAuthError('access_denied', 'The user may no longer act in this capacity')
  return { account: authorization.account, capacity, grant }
}

async function readContext(
  context: SmartContext,
  { capacity, grant }: User,
  form: Form,
): Promise<LaunchContext> {
  const { patient, encounter, intent, tenant } = form
  const banner = form['need_patient_banner']
  if (banner !== undefined && banner !== 'true' && banner !== 'false')
    throw new OAuthError('invalid_request', 'need_patient_banner must be true or false')
  if (capacity.patient !== undefined && patient !== undefined && patient !== capacity.patient)
    throw new OAuthError('invalid_request', 'patient is not the one whose record the user has')
  if (patient !== capacity.patient) await assertReadable(context, grant, 'Patient', patient)
  await assertReadable(context, grant, 'Encounter', encounter)
  return {
    ...(patient !== undefined && { patient }),
    ...(encounter !== undefined && { encounter }),
    ...(intent !== undefined && { intent }),
    ...(tenant !== undefined && { tenant }),
    ...(banner !== undefined && { need_patient_banner: banner === 'true' }),
    ...readFhirContext(form['fhir_context']),
  }
}

// What may not be seen with the token is not there for it: the same answer as for what never was.
async function assertReadable(
  { app }: SmartContext,
  grant: TokenGrant,
  type: string,
  id: string | undefined,
): Promise<void> {
  if (id === undefined) return
  try {
    const policy = await app.policyFor(toPrincipal(grant, app.definitions))
    const found = await performAs(app, policy, { kind: 'read', type, id })
    if (found.kind === 'found') return
  } catch (error) {
    if (!(error instanceof FhirError) || error.status >= 500) throw error
  }
  throw new OAuthError('invalid_request', `${type.toLowerCase()} is none that the user has access to`)
}
