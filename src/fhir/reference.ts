// Literal references: what they point at, and how they are rewritten in a transaction. https://hl7.org/fhir/R4/references.html#literal
import type { Reference, Resource } from './resource.ts'

/** What a literal reference says, by its form alone; nothing is looked up. */
export type LiteralReference =
  /** A resource of this server: relative, or absolute on its base. */
  | { readonly kind: 'own'; readonly type: string; readonly id: string; readonly versionId?: string }
  | { readonly kind: 'contained'; readonly id: string }
  /** A search that must match one resource, in transactions. */
  | { readonly kind: 'conditional'; readonly type: string; readonly query: string }
  /** Any other URI: another server, `urn:uuid:`, `urn:oid:`. */
  | { readonly kind: 'external'; readonly uri: string }

const RELATIVE =
  /^([A-Z][A-Za-z]{1,63})\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/([A-Za-z0-9\-.]{1,64}))?(?:#.*)?$/
const CONDITIONAL = /^([A-Z][A-Za-z]{1,63})\?(.+)$/s
const TAIL =
  /(?:^|\/)([A-Z][A-Za-z]{1,63})\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?(?:#.*)?$/

/**
 * Returns what `text` points at. `baseUrl` is this server's base, without a slash at the end; what begins with it is
 * `own` as if it were relative. A fragment behind `Type/id` is left out.
 */
export function parseReference(text: string, baseUrl?: string): LiteralReference {
  if (text.startsWith('#')) return { kind: 'contained', id: text.slice(1) }
  const path = baseUrl !== undefined && text.startsWith(`${baseUrl}/`) ? text.slice(baseUrl.length + 1) : text
  const own = RELATIVE.exec(path)
  if (own) return { kind: 'own', type: own[1]!, id: own[2]!, ...(own[3] && { versionId: own[3] }) }
  const conditional = CONDITIONAL.exec(path)
  if (conditional) return { kind: 'conditional', type: conditional[1]!, query: conditional[2]! }
  return { kind: 'external', uri: text }
}

/** Returns the resource type that a reference names: by its literal URL on any server, else by `type`; or undefined. */
export function referencedType(reference: Reference): string | undefined {
  const literal = typeof reference.reference === 'string' ? reference.reference : ''
  return TAIL.exec(literal)?.[1] ?? CONDITIONAL.exec(literal)?.[1] ?? reference.type
}

/** Calls `visit` with every element of `resource` (or whatever holds elements), contained ones too, that has a literal `reference`. */
export function forEachReference(
  resource: object,
  visit: (reference: Reference & { readonly reference: string }) => void,
): void {
  walk(resource)

  function walk(value: object): void {
    if ('reference' in value && typeof value.reference === 'string')
      visit(value as Reference & { reference: string })
    for (const child of Object.values(value)) if (typeof child === 'object' && child !== null) walk(child)
  }
}

/** Given a URI without its fragment, returns what to write instead, or undefined to leave it. */
export type RewriteUri = (uri: string) => string | undefined

/**
 * Returns `resource` with its links replaced as `rewrite` says, sharing what has not changed (the resource itself where
 * nothing has). Links are literal references, Attachment.url, `href` and `src` in narrative, and any other element whose
 * whole value is a `urn:uuid:` or `urn:oid:` URI. Identifier.value is not one: it is a string, and names the thing outside. A fragment
 * stays behind the new URI. https://hl7.org/fhir/R4/http.html#trules
 */
export function rewriteReferences(resource: Resource, rewrite: RewriteUri): Resource {
  return rewriteObject(resource as unknown as Record<string, unknown>, rewrite) as Resource
}

function rewriteObject(object: Record<string, unknown>, rewrite: RewriteUri): Record<string, unknown> {
  let copy: Record<string, unknown> | undefined
  for (const name of Object.keys(object)) {
    const value = object[name]
    const changed = rewriteValue(value, name, object, rewrite)
    if (changed === value) continue
    copy ??= { ...object }
    copy[name] = changed
  }
  return copy ?? object
}

function rewriteValue(value: unknown, name: string, parent: object, rewrite: RewriteUri): unknown {
  if (typeof value === 'string') {
    if (name === 'div') return rewriteNarrative(value, rewrite)
    return isLink(value, name, parent) ? rewriteUri(value, rewrite) : value
  }
  if (Array.isArray(value)) return rewriteArray(value, name, parent, rewrite)
  return typeof value === 'object' && value !== null
    ? rewriteObject(value as Record<string, unknown>, rewrite)
    : value
}

function rewriteArray(array: unknown[], name: string, parent: object, rewrite: RewriteUri): unknown[] {
  let copy: unknown[] | undefined
  for (let i = 0; i < array.length; i++) {
    const changed = rewriteValue(array[i], name, parent, rewrite)
    if (changed === array[i]) continue
    copy ??= [...array]
    copy[i] = changed
  }
  return copy ?? array
}

const STRINGS = new Set(['value', 'valueString', 'id', 'display', 'text'])

function isLink(value: string, name: string, parent: object): boolean {
  if (name === 'reference') return true
  if (name === 'url' && 'contentType' in parent) return true
  return (value.startsWith('urn:uuid:') || value.startsWith('urn:oid:')) && !STRINGS.has(name)
}

function rewriteUri(value: string, rewrite: RewriteUri): string {
  const hash = value.indexOf('#')
  if (hash === 0) return value
  if (hash < 0) return rewrite(value) ?? value
  const uri = rewrite(value.slice(0, hash))
  return uri === undefined ? value : uri + value.slice(hash)
}

const LINK = /(\s(?:href|src)\s*=\s*)("[^"]*"|'[^']*')/g

function rewriteNarrative(div: string, rewrite: RewriteUri): string {
  return div.replace(LINK, (whole, start: string, quoted: string) => {
    const uri = quoted.slice(1, -1)
    const changed = rewriteUri(uri, rewrite)
    return changed === uri ? whole : start + quoted.charAt(0) + escapeAttribute(changed) + quoted.charAt(0)
  })
}

function escapeAttribute(uri: string): string {
  return uri.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;').replace(/'/g, '&#39;')
}
