// Research projects as purposes of use: children of HRESCH (U1, M6). https://hl7.org/fhir/R4/codesystem.html
import type { Resource } from '../fhir/resource.ts'
import type { ProjectCodes } from './purposes.ts'

/**
 * Returns the projects that a CodeSystem registers: every code in it, at any depth and whatever its status, since a code
 * that went missing would make the consents that name it uninterpretable (N3). Empty where the resource holds none.
 */
export function projectCodes(codeSystem: Resource): ProjectCodes {
  const system = typeof codeSystem['url'] === 'string' ? codeSystem['url'] : ''
  const isSystem = codeSystem.resourceType === 'CodeSystem' && system !== ''
  return { system, codes: isSystem ? [...new Set(codesOf(codeSystem['concept']))] : [] }
}

function codesOf(concepts: unknown): readonly string[] {
  if (!Array.isArray(concepts)) return []
  return concepts.flatMap((concept: { readonly code?: unknown; readonly concept?: unknown }) => [
    ...(typeof concept.code === 'string' ? [concept.code] : []),
    ...codesOf(concept.concept),
  ])
}
