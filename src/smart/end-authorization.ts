// The end of what somebody has allowed a client, and of every token of it; in the access log by the same commit.
import { toJournal } from './audit.ts'
import { type Authorization, findAuthorization, toAuthorizationRow } from './authorization.ts'
import type { SmartContext } from './context.ts'

/** Ends an authorization; one that has ended stays as it is. Resolves to it once that is durable, undefined where there is none. */
export async function endAuthorization(
  context: Pick<SmartContext, 'app'>,
  id: string,
  endedBy: NonNullable<Authorization['endedBy']>,
): Promise<Authorization | undefined> {
  const { store } = context.app
  const authorization = await findAuthorization(store, id)
  if (!authorization || authorization.endedAt !== undefined) return authorization
  const ended: Authorization = { ...authorization, endedAt: Date.now(), endedBy }
  const { client, grant, scope, consent } = ended
  await store.commit([], {
    records: [{ kind: 'put', row: toAuthorizationRow(ended) }],
    journal: toJournal(context, {
      event: 'revoke',
      client,
      grant,
      scope,
      ...(consent !== undefined && { consent }),
      ...(endedBy === 'reuse' && { reason: 'reuse' }),
    }),
  })
  return ended
}
