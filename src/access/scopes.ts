// SMART App Launch scopes, v1 and v2, one parser. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html

export type Level = 'patient' | 'user' | 'system'

/** One letter of a scope: create, read, update, delete, search. */
export type Right = 'c' | 'r' | 'u' | 'd' | 's'

/** One granted scope: `level/type.rights?params`. */
export interface Scope {
  readonly level: Level
  readonly type: string
  /** A non-empty in-order subset of `cruds`. */
  readonly rights: string
  /** Granular search parameters, all of which must hold. */
  readonly params: readonly (readonly [name: string, value: string])[]
  /** As it was asked for: v1 spelling is kept. */
  readonly text: string
}

export interface ParsedScopes {
  /** What may be done with resources. */
  readonly scopes: readonly Scope[]
  /** `openid`, `launch/patient` and their like: known, but no right to a resource. */
  readonly others: readonly string[]
  /** What is not a scope of ours, as it was written; never read as something nearby. */
  readonly refused: readonly string[]
}

const V1: Readonly<Record<string, string>> = { read: 'rs', write: 'cud', '*': 'cruds' }
const V1_OF: Readonly<Record<string, string>> = { rs: 'read', cud: 'write', cruds: '*' }
const RESOURCE = /^(patient|user|system)\/([A-Z][A-Za-z]*|\*)\.([a-z]+|\*)(?:\?(.+))?$/
const OTHER =
  /^(openid|fhirUser|profile|launch|online_access|offline_access|launch\/[a-z]+(\?role=[^\s]+)?|https:\/\/musubi\.example\/purpose\/[A-Z]+)$/
// RFC 6749 section 3.3: a scope token holds no space, quote or backslash.
const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/

/**
 * Returns the resource scope that `text` spells, or undefined where it spells none: an unknown level or type, a suffix
 * that is empty, undefined or out of order, a parameter without a value, or parameters behind a v1 suffix.
 */
export function parseScope(text: string, isResourceType: (name: string) => boolean): Scope | undefined {
  const [, level, type, suffix, query] = (SCOPE_TOKEN.test(text) && RESOURCE.exec(text)) || []
  if (!level || !type || !suffix) return undefined
  if (type !== '*' && !isResourceType(type)) return undefined
  const rights = V1[suffix] ?? (/^c?r?u?d?s?$/.test(suffix) ? suffix : '')
  if (rights === '' || (query !== undefined && V1[suffix])) return undefined
  const params = parseParams(query ?? '')
  return params && { level: level as Level, type, rights, params, text }
}

/** Returns how fewer rights of a scope are spelt: in v1 where it was asked for so and v1 has a word for them, else in v2. */
export function toSuffix({ text }: Scope, rights: string): string {
  return /\.(read|write|\*)$/.test(text) ? (V1_OF[rights] ?? rights) : rights
}

function parseParams(query: string): (readonly [string, string])[] | undefined {
  if (query === '') return []
  const params = query.split('&').map((part): readonly [string, string] | undefined => {
    const at = part.indexOf('=')
    return at > 0 && at < part.length - 1
      ? [decode(part.slice(0, at)), decode(part.slice(at + 1))]
      : undefined
  })
  return params.every((param) => param?.[0] && param[1]) ? (params as [string, string][]) : undefined
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return '' // a broken escape: the whole scope is refused
  }
}

/** Sorts a space-separated scope string into what grants, what is known and grants nothing, and what is refused. */
export function parseScopes(text: string, isResourceType: (name: string) => boolean): ParsedScopes {
  const scopes: Scope[] = []
  const others: string[] = []
  const refused: string[] = []
  for (const word of new Set(text.split(' ').filter((part) => part !== ''))) {
    const scope = parseScope(word, isResourceType)
    if (scope) scopes.push(scope)
    else (OTHER.test(word) ? others : refused).push(word)
  }
  return { scopes, others, refused }
}
