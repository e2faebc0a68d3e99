// What of a grant its client is registered for now: the operator may have taken scopes from it since. https://www.rfc-editor.org/rfc/rfc7591#section-2
import { narrowTo } from '../../access/covers.ts'
import { parseScope, parseScopes } from '../../access/scopes.ts'
import type { Definitions } from '../../fhir/definitions.ts'
import type { Client } from '../client.ts'

/** Returns the scope string in its order, each scope as far as the client's registration holds it; all of it where nothing was taken. */
export function withinRegistration(
  { isResourceType }: Pick<Definitions, 'isResourceType'>,
  { metadata }: Client,
  scope: string,
): string {
  const { scopes, others } = parseScopes(metadata.scope, isResourceType)
  const words = scope.split(' ').flatMap((word): readonly string[] => {
    const parsed = parseScope(word, isResourceType)
    if (parsed) return narrowTo(scopes, [parsed])
    return others.includes(word) ? [word] : []
  })
  return words.join(' ')
}
