// What the operator decides about a client that is on record: approval, its end, a new secret.
import { buildTaskRow } from '../../access/audit.ts'
import { FhirError } from '../../fhir/outcome.ts'
import { CLIENTS, type Client } from '../client.ts'
import type { SmartContext } from '../context.ts'
import { makeSecret } from './client-secret.ts'
import { commitClient } from './commit-client.ts'
import { readClientMetadata } from './metadata.ts'
import type { Registered } from './register-client.ts'
import { toMetadataJson } from './registered-metadata.ts'

type Context = Pick<SmartContext, 'app' | 'settings'>

/** What an approval sets in place of what the client has asked for. */
export interface Decided {
  readonly purposes?: readonly string[]
  readonly organization?: string
  readonly scope?: string
}

/** Returns a client, whatever its status. Throws FhirError `not-found` where there is none. */
export async function getClient({ app }: Pick<SmartContext, 'app'>, id: string): Promise<Client> {
  const row = await app.store.records.get(CLIENTS, id)
  if (!row) throw new FhirError('not-found', `There is no client ${id}; client list shows what there is`)
  return row.value as Client
}

/**
 * Makes a client active, with what it has asked for or what is decided instead; all of it is checked anew. Returns it as it is
 * now. Throws as `getClient`, `readClientMetadata` and `commitClient` do.
 */
export async function approveClient(context: Context, id: string, decided: Decided): Promise<Client> {
  const before = await getClient(context, id)
  const { organization: _, ...rest } = before
  const registration = await readClientMetadata(context, { ...toMetadataJson(before), ...decided })
  return change(context, 'approve', before, { ...rest, ...registration, status: 'active' })
}

/** Disables a client: its tokens are no longer accepted from the next request, and it gets no others. */
export async function disableClient(context: Context, id: string): Promise<Client> {
  const before = await getClient(context, id)
  return before.status === 'disabled'
    ? before
    : change(context, 'disable', before, { ...before, status: 'disabled' })
}

/** Gives a client a new secret; the old one is no longer accepted. Throws FhirError `invalid` for one that has none. */
export async function renewSecret(context: Context, id: string): Promise<Registered> {
  const before = await getClient(context, id)
  const made = makeSecret(before)
  if (!made) throw new FhirError('invalid', `The client ${id} authenticates without a secret`)
  const { secret, secretHash } = made
  return { client: await change(context, 'secret', before, { ...before, secretHash }), secret }
}

async function change(context: Context, verb: string, before: Client, after: Client): Promise<Client> {
  const row = buildTaskRow({
    task: 'config',
    query: `client ${verb} ${after.id}`,
    ...(verb === 'approve' && { scopes: after.metadata.scope.split(' ') }),
  })
  const journal = context.app.settings.audit ? [{ kind: 'audit', row } as const] : []
  await commitClient(context, { before, after, journal })
  return after
}
