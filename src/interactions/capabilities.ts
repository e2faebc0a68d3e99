// The CapabilityStatement, made from the tables that serve requests. https://hl7.org/fhir/R4/capabilitystatement.html
import { createHash } from 'node:crypto'
import type { Definitions, SearchParameter } from '../fhir/definitions.ts'
import { servedBy } from '../search/params.ts'
import type { AppContext } from './context.ts'
import type { Capabilities } from './interaction.ts'
import type { Operation } from './operation.ts'
import { matchesTag } from './precondition.ts'
import type { Result } from './result.ts'

interface Statement {
  readonly document: Uint8Array
  readonly versionId: string
}

const statements = new WeakMap<Definitions, Statement>()

/** The day from which this form of the statement is published. */
const DATE = '2026-11-28'

/** Returns the statement, made once and again when parameters were posted; `not-modified` where the client has it. */
export function toCapabilities(context: AppContext, { ifNoneMatch }: Capabilities): Result {
  const { document, versionId } = toStatement(context)
  const etag = `W/"${versionId}"`
  if (ifNoneMatch !== undefined && matchesTag(ifNoneMatch, versionId)) return { kind: 'not-modified', etag }
  return { kind: 'public', document, etag }
}

function toStatement(context: AppContext): Statement {
  const known = statements.get(context.definitions)
  if (known) return known
  const document = Buffer.from(JSON.stringify(buildStatement(context)))
  const versionId = createHash('sha256').update(document).digest('hex').slice(0, 16)
  const statement = { document, versionId }
  statements.set(context.definitions, statement)
  return statement
}

function buildStatement(context: AppContext) {
  const { definitions, operations, settings } = context
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: DATE,
    kind: 'instance',
    software: { name: 'Musubi' },
    implementation: { description: 'Musubi, a FHIR server for personal health data', url: settings.baseUrl },
    fhirVersion: '4.0.1',
    format: [
      'application/fhir+json',
      'json',
      'application/fhir+xml',
      'xml',
      'application/fhir+ndjson',
      'ndjson',
    ],
    patchFormat: [
      'application/json-patch+json',
      'application/xml-patch+xml',
      'application/fhir+json',
      'application/fhir+xml',
    ],
    rest: [
      {
        mode: 'server',
        documentation: `${DOCUMENTATION} Dates and times without an offset are read in ${settings.timeZone}.`,
        security: { ...SECURITY, ...toOauthUris(context) },
        resource: definitions.resourceTypes.map((type) => buildResource(context, type)),
        interaction: ['transaction', 'batch', 'search-system', 'history-system'].map((code) => ({ code })),
        searchParam: toSearchParams(context, 'Resource'),
        ...listOperations(operations, (each) => each.levels.includes('system')),
        compartment: COMPARTMENTS.map((name) => `http://hl7.org/fhir/CompartmentDefinition/${name}`),
      },
    ],
  }
}

const COMPARTMENTS = ['Patient', 'Encounter', 'RelatedPerson', 'Practitioner', 'Device'].map(
  (name) => name.charAt(0).toLowerCase() + name.slice(1),
)

const DOCUMENTATION =
  'Unknown parameters are refused, or ignored and left out of the self link with Prefer: handling=lenient. ' +
  'What the token may not see behaves as if it were not there. An update creates only for organisations that may choose ' +
  'ids, where update of the type is granted without limits. A conditional delete takes one match, or as many as its _count.'

const SECURITY = {
  cors: true,
  service: [
    {
      coding: [
        {
          system: 'http://terminology.hl7.org/CodeSystem/restful-security-service',
          code: 'SMART-on-FHIR',
          display: 'SMART-on-FHIR',
        },
      ],
      text: 'A bearer token with SMART scopes (v1 or v2) in the Authorization header',
    },
  ],
}

// Where clients of the first SMART looked, and many still do. https://hl7.org/fhir/smart-app-launch/STU1/conformance/
function toOauthUris({ oauthUris }: AppContext) {
  const extension = Object.entries(oauthUris).map(([url, valueUri]) => ({ url, valueUri }))
  return {
    extension: [{ url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris', extension }],
  }
}

const INTERACTIONS = [
  'read',
  'vread',
  'update',
  'patch',
  'delete',
  'history-instance',
  'history-type',
  'create',
  'search-type',
].map((code) => ({ code }))

function buildResource(context: AppContext, type: string) {
  const searchParam = toSearchParams(context, type)
  return {
    type,
    profile: `http://hl7.org/fhir/StructureDefinition/${type}`,
    interaction: INTERACTIONS,
    versioning: 'versioned-update',
    readHistory: true,
    updateCreate: true,
    conditionalCreate: true,
    conditionalRead: 'full-support',
    conditionalUpdate: true,
    conditionalDelete: 'single',
    referencePolicy: ['literal', 'logical'],
    searchInclude: ['*', ...toIncludes(context, type)],
    searchParam,
    ...listOperations(
      context.operations,
      ({ levels, types }) =>
        (levels.includes('type') || levels.includes('instance')) && (types?.includes(type) ?? true),
    ),
  }
}

/** Returns the parameters of a type that a search answers, by code: what has no rows, or is being built, is refused. */
export function servedParameters(
  { definitions, parameterState }: Pick<AppContext, 'definitions' | 'parameterState'>,
  type: string,
): readonly SearchParameter[] {
  return [...definitions.searchParameters(type).values()]
    .filter(({ code }) => {
      const served = servedBy(definitions, type, code)
      return served !== undefined && served.kind !== 'none' && parameterState(type, code) === 'active'
    })
    .sort((a, b) => (a.code < b.code ? -1 : 1))
}

function toSearchParams(context: AppContext, type: string) {
  return servedParameters(context, type).map((parameter) => ({
    name: parameter.code,
    definition: parameter.url,
    type: parameter.type,
  }))
}

function toIncludes(context: AppContext, type: string): readonly string[] {
  return servedParameters(context, type)
    .filter((parameter) => parameter.type === 'reference' && parameter.target.length > 0)
    .map(({ code }) => `${type}:${code}`)
    .sort()
}

function listOperations(operations: readonly Operation[], isListed: (operation: Operation) => boolean) {
  const listed = operations.filter(isListed).map(({ code, definition }) => ({ name: code, definition }))
  return listed.length > 0 ? { operation: listed } : {}
}
