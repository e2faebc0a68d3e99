// The contract of the server's own keys: what signs id_tokens, and what seals secrets in the store.

/** The public half of a signing key, as the JWKS publishes it. https://www.rfc-editor.org/rfc/rfc7517 */
export type PublicJwk = Readonly<Record<string, string>>

export interface Keys {
  /** Returns a compact JWS (RS256) of the claims, signed by the newest key, with its `kid`. */
  sign(claims: Readonly<Record<string, unknown>>): Promise<string>
  /** Public keys: the newest, and older ones as long as something signed by them may still be checked. */
  publicKeys(): Promise<readonly PublicJwk[]>
  /** Returns text that only this server can open again; bound to `purpose`. */
  seal(purpose: string, text: string): string
  /** Returns what was sealed for `purpose`; throws where it was not sealed here, for this. */
  open(purpose: string, sealed: string): string
}
