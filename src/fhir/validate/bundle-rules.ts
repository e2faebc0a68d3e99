// What R4 says of Bundles in words and not in invariants. https://hl7.org/fhir/R4/bundle.html
import { forEachReference } from '../reference.ts'
import type { Resource } from '../resource.ts'
import type { Fault } from './faults.ts'

interface Entry {
  readonly fullUrl?: unknown
  readonly resource?: Resource
  readonly request?: { readonly method?: unknown; readonly url?: unknown }
}

const RESTFUL = /^https?:.*\/([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})$/

/**
 * Returns what is wrong with a Bundle beyond bdl-1 to bdl-12 (V29): full URLs that are not absolute or name another resource
 * than their entry has, requests for another type, and in documents and messages `urn:` references to nothing in them.
 */
export function findBundleFaults(bundle: Resource): readonly Fault[] {
  const { entry } = bundle
  if (!Array.isArray(entry)) return []
  const entries = entry.map((each: unknown) =>
    typeof each === 'object' && each !== null ? (each as Entry) : {},
  )
  const faults = entries.flatMap((each, at) => findEntryFaults(each).map((rule) => toFault(rule, at, each)))
  if (bundle['type'] !== 'document' && bundle['type'] !== 'message') return faults
  return [...faults, ...findLooseReferences(entries)]
}

function toFault([rule, property]: readonly [string, string], at: number, { fullUrl }: Entry): Fault {
  const path = ['entry', at, ...property.split('.')]
  return { path, rule, ...(typeof fullUrl === 'string' && { about: fullUrl }) }
}

function findEntryFaults({ fullUrl, resource, request }: Entry): readonly (readonly [string, string])[] {
  const faults: (readonly [string, string])[] = []
  if (typeof fullUrl === 'string' && !/^[A-Za-z][A-Za-z0-9+.-]*:/.test(fullUrl))
    faults.push(['full-url-relative', 'fullUrl'])
  const [, type, id] = (typeof fullUrl === 'string' && RESTFUL.exec(fullUrl)) || []
  if (
    type !== undefined &&
    resource &&
    (type !== resource.resourceType || (resource.id !== undefined && id !== resource.id))
  )
    faults.push(['full-url-other', 'fullUrl'])
  if (resource && isOfOtherType(request, resource)) faults.push(['request-other-type', 'request.url'])
  return faults
}

function isOfOtherType(request: Entry['request'], { resourceType }: Resource): boolean {
  const { method, url } = request ?? {}
  if ((method !== 'PUT' && method !== 'POST') || typeof url !== 'string') return false
  const [, type, next] = /^(?:https?:.*\/)?([A-Z][A-Za-z]+)(?:[/?](.?)|$)/.exec(url) ?? []
  // An operation takes what it takes; a patch and a search have no resource.
  return type !== undefined && next !== '$' && next !== '_' && type !== resourceType
}

function findLooseReferences(entries: readonly Entry[]): readonly Fault[] {
  const urls = new Set(entries.map(({ fullUrl }) => fullUrl))
  return entries.flatMap(({ resource }, at) => {
    const loose = new Set<string>()
    if (resource)
      forEachReference(resource, ({ reference }) => {
        if (reference.startsWith('urn:') && !urls.has(reference.replace(/#.*$/, ''))) loose.add(reference)
      })
    return [...loose].map(
      (about): Fault => ({ path: ['entry', at, 'resource'], rule: 'reference-not-in-bundle', about }),
    )
  })
}
