// Client metadata as it is sent: what the server has on record, under the registered names. https://www.rfc-editor.org/rfc/rfc7591#section-3.2.1
import type { Client } from '../client.ts'

/** Returns everything that a client has registered, as JSON; no id and nothing secret is in it. */
export function toMetadataJson({
  metadata,
  purposes,
  organization,
}: Client): Readonly<Record<string, unknown>> {
  const { client_names: names, localized_uris: uris, ...members } = metadata
  const tagged = Object.entries(names).map(([language, name]) => [`client_name#${language}`, name])
  return {
    ...members,
    ...Object.fromEntries(tagged),
    ...uris,
    response_types: metadata.grant_types.includes('authorization_code') ? ['code'] : [],
    purposes,
    ...(organization !== undefined && { organization }),
  }
}

/** Returns the client information response; the secret is in this one answer alone. */
export function toClientInformation(client: Client, secret?: string): Readonly<Record<string, unknown>> {
  return {
    client_id: client.id,
    client_id_issued_at: Math.floor(client.registeredAt / 1000),
    ...(secret !== undefined && { client_secret: secret, client_secret_expires_at: 0 }),
    ...toMetadataJson(client),
    client_status: client.status,
  }
}
