// The contract of the server's own keys: what signs id_tokens, and what seals secrets in the store.

/** The public half of a key, as a JWKS publishes it. https://www.rfc-editor.org/rfc/rfc7517 */
export type PublicJwk = Readonly<Record<string, string>>

export interface Keys {
  /** Returns a compact JWS (RS256) of the claims, signed by the key in use, with its `kid`. */
  sign(claims: Readonly<Record<string, unknown>>): Promise<string>
  /** Public keys, the newest first: also the one to be used next, and older ones as long as what they signed may be checked. */
  publicKeys(): Promise<readonly PublicJwk[]>
  /** Returns text that only this server can open again; bound to `purpose`. */
  seal(purpose: string, text: string): string
  /** Returns what was sealed for `purpose`; throws where it was not sealed here, for this. */
  open(purpose: string, sealed: string): string
  /** Returns 32 bytes for one purpose, the same in every process on the store and after every rotation. */
  derive(purpose: string): Uint8Array
}
