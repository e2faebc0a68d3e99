// A person ends what an app may do: the Consent that it rests on first, then every token. https://www.rfc-editor.org/rfc/rfc7009
import { FhirError } from '../../fhir/outcome.ts'
import { revoke } from '../../operations/revoke/revoke.ts'
import type { Account } from '../account.ts'
import { noteEvent } from '../audit.ts'
import { type Authorization, endAuthorization, findAuthorization } from '../authorization.ts'
import type { SmartContext } from '../context.ts'
import { toOwnPrincipal } from './own-principal.ts'

/**
 * Returns `ended` once both are durable; `not-found` for what is not the account's; `failed` where the Consent cannot be
 * withdrawn: then nothing has changed, and whoever asked may not be told that it has.
 */
export async function endAccess(
  context: SmartContext,
  account: Account,
  id: string,
): Promise<'ended' | 'not-found' | 'failed'> {
  const { store } = context.app
  const authorization = await findAuthorization(store, id)
  if (authorization?.account !== account.id) return 'not-found'
  if (authorization.endedAt !== undefined) return 'ended'
  if (!(await withdrawConsent(context, authorization))) return 'failed'
  await endAuthorization(store, id, 'user')
  const { client, grant, scope, consent } = authorization
  await noteEvent(context, {
    event: 'revoke',
    client,
    grant,
    scope,
    ...(consent !== undefined && { consent }),
  })
  return 'ended'
}

async function withdrawConsent(context: SmartContext, { consent, grant }: Authorization): Promise<boolean> {
  if (consent === undefined) return true
  try {
    const policy = await context.app.policyFor(toOwnPrincipal(context, grant))
    await revoke(context.app, { policy, id: consent.slice('Consent/'.length) })
    return true
  } catch (error) {
    if (error instanceof FhirError && error.status < 500) return false
    throw error
  }
}
