// What the operator decides about a client that is on record: approval, its end, a new secret.
import { buildTaskRow } from '../../access/audit.ts'
import { FhirError } from '../../fhir/outcome.ts'
import { isStale } from '../../interactions/write.ts'
import type { JournalEntry } from '../../store/store.ts'
import { type Client, findClient } from '../client.ts'
import type { SmartContext } from '../context.ts'
import { makeSecret } from './client-secret.ts'
import { commitClient } from './commit-client.ts'
import { readClientMetadata } from './metadata.ts'
import type { Registered } from './register-client.ts'
import { toMetadataJson } from './registered-metadata.ts'

const ATTEMPTS = 8

type Context = Pick<SmartContext, 'app' | 'settings'>

/** What an approval sets in place of what the client has asked for. */
export interface Decided {
  readonly purposes?: readonly string[]
  readonly organization?: string
  readonly scope?: string
}

/** Returns a client, whatever its status. Throws FhirError `not-found` where there is none. */
export async function getClient({ app }: Pick<SmartContext, 'app'>, id: string): Promise<Client> {
  const client = await findClient(app.store, id)
  if (!client) throw new FhirError('not-found', `There is no client ${id}; client list shows what there is`)
  return client
}

/**
 * Makes a client active, with what it has asked for or what is decided instead; all of it is checked anew. Returns it as it is
 * now. Throws as `getClient` and `readClientMetadata` do.
 */
export function approveClient(context: Context, id: string, decided: Decided): Promise<Client> {
  return change(context, 'approve', id, async (before) => {
    const { organization: _, ...rest } = before
    const registration = await readClientMetadata(context, { ...toMetadataJson(before), ...decided })
    return { ...rest, ...registration, status: 'active' }
  })
}

/** Disables a client: its tokens are no longer accepted from the next request, also once it is approved again, and it gets no others. */
export function disableClient(context: Context, id: string): Promise<Client> {
  return change(context, 'disable', id, async (before) => ({
    ...before,
    status: 'disabled',
    disabledAt: Date.now(),
  }))
}

/** Gives a client a new secret; the old one is no longer accepted. Throws FhirError `invalid` for one that has none. */
export async function renewSecret(context: Context, id: string): Promise<Registered> {
  const made = makeSecret(await getClient(context, id))
  if (!made) throw new FhirError('invalid', `The client ${id} authenticates without a secret`)
  const { secret, secretHash } = made
  const client = await change(context, 'secret', id, async (before) => ({ ...before, secretHash }))
  return { client, secret }
}

// Decides anew where the client was changed by somebody else in between.
async function change(
  context: Context,
  verb: string,
  id: string,
  decide: (before: Client) => Promise<Client>,
): Promise<Client> {
  for (let attempt = 1; ; attempt++) {
    const before = await getClient(context, id)
    const after = await decide(before)
    try {
      await commitClient(context, { before, after, journal: toRows(context, verb, after) })
      return after
    } catch (error) {
      if (!isStale(error) || attempt === ATTEMPTS) throw error
    }
  }
}

function toRows({ app }: Context, verb: string, { id, metadata }: Client): readonly JournalEntry[] {
  if (!app.settings.audit) return []
  const scopes = verb === 'approve' ? metadata.scope.split(' ') : []
  return [{ kind: 'audit', row: buildTaskRow({ task: 'config', query: `client ${verb} ${id}`, scopes }) }]
}
