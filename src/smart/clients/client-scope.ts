// What a client may ask for at most: scopes this server knows, and the purposes that go with them (C1). https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
import { compileScope } from '../../access/policy.ts'
import { type ParsedScopes, parseScopes } from '../../access/scopes.ts'
import type { AppContext } from '../../interactions/context.ts'
import { PURPOSE_SCOPE } from '../purpose.ts'
import { invalid } from './members.ts'

const MAX_CHARS = 8_192
const MAX_SCOPES = 200

/**
 * Returns the scopes that a member spells. Throws OAuthError `invalid_client_metadata` where one is none of ours: refused,
 * never read as something nearby; so is a granular one whose parameters its type does not have.
 */
export async function readClientScope(app: AppContext, value: unknown): Promise<ParsedScopes> {
  if (typeof value !== 'string' || value.trim() === '')
    throw invalid('scope', 'must name the scopes that may be asked for, separated by spaces')
  if (value.length > MAX_CHARS) throw invalid('scope', `must have at most ${MAX_CHARS} characters`)
  const parsed = parseScopes(value, app.definitions.isResourceType)
  const { scopes, others, refused } = parsed
  if (refused[0] !== undefined) throw invalid('scope', `holds no scope of this server: ${show(refused[0])}`)
  if (scopes.length + others.length > MAX_SCOPES)
    throw invalid('scope', `must name at most ${MAX_SCOPES} scopes`)
  for (const scope of scopes)
    if (!(await compileScope(scope, app.compileParams)))
      throw invalid('scope', `names a parameter that cannot be used in a scope: ${show(scope.text)}`)
  return parsed
}

/**
 * Returns the purposes that a client is to be registered for: those it names, or what follows from its scopes. Throws
 * OAuthError `invalid_client_metadata` for a code that governance does not know, or a purpose scope beyond those named.
 */
export async function readPurposes(
  app: AppContext,
  named: readonly string[] | undefined,
  { scopes, others }: ParsedScopes,
): Promise<readonly string[]> {
  const { purposes } = (await app.governance()).vocabulary
  const asked = others.flatMap((word) =>
    word.startsWith(PURPOSE_SCOPE) ? [word.slice(PURPOSE_SCOPE.length)] : [],
  )
  const registered = named?.length ? named : [...new Set([...toUsualPurposes(scopes), ...asked])]
  if (![...registered, ...asked].every(purposes.has))
    throw invalid('purposes', 'must be codes of v3-ActReason below PurposeOfUse or of registered projects')
  if (!asked.every((code) => registered.includes(code)))
    throw invalid('scope', 'must not name a purpose that is not among purposes')
  return registered
}

function toUsualPurposes(scopes: ParsedScopes['scopes']): readonly string[] {
  const isOfStaff = scopes.some(({ level }) => level !== 'patient')
  const isOfPersons = scopes.length === 0 || scopes.some(({ level }) => level === 'patient')
  return [...(isOfStaff ? ['TREAT'] : []), ...(isOfPersons ? ['PATRQT', 'FAMRQT'] : [])]
}

// error_description holds no quote and nothing beyond ASCII (RFC 6749 5.2).
function show(word: string): string {
  return word.replace(/[^\x21\x23-\x5b\x5d-\x7e]/g, '').slice(0, 100)
}
