// Profiles, tags and security labels as sets. https://hl7.org/fhir/R4/resource-operation-meta-add.html
import type { Coding, Meta, Resource } from '../../fhir/resource.ts'

// The identity of a tag is its system and code; version and display are not looked at.
const keyOf = ({ system, code }: Coding) => JSON.stringify([system, code])
const keyOfText = (text: string) => text

function union<T>(a: readonly T[] = [], b: readonly T[] = [], toKey: (item: T) => string): readonly T[] {
  const known = new Set(a.map(toKey))
  const added = b.filter((item) => {
    const isNew = !known.has(toKey(item))
    known.add(toKey(item))
    return isNew
  })
  return added.length === 0 ? a : [...a, ...added]
}

function without<T>(a: readonly T[] = [], b: readonly T[] = [], toKey: (item: T) => string): readonly T[] {
  const gone = new Set(b.map(toKey))
  return a.filter((item) => !gone.has(toKey(item)))
}

type Combine = <T>(
  a: readonly T[] | undefined,
  b: readonly T[] | undefined,
  toKey: (item: T) => string,
) => readonly T[]

// JSON in FHIR has no empty arrays.
function combine(meta: Meta, other: Meta, by: Combine): Meta {
  const { profile: _profile, security: _security, tag: _tag, ...rest } = meta
  const profile = by(meta.profile, other.profile, keyOfText)
  const security = by(meta.security, other.security, keyOf)
  const tag = by(meta.tag, other.tag, keyOf)
  return {
    ...rest,
    ...(profile.length > 0 && { profile }),
    ...(security.length > 0 && { security }),
    ...(tag.length > 0 && { tag }),
  }
}

/** Returns `meta` with what `added` has and it has not; what it has stays as it is. */
export function addMeta(meta: Meta, added: Meta): Meta {
  return combine(meta, added, union)
}

/** Returns `meta` without what `removed` holds; what it does not have is no error. */
export function removeMeta(meta: Meta, removed: Meta): Meta {
  return combine(meta, removed, without)
}

/** Returns the Parameters that the meta operations answer with. */
export function toMetaParameters(meta: Meta): Resource {
  return { resourceType: 'Parameters', parameter: [{ name: 'return', valueMeta: meta }] }
}
