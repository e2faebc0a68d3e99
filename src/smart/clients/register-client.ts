// A client is taken in: by the operator, or by itself as far as the setting lets it. https://www.rfc-editor.org/rfc/rfc7591#section-3
import { randomUUID } from 'node:crypto'
import { buildTaskRow } from '../../access/audit.ts'
import { parseScopes } from '../../access/scopes.ts'
import type { JournalEntry } from '../../store/store.ts'
import { toJournal } from '../audit.ts'
import type { Client } from '../client.ts'
import type { SmartContext } from '../context.ts'
import { OAuthError } from '../oauth-error.ts'
import { makeSecret } from './client-secret.ts'
import { commitClient } from './commit-client.ts'
import { type Registration, readClientMetadata } from './metadata.ts'

type Context = Pick<SmartContext, 'app' | 'settings'>

export interface Registered {
  readonly client: Client
  /** Nobody can ask for it again. */
  readonly secret?: string
}

/** Purposes of what residents ask for themselves and for those they care for. */
const OF_RESIDENTS: readonly string[] = ['PATRQT', 'FAMRQT']

/**
 * Returns the client that is now on record under a new id, with its secret where it needs one. One that registers itself is
 * pending, or active at once where registration is open and it is an app for residents alone. Throws OAuthError
 * `invalid_client_metadata` or `invalid_redirect_uri` for what is wrong with its metadata, and `access_denied` where
 * registration is closed.
 */
export async function registerClient(
  context: Context,
  given: unknown,
  by: 'operator' | 'registration',
): Promise<Registered> {
  const { registration: mode } = context.settings
  if (by === 'registration' && mode === 'closed')
    throw new OAuthError('access_denied', 'Clients are registered by the operator of this server alone')
  const registration = await readClientMetadata(context, given)
  if (by === 'registration' && mode === 'open') assertForResidents(context, registration)
  const { secret, ...kept } = makeSecret(registration) ?? {}
  const client: Client = {
    id: randomUUID(),
    status: by === 'registration' && mode !== 'open' ? 'pending' : 'active',
    ...registration,
    ...kept,
    registeredAt: Date.now(),
  }
  await commitClient(context, { after: client, journal: toRows(context, client, by) })
  return { client, ...(secret !== undefined && { secret }) }
}

// Whatever reaches further than a resident's own consent needs somebody who answers for it.
function assertForResidents({ app }: Context, { metadata, purposes, organization }: Registration): void {
  const { scopes } = parseScopes(metadata.scope, app.definitions.isResourceType)
  const beyond = metadata.grant_types.includes('client_credentials')
    ? 'grant_types'
    : scopes.some(({ level }) => level !== 'patient')
      ? 'scope'
      : purposes.some((purpose) => !OF_RESIDENTS.includes(purpose))
        ? 'purposes'
        : organization && 'organization'
  if (beyond)
    throw new OAuthError(
      'invalid_client_metadata',
      `${beyond} goes beyond apps for residents, which alone may register themselves here: ask the operator`,
    )
}

function toRows(context: Context, { id, metadata }: Client, by: string): readonly JournalEntry[] {
  const event = toJournal(context, { event: 'register', client: id, scope: metadata.scope })
  if (by !== 'operator' || event.length === 0) return event
  return [...event, { kind: 'audit', row: buildTaskRow({ task: 'config', query: `client add ${id}` }) }]
}
