// Every failure of a machine endpoint, as RFC 6749 and its kin name them. https://www.rfc-editor.org/rfc/rfc6749#section-5.2

/** The whole list: error code → HTTP status at an endpoint that answers JSON. */
export const OAUTH_ERRORS = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  unsupported_response_type: 400,
  unsupported_token_type: 400,
  invalid_scope: 400,
  invalid_token: 401,
  insufficient_scope: 403,
  access_denied: 403,
  // https://www.rfc-editor.org/rfc/rfc7591#section-3.2.2
  invalid_redirect_uri: 400,
  invalid_client_metadata: 400,
  invalid_software_statement: 400,
  unapproved_software_statement: 400,
  // https://openid.net/specs/openid-connect-core-1_0.html#AuthError
  login_required: 400,
  consent_required: 400,
  interaction_required: 400,
  // https://www.rfc-editor.org/rfc/rfc8707#section-2
  invalid_target: 400,
  slow_down: 429,
  temporarily_unavailable: 503,
  server_error: 500,
} as const

export type OAuthErrorCode = keyof typeof OAUTH_ERRORS

/** An expected failure. `description` is for the developer of the caller: ASCII, and never data of a person (RFC 6749 5.2). */
export class OAuthError extends Error {
  readonly code: OAuthErrorCode
  /** Of the answer, in seconds, where asking again later makes sense. */
  readonly retryAfter?: number

  constructor(code: OAuthErrorCode, description: string, retryAfter?: number) {
    super(description)
    this.name = 'OAuthError'
    this.code = code
    if (retryAfter !== undefined) this.retryAfter = retryAfter
  }

  get status(): number {
    return OAUTH_ERRORS[this.code]
  }

  /** The body of an answer, or the parameters of a redirect. */
  toJSON(): { readonly error: OAuthErrorCode; readonly error_description: string } {
    return { error: this.code, error_description: this.message }
  }
}
