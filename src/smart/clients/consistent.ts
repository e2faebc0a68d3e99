// What members of client metadata must be to each other. https://www.rfc-editor.org/rfc/rfc7591#section-2.1
import type { ParsedScopes } from '../../access/scopes.ts'
import type { ClientMetadata } from '../client.ts'
import { invalid } from './members.ts'
import { isPrivateUse } from './redirect-uri.ts'

/**
 * Throws OAuthError `invalid_client_metadata` naming the first member that contradicts another:
 *  1. somebody is asked or the client itself is meant, and a refresh token needs somebody who was asked;
 *  2. who asks users says where they are answered;
 *  3. Backend Services authenticate by keys, never by a secret, and keys are given in one way;
 *  4. a native app has no secret;
 *  5. `system/` scopes are the client's own, all others a user's.
 */
export function assertConsistent(metadata: ClientMetadata, { scopes, others }: ParsedScopes): void {
  const { grant_types: grants, token_endpoint_auth_method: method, redirect_uris: uris } = metadata
  const { jwks, jwks_uri } = metadata
  const asksUsers = grants.includes('authorization_code')
  const isBackend = grants.includes('client_credentials')
  if (!asksUsers && !isBackend)
    throw invalid('grant_types', 'must hold authorization_code or client_credentials')
  if (!asksUsers && grants.includes('refresh_token'))
    throw invalid('grant_types', 'must not hold refresh_token without authorization_code')
  if (asksUsers && uris.length === 0) throw invalid('redirect_uris', 'must be given for authorization_code')
  if (isBackend && method !== 'private_key_jwt')
    throw invalid('token_endpoint_auth_method', 'must be private_key_jwt for client_credentials')
  if (jwks && jwks_uri !== undefined) throw invalid('jwks', 'and jwks_uri must not be given both')
  if (method === 'private_key_jwt' && !jwks && jwks_uri === undefined)
    throw invalid('jwks_uri', 'or jwks must be given for private_key_jwt')
  if (method.startsWith('client_secret') && uris.some(isPrivateUse))
    throw invalid('token_endpoint_auth_method', 'must be none for a native app: it can keep no secret')
  if (!isBackend && scopes.some(({ level }) => level === 'system'))
    throw invalid('scope', 'must name system/ scopes for client_credentials alone')
  if (!asksUsers && (scopes.some(({ level }) => level !== 'system') || others.some(isOfUsers)))
    throw invalid('scope', 'must name system/ scopes alone where no user is asked')
}

function isOfUsers(word: string): boolean {
  return !word.startsWith('https:')
}
