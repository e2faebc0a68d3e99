// An HTTP request as the interactions know it: path, parameters, body, conditions. https://hl7.org/fhir/R4/http.html#general
import type { FastifyRequest } from 'fastify'
import { loadDefinitions } from '../fhir/definitions.ts'
import { parseJson } from '../fhir/json.ts'
import { FhirError } from '../fhir/outcome.ts'
import { parseXml } from '../fhir/xml/parse.ts'
import { splitPath } from '../interactions/bundle-entry.ts'
import type { AppContext } from '../interactions/context.ts'
import type { Patch } from '../interactions/interaction.ts'
import { type Params, parseQueryString } from '../interactions/params.ts'
import { type EntityTags, parseIfMatch, parseIfNoneMatch } from '../interactions/precondition.ts'
import type { RestRequest } from '../interactions/request.ts'
import { toBodyFormat, typeOf } from './negotiate.ts'
import type { Preference } from './prefer.ts'

/** Returns the request with its body parsed; throws FhirError `invalid` or `structure` for what cannot be read. */
export function toRestRequest(
  { settings }: AppContext,
  request: FastifyRequest,
  preference: Preference,
): RestRequest {
  const { method, url, headers } = request
  const at = url.indexOf('?')
  const path = at < 0 ? url : url.slice(0, at)
  const params = at < 0 ? NO_PARAMS : parseQueryString(url.slice(at + 1))
  const base = {
    method,
    segments: splitPath(path.slice(toBasePath(settings.baseUrl).length)),
    params,
    ifNoneMatch: toTags(headers['if-none-match']),
    ifModifiedSince: toInstant(headers['if-modified-since']),
    handling: preference.handling,
    return: preference.return ?? 'minimal',
  } as const
  if (method === 'GET' || method === 'HEAD') return base
  const ifNoneExist = headers['if-none-exist']
  return {
    ...base,
    ...readBody(request, params),
    ifMatch: headers['if-match'] === undefined ? undefined : parseIfMatch(headers['if-match']),
    ifNoneExist: ifNoneExist === undefined ? undefined : String(ifNoneExist),
  }
}

const NO_PARAMS: Params = []

let basePath: { readonly of: string; readonly path: string } | undefined

/** Returns the path of the base URL: parsed once, it is the same for every request of a server. */
export function toBasePath(baseUrl: string): string {
  if (basePath?.of !== baseUrl) basePath = { of: baseUrl, path: new URL(baseUrl).pathname }
  return basePath.path
}

function toTags(header: string | undefined): EntityTags | undefined {
  return header === undefined ? undefined : parseIfNoneMatch(header)
}

function toInstant(header: string | undefined): number | undefined {
  const instant = header === undefined ? Number.NaN : Date.parse(header)
  return Number.isNaN(instant) ? undefined : instant
}

interface Body {
  readonly params: Params
  readonly body?: unknown
  readonly patch?: Patch
}

function readBody({ method, body, headers }: FastifyRequest, params: Params): Body {
  if (method === 'DELETE' || !(body instanceof Buffer) || body.length === 0) return { params }
  const type = headers['content-type'] ?? ''
  if (/^\s*application\/x-www-form-urlencoded/i.test(type))
    return { params: [...params, ...parseQueryString(decodeForm(body))] }
  if (method === 'PATCH') return { params, patch: readPatch(typeOf(type), body) }
  return { params, body: readResource(type, body) }
}

function readResource(type: string, body: Buffer): unknown {
  return toBodyFormat(type) === 'xml' ? parseXml(body, loadDefinitions()) : parseJson(body)
}

function readPatch(type: string, body: Buffer): Patch {
  switch (type) {
    case 'application/json-patch+json':
      return { format: 'json-patch', body: parseJson(body) }
    case 'application/xml-patch+xml':
      return { format: 'xml-patch', body }
  }
  return { format: 'fhirpath-patch', body: readResource(type, body) }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true })

function decodeForm(body: Buffer): string {
  try {
    return UTF8.decode(body).trim()
  } catch {
    throw new FhirError('invalid', 'The form is not valid UTF-8')
  }
}
