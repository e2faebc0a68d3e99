// A client on record, as registration would leave it, for tests of other things.
import { CLIENTS, type Client, type ClientMetadata } from '../../src/smart/client.ts'
import type { Store } from '../../src/store/store.ts'

/** Puts a client on record and returns it; an active public one of `https://app.example.org` where nothing else is said. */
export async function putClient(
  { records }: Pick<Store, 'records'>,
  id: string,
  client: Partial<Client> = {},
  metadata: Partial<ClientMetadata> = {},
): Promise<Client> {
  const value: Client = {
    id,
    status: 'active',
    metadata: {
      client_name: id,
      client_names: {},
      redirect_uris: ['https://app.example.org/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'none',
      scope: 'openid fhirUser offline_access launch/patient patient/*.rs',
      ...metadata,
    },
    purposes: ['TREAT', 'PATRQT', 'BTG'],
    registeredAt: Date.now(),
    ...client,
  }
  await records.put({ collection: CLIENTS, key: id, value })
  return value
}
