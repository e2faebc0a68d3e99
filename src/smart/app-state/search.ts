// What apps ask for: a code, with a subject or without one. https://hl7.org/fhir/smart-app-launch/app-state.html#querying-app-state
import { FhirError } from '../../fhir/outcome.ts'
import type { Resource } from '../../fhir/resource.ts'
import { parseQueryString } from '../../interactions/params.ts'
import type { SmartContext } from '../context.ts'
import { isSubject } from './basic.ts'
import type { Wanted } from './may.ts'
import type { State } from './state.ts'

const PARAMS = ['code', 'subject', 'subject:missing', '_id', '_format']

/**
 * Returns what the URL asks for. Throws FhirError `not-supported` for an unknown parameter, `invalid` where code is missing
 * or no `system|code`, where not exactly one of `subject` and `subject:missing=true` is given, or where one is repeated.
 */
export function parseQuestion(context: SmartContext, url: string): Wanted & { readonly id?: string } {
  const given = new Map<string, string>()
  for (const [name, value] of parseQueryString(url.split('?', 2)[1] ?? '')) {
    if (!PARAMS.includes(name))
      throw new FhirError('not-supported', `Search by ${PARAMS.slice(0, 4).join(', ')} and nothing else`)
    if (given.has(name)) throw invalid(`${name} is repeated`)
    given.set(name, value)
  }
  const code = given.get('code') ?? ''
  if (!/^[^|,\s]+\|[^|,]+$/.test(code)) throw invalid('code must be given as system|code')
  const subject = toSubject(context, given)
  const id = given.get('_id')
  return { code, ...(subject !== undefined && { subject }), ...(id !== undefined && { id }) }
}

function toSubject(context: SmartContext, given: ReadonlyMap<string, string>): string | undefined {
  const [subject, missing] = [given.get('subject'), given.get('subject:missing')]
  if (subject === undefined && missing === 'true') return undefined
  if (missing === undefined && subject !== undefined && isSubject(context, subject)) return subject
  throw invalid('Give subject, an absolute URL of a person here, or subject:missing=true')
}

function invalid(diagnostics: string): FhirError {
  return new FhirError('invalid', diagnostics)
}

/** Returns the searchset of what was found. */
export function toBundle({ urls }: SmartContext, url: string, found: readonly State[]): Resource {
  const query = url.split('?', 2)[1] ?? ''
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    total: found.length,
    link: [{ relation: 'self', url: `${urls.appState}/Basic?${query}` }],
    ...(found.length > 0 && {
      entry: found.map(({ id, resource }) => ({
        fullUrl: `${urls.appState}/Basic/${id}`,
        resource,
        search: { mode: 'match' },
      })),
    }),
  }
}
