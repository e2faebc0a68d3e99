// Value sets that a URL alone defines: all codes of a system, or those beneath one. https://hl7.org/fhir/R4/snomedct.html#implicit, https://hl7.org/fhir/R4/loinc.html#alllist
import type { CodeSystemSource } from '../code-system.ts'
import type { Resource } from '../resource.ts'

const LOINC = 'http://loinc.org'

/** `SYSTEM?fhir_vs` and `SYSTEM?fhir_vs=isa/CODE`, which SNOMED CT has and nothing forbids others to have. */
const FORM = /^(?<system>[^?]+)\?fhir_vs(?:=isa\/(?<code>[^/?]+))?$/

/** Resolves to the value set that `url` defines; undefined for any other URL, and where the code system is not known here. */
export async function findImplicitValueSet(
  url: string,
  codeSystem: (system: string) => Promise<CodeSystemSource | undefined>,
): Promise<Resource | undefined> {
  const { system, code } = url === `${LOINC}/vs` ? { system: LOINC } : (FORM.exec(url)?.groups ?? {})
  if (system === undefined || !(await codeSystem(system))) return undefined
  const filter =
    code === undefined ? {} : { filter: [{ property: 'concept', op: 'is-a', value: decode(code) }] }
  return {
    resourceType: 'ValueSet',
    url,
    status: 'active',
    compose: { include: [{ system, ...filter }] },
  }
}

function decode(code: string): string {
  try {
    return decodeURIComponent(code)
  } catch {
    return code
  }
}
