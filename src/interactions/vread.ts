// vread: one version, current or not. https://hl7.org/fhir/R4/http.html#vread
import type { Policy } from '../access/policy.ts'
import type { Reader } from '../store/store.ts'
import type { Vread } from './interaction.ts'
import { toFound } from './read.ts'
import type { Result } from './result.ts'

/** Returns the version, `gone` where it is the deletion; throws FhirError `not-found` for an unknown or hidden one. */
export async function vread(reader: Reader, policy: Policy, asked: Vread): Promise<Result> {
  return toFound(asked, await reader.read(policy.readPlan(asked.type, asked.id, asked.versionId)))
}
