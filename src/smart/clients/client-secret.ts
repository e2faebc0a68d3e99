// Secrets of clients: 256 random bits, shown once; only their SHA-256 is kept. https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
import type { Client } from '../client.ts'
import { hashToken, makeToken } from '../token.ts'

export interface NewSecret {
  readonly secret: string
  readonly secretHash: string
}

/** Returns a new secret (43 characters) and what is kept of it; undefined for a client that needs none. */
export function makeSecret({ metadata }: Pick<Client, 'metadata'>): NewSecret | undefined {
  if (!metadata.token_endpoint_auth_method.startsWith('client_secret')) return undefined
  const secret = makeToken()
  return { secret, secretHash: hashToken(secret) }
}
