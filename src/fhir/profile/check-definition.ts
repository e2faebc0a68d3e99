// A profile that is about to be stored must be one that can be used: its faults are told now, not with the first resource. https://hl7.org/fhir/R4/profiling.html#snapshot
import { FhirError, type Issue } from '../outcome.ts'
import type { Resource } from '../resource.ts'
import { buildStructure, type Sources } from './load-structure.ts'

/** Resolves to the reason why no checks can be made of a StructureDefinition; empty for any other resource. */
export async function checkStructureDefinition(
  sources: Sources,
  resource: unknown,
): Promise<readonly Issue[]> {
  const { resourceType, kind, derivation } = (resource ?? {}) as Partial<Resource>
  if (resourceType !== 'StructureDefinition' || kind === 'logical' || derivation !== 'constraint') return []
  try {
    await buildStructure(sources, resource as Resource)
    return []
  } catch (error) {
    if (!(error instanceof FhirError)) throw error
    return [
      {
        severity: 'error',
        code: 'processing',
        diagnostics: error.message,
        expression: ['StructureDefinition.differential'],
      },
    ]
  }
}
