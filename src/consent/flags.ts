// The flags 未告知 and 未提供 of JP-CLINS (K8, J21). https://jpfhir.jp/fhir/clins/igv1/index.html
import type { Coding, Resource } from '../fhir/resource.ts'

/** Their code system, as it is kept. */
export const FLAG_SYSTEM = 'http://jpfhir.jp/fhir/clins/CodeSystem/JP_ehrshrs_indication'
/** Older builds of JP-CLINS name it with one slash. */
const ONE_SLASH = 'http:/jpfhir.jp/fhir/clins/CodeSystem/JP_ehrshrs_indication'

/** True where `meta.tag` or `meta.security` has the flag, in either spelling of its system. */
export function hasFlag(resource: Resource, flag: 'UNINFORMED' | 'UNDELIVERED'): boolean {
  const { meta } = resource
  if (!meta) return false
  const isFlag = (coding: Coding | null) =>
    coding?.code === flag && (coding.system === FLAG_SYSTEM || coding.system === ONE_SLASH)
  return [meta.tag, meta.security].some((codings) => Array.isArray(codings) && codings.some(isFlag))
}

/** Returns the resource with the flags' system spelt as it is kept: the resource itself where nothing is to be changed. */
export function normaliseFlags(resource: Resource): Resource {
  const { meta } = resource
  if (!meta) return resource
  const [tag, security] = [normalise(meta.tag), normalise(meta.security)]
  if (tag === meta.tag && security === meta.security) return resource
  return { ...resource, meta: { ...meta, ...(security && { security }), ...(tag && { tag }) } }
}

function normalise(codings: readonly Coding[] | undefined): readonly Coding[] | undefined {
  if (!Array.isArray(codings) || !codings.some((coding) => coding?.system === ONE_SLASH)) return codings
  return codings.map((coding) => (coding?.system === ONE_SLASH ? { ...coding, system: FLAG_SYSTEM } : coding))
}
