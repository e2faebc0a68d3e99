// What this server can do, for programs: SMART's and OpenID's discovery documents. https://hl7.org/fhir/smart-app-launch/conformance.html
import type { FastifyInstance } from 'fastify'
import { toBrandDiscovery } from './brands.ts'
import { ASSERTION_ALGORITHMS } from './clients/assertion.ts'
import type { SmartContext } from './context.ts'

/** Those that work here, each with a test. https://hl7.org/fhir/smart-app-launch/conformance.html#capability-sets */
export const CAPABILITIES = [
  'launch-ehr',
  'launch-standalone',
  'authorize-post',
  'client-public',
  'client-confidential-symmetric',
  'client-confidential-asymmetric',
  'sso-openid-connect',
  'context-banner',
  'context-style',
  'context-ehr-patient',
  'context-ehr-encounter',
  'context-standalone-patient',
  'permission-offline',
  'permission-online',
  'permission-patient',
  'permission-user',
  'permission-v1',
  'permission-v2',
  'smart-app-state',
] as const

/** Grammar by example: any type and any search parameter of it goes where these stand. */
export const SCOPES_SUPPORTED = [
  'openid',
  'fhirUser',
  'profile',
  'launch',
  'launch/patient',
  'launch/encounter',
  'online_access',
  'offline_access',
  'patient/*.cruds',
  'patient/*.rs',
  'patient/*.read',
  'patient/*.write',
  'patient/*.*',
  'patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory',
  'user/*.cruds',
  'user/*.rs',
  'user/*.read',
  'user/*.write',
  'user/*.*',
  'system/*.cruds',
  'system/*.rs',
  'system/*.read',
  'system/*.write',
  'system/*.*',
  'https://musubi.example/purpose/PATRQT',
  'https://musubi.example/purpose/TREAT',
] as const

const AUTH_METHODS = ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const

/** Adds both documents; they are JSON whatever a client says it accepts, and open to every origin. */
export function registerDiscovery(app: FastifyInstance, context: SmartContext): void {
  const { urls } = context
  const documents = [
    [`${urls.basePath}/.well-known/smart-configuration`, () => toSmartConfiguration(context)],
    [`${urls.rootPath}/auth/.well-known/openid-configuration`, () => toOpenIdConfiguration(context)],
    // https://www.rfc-editor.org/rfc/rfc8414#section-3
    [`/.well-known/oauth-authorization-server${urls.rootPath}/auth`, () => toOpenIdConfiguration(context)],
  ] as const
  for (const [path, toDocument] of documents)
    app.get(path, async (_request, reply) =>
      reply
        .headers({ 'cache-control': 'public, max-age=300', 'x-content-type-options': 'nosniff' })
        .type('application/json')
        .send(await toDocument()),
    )
}

function toServer({ urls, settings }: SmartContext) {
  return {
    issuer: urls.issuer,
    jwks_uri: urls.jwks,
    authorization_endpoint: urls.authorize,
    token_endpoint: urls.token,
    ...(settings.registration !== 'closed' && { registration_endpoint: urls.register }),
    introspection_endpoint: urls.introspect,
    revocation_endpoint: urls.revoke,
    management_endpoint: urls.manage,
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    code_challenge_methods_supported: ['S256'],
    scopes_supported: SCOPES_SUPPORTED,
    token_endpoint_auth_methods_supported: AUTH_METHODS,
    token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    ui_locales_supported: ['ja', 'en'],
    service_documentation: urls.developers,
  }
}

async function toSmartConfiguration(context: SmartContext) {
  const { urls } = context
  return {
    ...toServer(context),
    capabilities: CAPABILITIES,
    associated_endpoints: [{ url: urls.appState, capabilities: ['smart-app-state'] }],
    ...(await toBrandDiscovery(context)),
  }
}

function toOpenIdConfiguration(context: SmartContext) {
  return {
    ...toServer(context),
    userinfo_endpoint: context.urls.userinfo,
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'amr', 'nonce', 'fhirUser', 'profile'],
    prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    claims_parameter_supported: false,
  }
}
