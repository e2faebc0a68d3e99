// What an app may keep: a Basic with one code, at most one subject, and texts. https://hl7.org/fhir/smart-app-launch/app-state.html#managing-app-state-cruds
import { parseJson } from '../../fhir/json.ts'
import { FhirError } from '../../fhir/outcome.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { SmartContext } from '../context.ts'

/** A Basic that may be kept as it is. */
export interface Basic {
  readonly resource: Resource
  /** `system|code` of its only coding. */
  readonly code: string
  /** Absolute URL below the FHIR base; undefined where the state is for everybody. */
  readonly subject?: string
}

const SUBJECTS = ['Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson', 'Person']

/**
 * Returns what a body holds, once nothing in it is wrong. `id` is that of the URL, undefined for a create. Throws FhirError
 * `unsupported-media-type`, or `invalid` naming the first fault:
 *  1. it is a Basic of sound structure, in JSON;
 *  2. a create has neither id nor meta.versionId, an update has the id of its URL;
 *  3. subject is left out, or is an absolute reference to a person below the FHIR base;
 *  4. code has exactly one coding, with system and code;
 *  5. extensions have a valueString and nothing else; nothing modifies or is contained.
 */
export function parseBasic(
  context: SmartContext,
  type: string | undefined,
  body: unknown,
  id?: string,
): Basic {
  const resource = readResource(context, type, body)
  assertVersion(resource, id)
  const subject = toSubject(context, resource['subject'])
  const code = toCode(resource['code'])
  assertContent(resource)
  return { resource, code, ...(subject !== undefined && { subject }) }
}

/** True of the URL of a resource that state may be about, below the FHIR base. */
export function isSubject({ urls }: Pick<SmartContext, 'urls'>, url: string): boolean {
  if (!url.startsWith(`${urls.base}/`)) return false
  const [type = '', id = '', ...rest] = url.slice(urls.base.length + 1).split('/')
  return SUBJECTS.includes(type) && /^[A-Za-z0-9.-]{1,64}$/.test(id) && rest.length === 0
}

function readResource({ app }: SmartContext, type: string | undefined, body: unknown): Resource {
  if (!/^\s*application\/(fhir\+)?json\s*(;|$)/i.test(type ?? ''))
    throw new FhirError('unsupported-media-type', 'The body must be application/fhir+json')
  const value = parseJson(Buffer.isBuffer(body) ? body : '')
  if ((value as Partial<Resource> | null)?.resourceType !== 'Basic') throw invalid('The body must be a Basic')
  const issues = app.checkStructure(value).filter(({ severity }) => severity === 'error')
  if (issues.length > 0) throw new FhirError('structure', 'The Basic is not well formed', issues)
  return value as Resource
}

function assertVersion(resource: Resource, id: string | undefined): void {
  const meta = resource['meta'] as { readonly versionId?: string } | undefined
  if (id !== undefined) {
    if (resource['id'] !== id) throw invalid('Basic.id must be the id in the URL')
  } else if (resource['id'] !== undefined) throw invalid('A new Basic has no id')
  else if (meta?.versionId !== undefined) throw invalid('A new Basic has no meta.versionId')
}

function toSubject(context: SmartContext, subject: unknown): string | undefined {
  if (subject === undefined) return undefined
  const { reference } = subject as { readonly reference?: unknown }
  if (typeof reference === 'string' && isSubject(context, reference)) return reference
  throw invalid(
    `Basic.subject must be an absolute reference to a ${SUBJECTS.join(', ')} of ${context.urls.base}`,
  )
}

function toCode(code: unknown): string {
  const { coding = [] } = code as { readonly coding?: readonly { system?: unknown; code?: unknown }[] }
  const [only] = coding
  // One text names both only where neither holds the bar between them.
  if (coding.length === 1 && isPart(only?.system) && isPart(only?.code))
    return `${only?.system}|${only?.code}`
  throw invalid('Basic.code must have exactly one coding, with system and code')
}

function isPart(text: unknown): boolean {
  return typeof text === 'string' && !text.includes('|')
}

function assertContent(resource: Resource): void {
  for (const name of ['contained', 'modifierExtension', 'implicitRules'])
    if (resource[name] !== undefined) throw invalid(`Basic.${name} is not kept here`)
  for (const extension of (resource['extension'] ?? []) as readonly Readonly<Record<string, unknown>>[]) {
    const isText = Object.keys(extension).every((name) => name === 'url' || name === 'valueString')
    if (!isText || typeof extension['valueString'] !== 'string')
      throw invalid('Extensions of app state have a url and a valueString, and nothing else')
  }
}

function invalid(diagnostics: string): FhirError {
  return new FhirError('invalid', diagnostics)
}
