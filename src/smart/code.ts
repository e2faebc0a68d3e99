// Authorization codes on record. https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2

/** The collection of `Records` that holds codes by the SHA-256 of their text. */
export const CODES = 'code'

/** What is kept of a code beside its hash. */
export interface Code {
  readonly authorization: string
  readonly client: string
  readonly redirectUri: string
  /** S256 challenge. */
  readonly challenge: string
  readonly audience: string
  readonly nonce?: string
}
