// Compiles everything that R4 defines, from the cache and without it, and prints how long that took, as JSON.
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { loadStructuresData } from '../../src/fhir/definitions-cache.ts'
import { compileProfile } from '../../src/fhir/profile/compile-profile.ts'
import { compileType } from '../../src/fhir/profile/compile-type.ts'
import { createOwnMembership } from '../../src/fhir/profile/membership.ts'
import { openWorld } from '../../src/fhir/profile/open-world.ts'
import type { Compiled } from '../../src/fhir/profile/world.ts'
import { buildValidatorCache, compileValidator } from '../../src/fhir/validate/compile.ts'

const NOTHING = () => {}

const profiles = Object.values(loadStructuresData().structures)
  .filter(({ derivation }) => derivation === 'constraint')
  .map(({ url }) => url)
const started = performance.now()
const definitions = loadDefinitions()
const world = openWorld({
  definitions,
  canonicals: { find: async () => undefined, has: () => false, list: () => [], generation: 0 },
  unknownExtension: 'warning',
  unknownProfile: 'warning',
  unknownSystem: 'warning',
  loadStructure: async () => undefined,
  ownMembership: createOwnMembership(definitions),
  loadMembership: async () => undefined,
})
const given = <T>(found: T | 'later' | undefined) => (found === 'later' ? undefined : found)
const compiled: Compiled = {
  world,
  structure: (canonical) => given(world.structure(canonical)),
  membership: (valueSet) => given(world.membership(valueSet)),
  profile: () => NOTHING,
  type: () => NOTHING,
  resource: NOTHING,
  extension: NOTHING,
}
for (const url of profiles) compileProfile(compiled, definitions.structure(url)!)
const afterProfiles = performance.now()
for (const name of definitions.typeNames) compileType(compiled, name)
const { check } = compileValidator(definitions, 'quick')
for (const name of definitions.typeNames) if (definitions.isResourceType(name)) check({ resourceType: name })
const afterAll = performance.now()
buildValidatorCache(definitions)
const built = performance.now() - afterAll
process.stdout.write(
  JSON.stringify({
    profilesMs: afterProfiles - started,
    allMs: afterAll - started,
    coldMs: afterAll - started + built,
  }),
)
