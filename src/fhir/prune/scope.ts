// Whose reference is whose: of the server, of a contained resource, of an entry beside it. https://hl7.org/fhir/R4/bundle.html#references
import type { Definitions } from '../definitions.ts'
import { type LiteralReference, parseReference } from '../reference.ts'
import type { Resource } from '../resource.ts'

/** What removing must know beside the resource. */
export interface Ground {
  readonly definitions: Definitions
  /** This server's base, without a slash at the end; what begins with it is our own. */
  readonly baseUrl?: string
  /** True of types of which some resources may be hidden from some readers. A Patient never counts. */
  readonly isPersonal: (type: string) => boolean
}

/** Where a reference stands: within a resource, perhaps within an entry. */
export interface Scope {
  /** Tells the contained resources of this place from those elsewhere. */
  readonly place: string
  /** Ids of contained resources. */
  readonly ids: ReadonlySet<unknown>
  /** What the entries around it are called: `Type/id` where they are ours, else their fullUrl. */
  readonly entries: ReadonlySet<string>
  /** The same as `place` for the Bundle around it. */
  readonly bundle: string
  /** Base of the other server from which the entry around it comes: relative references lead there. */
  readonly base?: string
}

type Row = Readonly<Record<string, unknown>>

/** An empty list, shared. */
export const NONE: readonly string[] = []

const NO_IDS: ReadonlySet<unknown> = new Set()
const NO_ENTRIES: ReadonlySet<string> = new Set()

/** The scope outside of all resources. */
export const OUTERMOST: Scope = { place: '', ids: NO_IDS, entries: NO_ENTRIES, bundle: '' }

const HISTORY = /\/_history\/[^/]*$/
const RESTFUL = /^(https?:\/\/.+\/)[A-Z][A-Za-z]{1,63}\/[A-Za-z0-9\-.]{1,64}$/

/** Returns the scope of a resource in `outer` that is not contained; `place` is its own. */
export function openScope(ground: Ground, resource: Resource, outer: Scope, place: string): Scope {
  const { contained, entry } = resource
  const ids = Array.isArray(contained) ? new Set(contained.map((each) => each?.id)) : NO_IDS
  if (resource.resourceType !== 'Bundle') return { ...outer, place, ids }
  const urls: readonly unknown[] = Array.isArray(entry) ? entry.map((each) => each?.fullUrl) : []
  const entries = urls.filter((url) => typeof url === 'string').map((url) => toName(ground, url))
  return { place, ids, entries: new Set(entries), bundle: place }
}

/** Returns the key `Type/id` of one of our own resources that may be hidden, else undefined. */
export function toKey(
  { baseUrl, isPersonal }: Omit<Ground, 'definitions'>,
  text: string,
): string | undefined {
  return keyOf(isPersonal, parseReference(text, baseUrl))
}

function keyOf(isPersonal: Ground['isPersonal'], literal: LiteralReference): string | undefined {
  if (literal.kind !== 'own' || literal.type === 'Patient' || !isPersonal(literal.type)) return undefined
  return `${literal.type}/${literal.id}`
}

/**
 * Returns what a literal reference stands or falls with: the key of our own resource, and the names (`#…`, `@…`) of what is
 * carried along in the same resource.
 */
export function toNames(ground: Ground, scope: Scope, text: string): readonly string[] {
  const { ids, entries, bundle, base } = scope
  if (text.startsWith('#')) return ids.has(text.slice(1)) ? [containedName(scope, text.slice(1))] : NONE
  const literal = parseReference(text, ground.baseUrl)
  const isForeign = base !== undefined && literal.kind === 'own' && !text.includes('://')
  const key = isForeign ? undefined : keyOf(ground.isPersonal, literal)
  const name = isForeign ? toName(ground, base + text) : toName(ground, text)
  const names = entries.has(name) ? [`@${bundle}:${name}`] : NONE
  return key === undefined ? names : [key, ...names]
}

/** Returns the name of the contained resource with this id. */
export function containedName({ place }: Scope, id: string): string {
  return `#${place}:${id}`
}

/** Returns the name of an entry, or undefined where it has no fullUrl. */
export function entryName(ground: Ground, { bundle }: Scope, { fullUrl }: Row): string | undefined {
  return typeof fullUrl === 'string' ? `@${bundle}:${toName(ground, fullUrl)}` : undefined
}

function toName({ baseUrl }: Ground, url: string): string {
  const literal = parseReference(url, baseUrl)
  if (literal.kind === 'own') return `${literal.type}/${literal.id}`
  return url.split('#', 1)[0]!.replace(HISTORY, '')
}

/**
 * Returns the key of the resource that an entry shows, where it is one of ours: its fullUrl says so or, without one, its type
 * and id. A copy under the name of another server or a `urn:` is not.
 */
export function toEntryKey(ground: Omit<Ground, 'definitions'>, entry: Row): string | undefined {
  if (typeof entry['fullUrl'] === 'string') return toKey(ground, entry['fullUrl'])
  const { resourceType, id } = (entry['resource'] ?? {}) as Row
  return typeof id === 'string' ? toKey(ground, `${resourceType}/${id}`) : undefined
}

/** Returns `scope` as it is within an entry. */
export function scopeOfEntry({ baseUrl }: Ground, scope: Scope, { fullUrl }: Row): Scope {
  if (typeof fullUrl !== 'string' || parseReference(fullUrl, baseUrl).kind === 'own') return scope
  const base = RESTFUL.exec(fullUrl)?.[1]
  return base === undefined ? scope : { ...scope, base }
}
