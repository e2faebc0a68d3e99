// Entity tags: If-Match and If-None-Match. https://hl7.org/fhir/R4/http.html#concurrency
import { FhirError } from '../fhir/outcome.ts'

/** Version ids of an If-Match or If-None-Match; `*` for any version at all. */
export type EntityTags = readonly string[] | '*'

const TAG = /^(?:W\/)?"([A-Za-z0-9\-.]{1,64})"$/

/**
 * Returns the version ids of an If-Match header or element (`W/"3"`, `"3"`, several with commas, or `*`). Throws FhirError
 * `invalid` where one is no entity tag: a condition not understood must not be taken as met.
 */
export function parseIfMatch(text: string): EntityTags {
  if (text.trim() === '*') return '*'
  return text.split(',').map((part) => {
    const id = TAG.exec(part.trim())?.[1]
    if (id === undefined)
      throw new FhirError('invalid', 'If-Match must be an entity tag such as W/"3" with the version id')
    return id
  })
}

/** Returns the version ids of an If-None-Match; what is no entity tag of ours matches nothing. */
export function parseIfNoneMatch(text: string): EntityTags {
  if (text.trim() === '*') return '*'
  return text.split(',').flatMap((part) => TAG.exec(part.trim())?.[1] ?? [])
}

/** True where the version is among the tags. */
export function matchesTag(tags: EntityTags, versionId: string): boolean {
  return tags === '*' || tags.includes(versionId)
}

/**
 * Throws FhirError `version-mismatch` where If-Match is given and what stands is not one of its versions; `versionId` is
 * undefined where nothing stands.
 */
export function assertMatch(ifMatch: EntityTags | undefined, versionId: string | undefined): void {
  if (ifMatch === undefined || (versionId !== undefined && matchesTag(ifMatch, versionId))) return
  throw new FhirError('version-mismatch', 'If-Match does not name the current version')
}

/** Throws FhirError `version-mismatch` where If-None-Match is given and names what stands. https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2 */
export function assertNoMatch(ifNoneMatch: EntityTags | undefined, versionId: string | undefined): void {
  if (ifNoneMatch === undefined || versionId === undefined || !matchesTag(ifNoneMatch, versionId)) return
  throw new FhirError('version-mismatch', 'If-None-Match names the current version')
}

/** Returns the weak entity tag of a version. */
export function toEntityTag(versionId: string): string {
  return `W/"${versionId}"`
}
