// A definition from a package, a folder or a post, made ready for checks. https://hl7.org/fhir/R4/structuredefinition.html
import type { Canonicals } from '../canonicals.ts'
import { FhirError } from '../outcome.ts'
import type { Structure } from './structure.ts'
import { toStructure } from './to-structure.ts'

/** Resolves to the structure with this canonical; undefined where there is none, or one with faults. */
export async function loadStructure(
  canonicals: Canonicals,
  canonical: string,
): Promise<Structure | undefined> {
  const definition = await canonicals.find('StructureDefinition', canonical)
  if (!definition) return undefined
  try {
    return toStructure(definition)
  } catch (error) {
    if (error instanceof FhirError) return undefined
    throw error
  }
}
