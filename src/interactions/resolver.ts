// What a rule of a profile may see of the resources that one refers to: as much as the caller. https://hl7.org/fhir/R4/fhirpath.html#functions
import type { Policy } from '../access/policy.ts'
import { parseJson } from '../fhir/json.ts'
import { parseReference } from '../fhir/reference.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Resolve } from '../fhir/validation.ts'
import type { Reader } from '../store/store.ts'
import type { AppContext } from './context.ts'

/** Returns the lookup of literal references to this server by `policy`; what is hidden, gone or elsewhere is undefined. */
export function createResolver({ settings }: AppContext, policy: Policy, reader: Reader): Resolve {
  return async (literal) => {
    const reference = parseReference(literal, settings.baseUrl)
    if (reference.kind !== 'own' || !policy.may('read', reference.type)) return undefined
    const version = await reader.read(policy.readPlan(reference.type, reference.id, reference.versionId))
    return version?.document && (parseJson(version.document) as Resource)
  }
}
