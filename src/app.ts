// The only wiring: what the server is made of, and the order in which a request meets it.
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import compress from '@fastify/compress'
import fastify, { type FastifyInstance, LogController } from 'fastify'
import { type AccessContext, openAccess } from './access/access.ts'
import { createLabeller } from './access/labels.ts'
import { type CompileParams, createPolicy } from './access/policy.ts'
import { createSystemPolicy } from './access/system.ts'
import type { Config } from './config.ts'
import type { ConsentSettings } from './consent/governance.ts'
import { loadSensitivities } from './consent/labels.ts'
import { projectCodes } from './consent/projects.ts'
import { PROJECTS, type ProjectCodes } from './consent/purposes.ts'
import { loadDefinitions } from './fhir/definitions.ts'
import { FhirError } from './fhir/outcome.ts'
import { checkStructureDefinition } from './fhir/profile/check-definition.ts'
import { judgeLater } from './fhir/profile/coding.ts'
import { loadStructure } from './fhir/profile/load-structure.ts'
import { createOwnMembership } from './fhir/profile/membership.ts'
import { openWorld } from './fhir/profile/open-world.ts'
import { createTerminology } from './fhir/terminology.ts'
import { createValidator } from './fhir/validate.ts'
import { createValidation } from './fhir/validation.ts'
import { registerAudit } from './http/audit.ts'
import { answerClientError } from './http/client-error.ts'
import { registerCors } from './http/cors.ts'
import { answerFailure, answerUnknown } from './http/failure.ts'
import { registerHealth, registerMetrics } from './http/health.ts'
import { type LogStream, openLogStream, registerLog, toLogger } from './http/log.ts'
import { registerFhir } from './http/routes.ts'
import { backfillFacets } from './interactions/backfill.ts'
import { listFolders } from './interactions/canonicals/folders.ts'
import { withCanonicals } from './interactions/canonicals/posted.ts'
import { openCanonicals } from './interactions/canonicals.ts'
import type { AppContext } from './interactions/context.ts'
import { openGovernance, recordSettings } from './interactions/governance.ts'
import { createIndexFor } from './interactions/index-for.ts'
import { keepPolicies } from './interactions/keep-policies.ts'
import { readLabelRules } from './interactions/labels.ts'
import { openSearchParameters, withSearchParameters } from './interactions/search-parameters.ts'
import { spreadLabels } from './interactions/spread-labels.ts'
import { loadOperations } from './operations/load.ts'
import { createIndexer } from './search/index-values.ts'
import { parseScopeParams } from './search/parse.ts'
import { registerCheck } from './smart/check.ts'
import { toCorsPaths } from './smart/cors-paths.ts'
import { createSmartContext, registerSmart } from './smart/plugin.ts'
import { toSmartUrls } from './smart/urls.ts'
import type { Store } from './store/store.ts'

const COMPRESS_FROM_BYTES = 2048
/** A body that has not arrived by then is given up: a sender that stalls may not hold a connection for ever. */
const REQUEST_TIMEOUT_MS = 300_000

/** Folders of definitions that come with the server. */
const PROFILES = fileURLToPath(new URL('../profiles', import.meta.url))
const LABEL_RULES = fileURLToPath(new URL('../profiles/musubi/labels', import.meta.url))

/** Returns what interactions, operations and commands work with; nothing in it listens to anything. */
export async function createContext(config: Config, store: Store): Promise<AppContext> {
  const base = loadDefinitions()
  const canonicals = await openCanonicals(store, listFolders(PROFILES), () =>
    createSystemPolicy('definitions', { definitions: base, compileParams }),
  )
  const terminology = createTerminology(base, { canonicals, store: store.codeSystems })
  const searchParameters = await openSearchParameters(store, base, (definitions) =>
    createIndexer(definitions, config),
  )
  const validate = createValidation({
    definitions: base,
    world: openWorld({
      definitions: base,
      canonicals,

      unknownExtension: config.unknownExtension,
      unknownProfile: config.unknownProfile,
      unknownSystem: config.unknownSystem,
      loadStructure: (canonical) => loadStructure({ definitions: base, canonicals }, canonical),
      ownMembership: createOwnMembership(base),
      loadMembership: (valueSet) => terminology.membership(valueSet),
    }),
    judge: (later) => judgeLater(terminology, later, config.unknownSystem),
    generation: () => canonicals.generation,
  })
  const compileParams: CompileParams = (type, params) =>
    parseScopeParams(
      {
        definitions: searchParameters.definitions,
        terminology,
        settings: config,
        parameterState: searchParameters.stateOf,
      },
      type,
      params,
    )
  const registered = await canonicals.find('CodeSystem', PROJECTS)
  await recordSettings(store, toConsentSettings(config, registered ? [projectCodes(registered)] : []))
  const governance = openGovernance(store, base)
  const { vocabulary } = await governance()
  const access: AccessContext = {
    records: store.consents,
    governance,
    idChoosers: config.idOrganizations,
  }
  const context: AppContext = {
    onStored: (changes) => spreadLabels(context, changes),
    store: withCanonicals(withSearchParameters(store, base, searchParameters), canonicals.refresh),
    get definitions() {
      return searchParameters.definitions
    },
    terminology,
    searchParameters,
    parameterState: searchParameters.stateOf,
    get indexer() {
      return searchParameters.indexer
    },
    indexFor: createIndexFor(base, vocabulary, config, (resource) => searchParameters.indexer(resource)),
    label: createLabeller(readLabelRules(LABEL_RULES), loadSensitivities(base)),
    governance,
    access,
    validate: async (resource, options) => {
      const followed = canonicals.follow()
      if (followed) await followed
      const issues = await validate(resource, options)
      if (issues.some(({ severity }) => severity === 'error')) return issues
      // What a definition means is asked of one that is right as a resource.
      const ofDefinition = await checkStructureDefinition({ definitions: base, canonicals }, resource)
      return [...issues, ...searchParameters.check(resource), ...ofDefinition]
    },
    checkStructure: createValidator(base),
    canonicals,
    refreshCanonicals: canonicals.refresh,
    policyFor: keepPolicies(store, async (principal) =>
      createPolicy(principal, { definitions: base, compileParams }, await openAccess(principal, access)),
    ),
    compileParams,
    operations: await loadOperations(),
    pageKey: await loadPageKey(store),
    oauthUris: toOauthUris(config.baseUrl),
    settings: config,
  }
  return context
}

function toOauthUris(baseUrl: string): AppContext['oauthUris'] {
  const { authorize, token, introspect, revoke, manage } = toSmartUrls(baseUrl)
  return { authorize, token, introspect, revoke, manage }
}

function toConsentSettings(config: Config, projects: readonly ProjectCodes[]): ConsentSettings {
  const { timeZone, ownDataPermit, treatingPermit, dissentOverDefaults, btgOverridesDissent, adolescentAge } =
    config
  return {
    timeZone,
    switches: { ownDataPermit, treatingPermit, dissentOverDefaults, btgOverridesDissent, adolescentAge },
    projects,
  }
}

/** Returns the server, ready to listen or to be injected into; closing it ends what is in flight and leaves the store open. */
export async function createApp(
  config: Config,
  store: Store,
  stream: LogStream = openLogStream(),
): Promise<FastifyInstance> {
  const context = await createContext(config, store)
  await backfillFacets(context, config.organization, (done) => {
    if (done % 10_000 === 0) process.stderr.write(`Bringing the store up to date: ${done} resources\n`)
  })
  const smart = await createSmartContext(context, config)
  const app = fastify({
    logger: toLogger(config.logLevel, stream),
    // One logger for all: a child for each request costs more than the request's own line.
    childLoggerFactory: (logger) => logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: config.maxBundle,
    requestTimeout: REQUEST_TIMEOUT_MS,
    trustProxy: config.trustedProxies.length > 0 ? [...config.trustedProxies] : false,
    forceCloseConnections: 'idle',
    // A FHIR id has 64 characters; what is longer is no id of ours, and a long URL is a search.
    routerOptions: { maxParamLength: 2048 },
    frameworkErrors: (error, request, reply) => void answerFailure(error, request, reply),
    clientErrorHandler: answerClientError,
  })
  app.setErrorHandler(answerFailure)
  app.setNotFoundHandler(answerUnknown)
  registerLog(app)
  await registerCors(app, {
    ...toCorsPaths(smart.urls),
    origins: config.corsOrigins,
    registered: smart.clients.origins,
  })
  registerCheck(app, smart.verifier)
  // Before compression: a compressed page lets its hidden values be guessed (BREACH).
  await registerSmart(app, smart)
  await app.register(compress, {
    threshold: COMPRESS_FROM_BYTES,
    encodings: ['br', 'gzip'],
    globalDecompression: false,
  })
  registerHealth(app, store)
  registerMetrics(app)
  registerAudit(app, context)
  await registerFhir(app, context)
  return app
}

/** Returns the key that seals page links: made once for a store, so that every process on it opens the others' links. */
async function loadPageKey(store: Store): Promise<Uint8Array> {
  const known = await store.records.get('key', 'page')
  if (known) return Buffer.from(String(known.value), 'base64url')
  const key = randomBytes(32)
  try {
    await store.records.add({ collection: 'key', key: 'page', value: key.toString('base64url') })
    return key
  } catch (error) {
    // Another process made it in the meantime.
    if (error instanceof FhirError && error.code === 'conflict') return loadPageKey(store)
    throw error
  }
}
