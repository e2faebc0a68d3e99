// Entries of a posted Bundle as Interactions, each failure named by its place. https://hl7.org/fhir/R4/http.html#transaction
import type { BundleEntry } from '../fhir/bundle.ts'
import { parseJson } from '../fhir/json.ts'
import { FhirError, type Issue } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/resource.ts'
import { FORMS } from '../fhir/validate/forms.ts'
import type { AppContext } from './context.ts'
import type { BundleInteraction, Interaction, Patch } from './interaction.ts'
import { createPacer } from './pace.ts'
import { parseQueryString } from './params.ts'
import { parseIfMatch, parseIfNoneMatch } from './precondition.ts'
import { type RestRequest, toInteraction } from './request.ts'

export interface Entry {
  /** Its place in the Bundle. */
  readonly index: number
  readonly fullUrl?: string
  readonly asked: Interaction
}

export interface Refused {
  readonly index: number
  readonly error: FhirError
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])

/**
 * Returns each entry as what it asks for, or as the FhirError that it is refused with. Throws FhirError `structure` where
 * `entry` is no list and `unprocessable` where the Bundle around the resources is not R4's.
 */
export async function parseEntries(
  context: AppContext,
  asked: BundleInteraction,
): Promise<readonly (Entry | Refused)[]> {
  const entries = toEntries(asked.bundle)
  const pace = createPacer()
  const parsed: (Entry | Refused)[] = []
  // An envelope without entries is checked too.
  for (let from = 0; from === 0 || from < entries.length; from += SLICE) {
    const slice = entries
      .slice(from, from + SLICE)
      .map((entry, n) => parseEntry(context, asked, entry, from + n))
    const sound = slice.flatMap((each) => ('error' in each ? [] : [each.index]))
    const faults = checkEnvelope(context, asked.bundle, sound)
    parsed.push(...slice.map((each) => faults.get(each.index) ?? each))
    await pace()
  }
  return parsed
}

/** So many entries are read and checked before the event loop gets a turn. */
const SLICE = 200

function toEntries({ entry = [] }: Resource): readonly unknown[] {
  if (Array.isArray(entry)) return entry
  throw new FhirError('structure', 'Bundle.entry must be a list')
}

function parseEntry(
  context: AppContext,
  asked: BundleInteraction,
  entry: unknown,
  index: number,
): Entry | Refused {
  try {
    const { request, fullUrl } = assertEntry(entry)
    const rest = toRestRequest(context, asked, request, entry as BundleEntry)
    const interaction = toInteraction(context, rest)
    if (interaction.kind === 'batch' || interaction.kind === 'transaction')
      throw new FhirError('invalid', 'A Bundle to be run cannot stand inside another one')
    return { index, fullUrl, asked: interaction }
  } catch (error) {
    if (error instanceof FhirError) return { index, error: atEntry(index, error) }
    throw error
  }
}

type Request = NonNullable<BundleEntry['request']>

function assertEntry(entry: unknown): { readonly request: Request; readonly fullUrl?: string } {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
    throw new FhirError('structure', 'the entry must be an object')
  const { request, fullUrl } = entry as BundleEntry
  if (typeof request !== 'object' || request === null)
    throw new FhirError('invalid', 'the entry has no request')
  if (typeof request.method !== 'string' || !METHODS.has(request.method))
    throw new FhirError('invalid', 'request.method must be one of GET, HEAD, POST, PUT, PATCH and DELETE')
  if (typeof request.url !== 'string') throw new FhirError('invalid', 'request.url is missing')
  return { request, ...(typeof fullUrl === 'string' && { fullUrl }) }
}

function toRestRequest(
  { settings }: AppContext,
  asked: BundleInteraction,
  request: Request,
  { resource }: BundleEntry,
): RestRequest {
  const { method, url, ifMatch, ifNoneMatch, ifModifiedSince, ifNoneExist } = request
  const { segments, query } = splitUrl(url, settings.baseUrl)
  const isPatch = method === 'PATCH'
  return {
    method,
    segments,
    params: parseQueryString(query),
    body: isPatch ? undefined : (resource ?? undefined),
    patch: isPatch ? toPatch(resource) : undefined,
    ifMatch: ifMatch === undefined ? undefined : parseIfMatch(String(ifMatch)),
    ifNoneMatch: ifNoneMatch === undefined ? undefined : parseIfNoneMatch(String(ifNoneMatch)),
    ifModifiedSince: ifModifiedSince === undefined ? undefined : Date.parse(ifModifiedSince) || 0,
    ifNoneExist: ifNoneExist === undefined ? undefined : String(ifNoneExist),
    handling: asked.handling,
    return: asked.return,
  }
}

/** Returns the decoded path and the query of a URL that is relative to the base, or absolute on it. */
export function splitUrl(
  url: string,
  baseUrl: string,
): { readonly segments: readonly string[]; readonly query: string } {
  const relative = url.startsWith(`${baseUrl}/`) ? url.slice(baseUrl.length + 1) : url
  const at = relative.indexOf('?')
  const path = at < 0 ? relative : relative.slice(0, at)
  return { segments: splitPath(path), query: at < 0 ? '' : relative.slice(at + 1) }
}

/** Returns the decoded parts of a path without a slash at either end. Throws FhirError `invalid` for a broken escape. */
export function splitPath(path: string): readonly string[] {
  const start = path.startsWith('/') ? 1 : 0
  const end = path.length > start && path.endsWith('/') ? path.length - 1 : path.length
  if (end <= start) return []
  const segments = path.slice(start, end).split('/')
  return path.includes('%') ? segments.map(decode) : segments
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw new FhirError('invalid', 'The URL is not well encoded')
  }
}

// A patch in a Bundle is Parameters, or a Binary that holds a JSON or XML Patch. https://hl7.org/fhir/R4/http.html#patch
function toPatch(resource: unknown): Patch | undefined {
  if (typeof resource !== 'object' || resource === null) return undefined
  const { resourceType, contentType, data } = resource as Record<string, unknown>
  if (resourceType === 'Parameters') return { format: 'fhirpath-patch', body: resource }
  const isXml = contentType === 'application/xml-patch+xml'
  if (resourceType !== 'Binary' || !(isXml || contentType === 'application/json-patch+json'))
    throw new FhirError(
      'invalid',
      'A patch must be Parameters, or a Binary of application/json-patch+json or application/xml-patch+xml',
    )
  if (!FORMS.base64Binary.test(data)) throw new FhirError('invalid', 'The data of the Binary must be base64')
  const bytes = Buffer.from(String(data), 'base64')
  return isXml ? { format: 'xml-patch', body: bytes } : { format: 'json-patch', body: parseJson(bytes) }
}

// The resources are checked when they are written; checking the envelope without them costs little. Returns the entries
// at fault; a fault of the Bundle itself is thrown.
function checkEnvelope(
  context: AppContext,
  { entry, ...envelope }: Resource,
  places: readonly number[],
): ReadonlyMap<number, Refused> {
  const bare = places.map((index) => {
    const { resource, ...rest } = (entry as readonly BundleEntry[])[index]!
    return rest
  })
  const issues = context
    .checkStructure(bare.length > 0 ? { ...envelope, entry: bare } : envelope)
    .filter(({ severity }) => severity === 'error' || severity === 'fatal')
  const faults = new Map<number, Refused>()
  for (const issue of issues) {
    const at = /^Bundle\.entry\[(\d+)\](.*)/s.exec(issue.expression?.[0] ?? '')
    const index = at ? places[Number(at[1])] : undefined
    if (index === undefined) throw new FhirError('unprocessable', issue.diagnostics, issues)
    const placed = {
      ...issue,
      expression: [`Bundle.entry[${index}]${at![2]}`],
      ...(issue.path && { path: ['entry', index, ...issue.path.slice(2)] }),
    }
    const known = faults.get(index)?.error.issues ?? []
    faults.set(index, { index, error: new FhirError('unprocessable', issue.diagnostics, [...known, placed]) })
  }
  return faults
}

/** Returns the failure of one entry with its place in front, and expressions that lead to it from the Bundle. */
export function atEntry(index: number, error: FhirError): FhirError {
  const place = `Bundle.entry[${index}]`
  const issues = error.issues.map(
    (issue): Issue => ({
      ...issue,
      diagnostics: `${place}: ${issue.diagnostics}`,
      ...(issue.ja !== undefined && { ja: `${place}: ${issue.ja}` }),
      ...(issue.path && { path: ['entry', index, 'resource', ...issue.path] }),
      expression: issue.expression?.map((path) => toPlace(place, path)) ?? [place],
    }),
  )
  return new FhirError(error.code, `${place}: ${error.message}`, issues)
}

function toPlace(place: string, path: string): string {
  const dot = path.indexOf('.')
  return dot < 0 ? `${place}.resource` : `${place}.resource${path.slice(dot)}`
}
