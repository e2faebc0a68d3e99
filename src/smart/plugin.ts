// The authorization server: every endpoint and page, and what all of them share. https://hl7.org/fhir/smart-app-launch/
import cookie from '@fastify/cookie'
import type { FastifyInstance } from 'fastify'
import type { AppContext } from '../interactions/context.ts'
import { registerAppState } from './app-state/routes.ts'
import { countAttempts } from './attempts.ts'
import { noteRefusedToken } from './audit.ts'
import { registerAuthorize } from './authorize/endpoint.ts'
import { registerLaunch } from './authorize/launch-endpoint.ts'
import { registerBrands } from './brands.ts'
import { openClients } from './client.ts'
import { openClientKeys } from './client-keys.ts'
import { registerRegistration } from './clients/register.ts'
import type { SmartContext, SmartSettings } from './context.ts'
import { registerDevelopers } from './developers/register.ts'
import { registerDiscovery } from './discovery.ts'
import { createVerifyExternal } from './external-token.ts'
import { answerEndpointFailure, answerPageFailure } from './failure.ts'
import { registerIntrospect } from './introspect.ts'
import { registerJwks } from './keys/jwks.ts'
import { openKeys } from './keys/open-keys.ts'
import { countRequests, registerLimits } from './limits.ts'
import { registerManage } from './manage/register.ts'
import { registerAssets } from './pages/assets.ts'
import { registerLanguage } from './pages/language.ts'
import { registerStart } from './pages/start.ts'
import { registerStyle } from './pages/style.ts'
import { registerPeople } from './people/register.ts'
import { registerPosted } from './posted.ts'
import { registerRevoke } from './revoke.ts'
import { registerToken } from './token-endpoint/endpoint.ts'
import { toSmartUrls } from './urls.ts'
import { registerUserInfo } from './userinfo.ts'
import { createVerifier } from './verifier.ts'

/** Adds routes of the authorization server; paths begin with `context.urls.rootPath`. */
export type RegisterRoutes = (app: FastifyInstance, context: SmartContext) => void | Promise<void>

/** What answers JSON to programs; failures are RFC 6749's. */
const ENDPOINTS: readonly RegisterRoutes[] = [
  registerJwks,
  registerRegistration,
  registerDiscovery,
  registerToken,
  registerRevoke,
  registerUserInfo,
  registerLaunch,
  registerStyle,
  registerAppState,
  registerBrands,
  registerIntrospect,
  registerPosted,
]

/** What answers pages to people; failures are pages. */
const PAGES: readonly RegisterRoutes[] = [
  registerLanguage,
  registerStart,
  registerAssets,
  registerPeople,
  registerAuthorize,
  registerManage,
  registerDevelopers,
]

/** Returns the context of the authorization server on a store. */
export async function createSmartContext(app: AppContext, settings: SmartSettings): Promise<SmartContext> {
  const keys = await openKeys(app.store, settings)
  const clientKeys = openClientKeys(settings.privateHosts)
  const context: SmartContext = {
    app,
    urls: toSmartUrls(app.settings.baseUrl),
    settings,
    clients: openClients(app.store),
    verifier: createVerifier(
      app,
      (grant) => void noteRefusedToken(context, grant),
      createVerifyExternal(app, clientKeys),
    ),
    keys,
    csrfKey: keys.derive('csrf'),
    clientKeys,
    clientAttempts: countAttempts(settings.attemptsPerMinute),
    requests: countRequests(settings.requestsPerMinute),
    registrations: countRequests(settings.attemptsPerMinute),
  }
  return context
}

/** Serves the authorization server beside the FHIR base. None of its routes asks for a bearer token before it is reached. */
export async function registerSmart(app: FastifyInstance, context: SmartContext): Promise<void> {
  await app.register(async (scope) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, public: true }
    })
    await scope.register(cookie)
    registerLimits(scope, context)
    scope.removeAllContentTypeParsers()
    // Bodies are read as bytes: what they hold is checked where it is parsed.
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_BODY }, (_request, body, done) =>
      done(null, body),
    )
    await registerAll(scope, context, ENDPOINTS, answerEndpointFailure(context))
    await registerAll(scope, context, PAGES, answerPageFailure(context))
  })
}

/** Bytes: the largest body is a JWKS or an assertion. */
const MAX_BODY = 256 * 1024

async function registerAll(
  app: FastifyInstance,
  context: SmartContext,
  routes: readonly RegisterRoutes[],
  answer: Parameters<FastifyInstance['setErrorHandler']>[0],
): Promise<void> {
  await app.register(async (scope) => {
    scope.setErrorHandler(answer)
    for (const register of routes) await register(scope, context)
  })
}
