// Every address of the authorization server, made once from the one public base URL; no header of a request is believed.

export interface SmartUrls {
  /** The FHIR base, without a slash at the end: what `aud` and `iss` of a launch must be. */
  readonly base: string
  /** What stands beside the FHIR base: `https://example.org` where that is `https://example.org/fhir`. */
  readonly root: string
  /** The path of `root`: empty, or begins with a slash and does not end with one. */
  readonly rootPath: string
  readonly basePath: string
  /** OpenID issuer: `{root}/auth`. */
  readonly issuer: string
  readonly authorize: string
  readonly token: string
  readonly introspect: string
  readonly revoke: string
  readonly register: string
  readonly jwks: string
  readonly userinfo: string
  readonly manage: string
  readonly launch: string
  readonly brands: string
  readonly appState: string
  readonly developers: string
  /** True where the public address is https: cookies are then `Secure`. */
  readonly isSecure: boolean
}

/** Returns the addresses that go with a FHIR base such as `https://example.org/fhir`. */
export function toSmartUrls(base: string): SmartUrls {
  const root = base.slice(0, base.lastIndexOf('/'))
  const issuer = `${root}/auth`
  return {
    base,
    root,
    rootPath: new URL(root).pathname.replace(/\/$/, ''),
    basePath: new URL(base).pathname,
    issuer,
    authorize: `${issuer}/authorize`,
    token: `${issuer}/token`,
    introspect: `${issuer}/introspect`,
    revoke: `${issuer}/revoke`,
    register: `${issuer}/register`,
    jwks: `${issuer}/jwks`,
    userinfo: `${issuer}/userinfo`,
    manage: `${issuer}/manage`,
    launch: `${issuer}/launch`,
    brands: `${issuer}/brands`,
    appState: `${root}/app-state`,
    developers: `${root}/developers`,
    isSecure: base.startsWith('https:'),
  }
}
