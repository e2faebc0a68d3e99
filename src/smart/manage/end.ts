// A person ends what an app may do: the Consent that it rests on first, then every token. https://www.rfc-editor.org/rfc/rfc7009
import { FhirError } from '../../fhir/outcome.ts'
import { revoke } from '../../operations/revoke/revoke.ts'
import type { Account } from '../account.ts'
import { policyOf } from '../acting.ts'
import { AUTHORIZATIONS, type Authorization, findAuthorization } from '../authorization.ts'
import { isSameCapacity } from '../authorize/capacity.ts'
import type { SmartContext } from '../context.ts'
import { endAuthorization } from '../end-authorization.ts'

/**
 * Returns `ended` once that is durable, `not-found` for what is not the account's. Whoever ends an app's access means the app:
 * what else the account has allowed it in the same capacity, about the same person, ends as well. A Consent that its giver may not withdraw
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
  const rows = await context.app.store.records.list(AUTHORIZATIONS, account.id)
  for (const { value } of rows) {
    const each = value as Authorization
    if (isOfSame(each, authorization)) await endAuthorization(context, each.id, 'user')
  }
  return 'ended'
}

function isOfSame({ client, grant }: Authorization, { client: of, grant: other }: Authorization): boolean {
  return client === of && isSameCapacity(grant, other) && grant.patient === other.patient
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
