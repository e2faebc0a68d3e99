// Which text a person agreed to, and in which version (A2, N4). https://hl7.org/fhir/R4/consent-definitions.html#Consent.policy.uri

/** The text of a policy, and its version. */
export interface PolicyText {
  /** The URI without its version. */
  readonly canonical: string
  readonly version: string
}

/** `v2`, `v1.2`; `3`, `1.0`, `2.1.0-draft`; `2026-04`, `2026-04-01`. */
const VERSION = /^(?:v\d+(?:\.\d+)*|\d+(?:\.\d+)*(?:-[a-z][\w.]*)?|\d{4}-\d{2}(?:-\d{2})?)$/i
const FILE_ENDING = /\.[a-z]\w{0,4}$/i
/** `scheme://host`, whose numbers are no version. */
const AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i

/**
 * Returns the text that a `policy.uri` names, or undefined where the URI has no version. A version is what stands behind
 * `|`, else the last path segment that has the form of one (`/v2/`, `/1.0`, `/2026-04-01`), a file ending apart.
 */
export function readPolicyUri(uri: string): PolicyText | undefined {
  const bar = uri.lastIndexOf('|')
  if (bar >= 0) {
    const [canonical, version] = [uri.slice(0, bar), uri.slice(bar + 1).trim()]
    return canonical === '' || version === '' ? undefined : { canonical, version }
  }
  const authority = AUTHORITY.exec(uri)?.[0]
  if (authority === undefined) return undefined
  const [path = '', ...rest] = uri.slice(authority.length).split(/(?=[?#])/)
  const segments = path.split('/')
  const at = segments.findLastIndex((segment) => VERSION.test(segment.replace(FILE_ENDING, '')))
  if (at < 0) return undefined
  const canonical = [...segments.slice(0, at), ...segments.slice(at + 1)].join('/')
  return { canonical: authority + canonical + rest.join(''), version: segments[at]!.replace(FILE_ENDING, '') }
}
