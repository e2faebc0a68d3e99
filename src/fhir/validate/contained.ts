// Contained resources: one level, without a life of their own, each there for something. https://hl7.org/fhir/R4/references.html#contained
import type { Resource } from '../resource.ts'
import type { Fault } from './faults.ts'

type Row = Readonly<Record<string, unknown>>

/** Returns what is wrong with the contained resources of `resource` (dom-2 to dom-5); nothing is looked at where there are none. */
export function findContainedFaults(resource: Resource): readonly Fault[] {
  const { contained } = resource
  if (!Array.isArray(contained)) return []
  const named = new Set<string>()
  collectFragments(resource, named)
  const ids = new Set<unknown>()
  return contained.flatMap((each: unknown, at) => {
    if (typeof each !== 'object' || each === null) return []
    const row = each as Row
    const rules = [...findOwnFaults(row), ...findPlaceFaults(row, named, ids)]
    ids.add(row['id'])
    return rules.map((rule): Fault => ({ path: ['contained', at], rule, about: String(row['id'] ?? '') }))
  })
}

function findOwnFaults({ contained, meta }: Row): readonly string[] {
  const { versionId, lastUpdated, security } = (meta ?? {}) as Row
  return [
    ...(contained === undefined ? [] : ['contained-nested']),
    ...(versionId === undefined && lastUpdated === undefined ? [] : ['contained-version']),
    ...(security === undefined ? [] : ['contained-security']),
  ]
}

// Something refers to it, or it refers to the resource around it.
function findPlaceFaults(row: Row, named: ReadonlySet<string>, ids: ReadonlySet<unknown>): readonly string[] {
  if (row['id'] !== undefined && ids.has(row['id'])) return ['contained-same-id']
  if (named.has(`#${row['id']}`)) return []
  const own = new Set<string>()
  collectFragments(row, own)
  return own.has('#') ? [] : ['contained-unreferenced']
}

// References, canonicals and other URIs that stay within the resource.
function collectFragments(value: unknown, into: Set<string>): void {
  if (typeof value === 'string') {
    if (value.startsWith('#')) into.add(value)
  } else if (typeof value === 'object' && value !== null) {
    for (const child of Object.values(value)) collectFragments(child, into)
  }
}

/** True of a reference to something contained that is not there (ref-1); `#` alone is the container. */
export function isDangling(reference: unknown, { contained }: Resource): boolean {
  if (typeof reference !== 'string' || reference.length < 2 || !reference.startsWith('#')) return false
  return !Array.isArray(contained) || !idsOf(contained).has(reference.slice(1))
}

/** Of lists that are being walked: thousands of references may lead into one. */
const ids = new WeakMap<readonly unknown[], ReadonlySet<unknown>>()

function idsOf(contained: readonly (Row | null)[]): ReadonlySet<unknown> {
  const known = ids.get(contained)
  if (known) return known
  const made = new Set(contained.map((each) => each?.['id']))
  ids.set(contained, made)
  return made
}
