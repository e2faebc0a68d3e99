// Which paths pages of other origins may call: discovery for all, tokens and data for registered ones. https://hl7.org/fhir/smart-app-launch/app-launch.html#considerations-for-cross-origin-resource-sharing-cors-support
import type { SmartUrls } from './urls.ts'

/** Returns the paths for every origin, and those for registered origins with all below them; pages of ours are in neither. */
export function toCorsPaths(urls: SmartUrls): {
  readonly open: ReadonlySet<string>
  readonly shared: readonly string[]
} {
  const {
    base,
    root,
    issuer,
    token,
    revoke,
    introspect,
    register,
    userinfo,
    launch,
    jwks,
    brands,
    appState,
  } = urls
  const issuerPath = new URL(issuer).pathname
  const open = [
    `${base}/metadata`,
    `${base}/.well-known/smart-configuration`,
    `${issuer}/.well-known/openid-configuration`,
    // Where RFC 8414 puts it; at the top of the host, not below `root`.
    new URL(`/.well-known/oauth-authorization-server${issuerPath}`, root).href,
    jwks,
    brands,
  ]
  const shared = [base, token, revoke, introspect, register, userinfo, launch, appState]
  return { open: new Set(open.map(toPath)), shared: shared.map(toPath) }
}

function toPath(url: string): string {
  return new URL(url).pathname
}
