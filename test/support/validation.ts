// The whole validation as the server has it, on definitions of the test's own.
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { judgeLater } from '../../src/fhir/profile/coding.ts'
import { loadStructure } from '../../src/fhir/profile/load-structure.ts'
import { createOwnMembership } from '../../src/fhir/profile/membership.ts'
import { openWorld, type WorldOptions } from '../../src/fhir/profile/open-world.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { createTerminology } from '../../src/fhir/terminology.ts'
import { createValidation, type Validate } from '../../src/fhir/validation.ts'
import { toCanonicals } from './canonicals.ts'

const definitions = loadDefinitions()

/** Returns the validation of R4 and `resources`: StructureDefinitions, ValueSets, CodeSystems. */
export function openTestValidation(
  resources: readonly Resource[] = [],
  options: Partial<Pick<WorldOptions, 'unknownExtension' | 'unknownProfile' | 'unknownSystem'>> = {},
): Validate {
  const canonicals = toCanonicals(resources)
  const terminology = createTerminology(definitions, { canonicals })
  return createValidation({
    definitions,
    world: openWorld({
      definitions,
      canonicals,
      unknownExtension: options.unknownExtension ?? 'warning',
      unknownProfile: options.unknownProfile ?? 'warning',
      unknownSystem: options.unknownSystem ?? 'warning',
      loadStructure: (canonical) => loadStructure({ definitions, canonicals }, canonical),
      ownMembership: createOwnMembership(definitions),
      loadMembership: (valueSet) => terminology.membership(valueSet),
    }),
    judge: (later) => judgeLater(terminology, later, options.unknownSystem),
    generation: () => canonicals.generation,
  })
}
