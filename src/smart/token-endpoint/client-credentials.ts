// Backend Services: a client asks in its own name. https://hl7.org/fhir/smart-app-launch/backend-services.html
import { covers } from '../../access/covers.ts'
import { assertGrant } from '../../access/grant.ts'
import { parseScopes } from '../../access/scopes.ts'
import { FhirError } from '../../fhir/outcome.ts'
import { toJournal } from '../audit.ts'
import type { Client } from '../client.ts'
import type { AuthenticatedClient } from '../clients/authenticate.ts'
import type { SmartContext } from '../context.ts'
import type { Form } from '../form.ts'
import { toGrantContext } from '../grant-context.ts'
import { OAuthError } from '../oauth-error.ts'
import { readBusinessContext } from './business-context.ts'
import { issueBackendToken, type TokenResponse } from './response.ts'

/**
 * Grants a token to a client itself. Throws `unauthorized_client` for one that did not prove who it is by a key,
 * `invalid_scope` for a scope that is missing, not a `system/` scope, or beyond what the client is registered for, and
 * `invalid_grant` for a purpose or organisation that it is not registered for (C1).
 */
export async function grantClientCredentials(
  context: SmartContext,
  { client, method, claims }: AuthenticatedClient,
  form: Form,
): Promise<TokenResponse> {
  if (method !== 'private_key_jwt')
    throw new OAuthError('unauthorized_client', 'Backend Services authenticate by private_key_jwt alone')
  const scope = toScope(context, client, form['scope'])
  const purpose = readBusinessContext(client, claims, context.urls)
  const grant = {
    subject: `Client/${client.id}`,
    client: client.id,
    scope,
    ...(client.organization !== undefined && { organization: client.organization }),
    purpose,
  }
  await assertGrantable(context, grant)
  const { response, records } = issueBackendToken(context, grant)
  await context.app.store.commit([], {
    records,
    journal: toJournal(context, { event: 'issue', client: client.id, grant, scope }),
  })
  return response
}

async function assertGrantable(
  context: SmartContext,
  grant: Parameters<typeof issueBackendToken>[1],
): Promise<void> {
  try {
    const expiresAt = Date.now() + context.settings.backendTokenTtl
    await assertGrant({ ...grant, expiresAt }, await toGrantContext(context.app))
  } catch (error) {
    if (error instanceof FhirError && error.code === 'invalid')
      throw new OAuthError('invalid_scope', 'The client may not be granted what it asks for')
    throw error
  }
}

function toScope({ app }: SmartContext, client: Client, asked: string | undefined): string {
  const { isResourceType } = app.definitions
  const { scopes, others, refused } = parseScopes(asked ?? '', isResourceType)
  const registered = parseScopes(client.metadata.scope, isResourceType).scopes
  if (scopes.length === 0) throw invalid('The parameter scope must name a system/ scope')
  if (others.length > 0 || refused.length > 0 || scopes.some(({ level }) => level !== 'system'))
    throw invalid('A client in its own name may ask for system/ scopes alone')
  if (!scopes.every((each) => covers(registered, each)))
    throw invalid('The client is not registered for all that it asks for')
  return scopes.map(({ text }) => text).join(' ')
}

function invalid(description: string): OAuthError {
  return new OAuthError('invalid_scope', description)
}
