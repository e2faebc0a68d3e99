// read: the current version of one resource. https://hl7.org/fhir/R4/http.html#read
import type { Policy } from '../access/policy.ts'
import { FhirError } from '../fhir/outcome.ts'
import type { Reader, Version } from '../store/store.ts'
import type { Read } from './interaction.ts'
import { matchesTag } from './precondition.ts'
import type { Result, Stored } from './result.ts'

/** Returns the version, `gone` for a deleted one; throws FhirError `not-found` where nothing is, or nothing that may be seen. */
export async function read(reader: Reader, policy: Policy, asked: Read): Promise<Result> {
  return toFound(asked, await reader.read(policy.readPlan(asked.type, asked.id)))
}

/** Returns what a read or vread answers with, given the version that was found. */
export function toFound(asked: Omit<Read, 'kind'>, version: Version | undefined): Result {
  if (version === undefined) throw absent(asked.type)
  if (version.document === undefined) return { kind: 'gone', version }
  if (asked.ifNoneMatch !== undefined || asked.ifModifiedSince !== undefined) {
    if (isKnown(asked, version as Stored)) return { kind: 'not-modified', version }
  }
  return { kind: 'found', version: version as Stored, mask: asked.mask }
}

/** Returns the failure for what is not there; it says the same of what is hidden. */
export function absent(type: string): FhirError {
  return new FhirError('not-found', `There is no such ${type}`)
}

// If-None-Match goes first; Last-Modified has whole seconds only. https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2
function isKnown({ ifNoneMatch, ifModifiedSince = 0 }: Omit<Read, 'kind'>, version: Stored): boolean {
  if (ifNoneMatch !== undefined) return matchesTag(ifNoneMatch, version.tag ?? version.versionId)
  return Math.floor(version.lastUpdated / 1000) <= Math.floor(ifModifiedSince / 1000)
}
