// A person ends what an app may do: the Consent that it rests on first, then every token. https://www.rfc-editor.org/rfc/rfc7009
import { FhirError } from '../../fhir/outcome.ts'
import { revoke } from '../../operations/revoke/revoke.ts'
import type { Account } from '../account.ts'
import { policyOf } from '../acting.ts'
import { type Authorization, findAuthorization } from '../authorization.ts'
import type { SmartContext } from '../context.ts'
import { endAuthorization } from '../end-authorization.ts'

/**
 * Returns `ended` once that is durable, `not-found` for what is not the account's. A Consent that its giver may not withdraw
 * any more (a proxy whose delegation has ended) stays: what the app was allowed ends all the same.
 */
export async function endAccess(
  context: SmartContext,
  account: Account,
  id: string,
): Promise<'ended' | 'not-found'> {
  const authorization = await findAuthorization(context.app.store, id)
  if (authorization?.account !== account.id) return 'not-found'
  if (authorization.endedAt !== undefined) return 'ended'
  await withdrawConsent(context, authorization)
  await endAuthorization(context, id, 'user')
  return 'ended'
}

async function withdrawConsent(context: SmartContext, { consent, grant }: Authorization): Promise<void> {
  if (consent === undefined) return
  try {
    const policy = await policyOf(context.app, grant)
    await revoke(context.app, { policy, id: consent.slice('Consent/'.length) })
  } catch (error) {
    if (!(error instanceof FhirError) || error.status >= 500) throw error
  }
}
