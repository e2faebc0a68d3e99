// One walk over a resource with every rule beyond structure, compiled when first met. https://hl7.org/fhir/R4/validation.html
import type { InvariantScope } from '../invariant.ts'
import type { Resource } from '../resource.ts'
import { findBundleFaults } from '../validate/bundle-rules.ts'
import { findContainedFaults } from '../validate/contained.ts'
import type { Fault } from '../validate/faults.ts'
import { compileProfile } from './compile-profile.ts'
import { compileType } from './compile-type.ts'
import { checkExtension } from './extension.ts'
import { createShelf } from './shelf.ts'
import type { Structure } from './structure.ts'
import {
  type Check,
  isObject,
  type Later,
  type Level,
  MAX_PROFILE_DEPTH,
  report,
  type Visit,
} from './visit.ts'
import type { Compiled, World } from './world.ts'

export interface Walk {
  readonly level: Level
  /** Asked for beside those that the resource claims; each must be known. */
  readonly profiles?: readonly string[]
  /** What is known of other resources by literal reference; undefined for one that cannot be resolved. */
  readonly resolved?: ReadonlyMap<string, Resource | undefined>
}

export interface Walked {
  readonly faults: readonly Fault[]
  readonly later: readonly Later[]
  /** Load these and walk again: what was found without them is not all. */
  readonly wanted: ReadonlySet<string>
  /** The same of resources, by literal reference. */
  readonly unresolved: ReadonlySet<string>
}

export interface Engine {
  /** Returns what is wrong with a resource whose structure is right. Never throws, whatever the resource. */
  walk(resource: Resource, walk: Walk): Walked
  /** Lets go of everything compiled from definitions that are not R4's own. */
  forget(): void
}

/** Profiles kept compiled. */
const MAX_COMPILED = 500

/** Returns the engine of a world. */
export function createEngine(world: World): Engine {
  const types = new Map<string, Check>()
  const profiles = createShelf<Check>(MAX_COMPILED)
  const compiled: Compiled = {
    world,
    structure: (canonical, visit) => settle(canonical, world.structure(canonical), visit),
    membership: (valueSet, visit) => settle(valueSet, world.membership(valueSet), visit),
    profile: (canonical, visit) => {
      const known = profiles.get(canonical)
      const structure = known ? undefined : compiled.structure(canonical, visit)
      if (!structure) return known
      const made = deepen(compileProfile(compiled, structure))
      profiles.put(canonical, made)
      return made
    },
    type: (name) => {
      const known = types.get(name)
      if (known) return known
      const made = compileType(compiled, name)
      types.set(name, made)
      return made
    },
    resource: (value, visit) => checkResource(compiled, value, visit),
    extension: (extension, visit, place) => checkExtension(compiled, extension, visit, place),
  }
  return {
    walk: (resource, walk) => walkResource(compiled, resource, walk),
    forget: () => profiles.clear(),
  }
}

function settle<T>(canonical: string, found: T | 'later' | undefined, visit: Visit): T | undefined {
  if (found !== 'later') return found
  visit.wanted.add(canonical)
  return undefined
}

// A profile may lead back to itself by way of data that does not end (V22).
function deepen(check: Check): Check {
  return (value, visit, companion) => {
    if (visit.depth >= MAX_PROFILE_DEPTH) return
    visit.depth++
    check(value, visit, companion)
    visit.depth--
  }
}

function walkResource(
  compiled: Compiled,
  resource: Resource,
  { level, profiles = [], resolved }: Walk,
): Walked {
  const visit: Visit = {
    level,
    path: [],
    faults: [],
    wanted: new Set(),
    unresolved: new Set(),
    later: [],
    extensions: [],
    scope: { resource, rootResource: resource, ...(resolved && { resolved }) },
    resourceAt: 0,
    depth: 0,
  }
  compiled.resource(resource, visit)
  for (const canonical of profiles) checkProfile(compiled, { canonical, resource, visit, place: [] })
  return visit
}

function checkResource(compiled: Compiled, value: unknown, visit: Visit): void {
  if (!isObject(value) || typeof value['resourceType'] !== 'string') return
  if (!compiled.world.definitions.isResourceType(value['resourceType'])) return
  const resource = value as Resource
  const [scope, resourceAt] = [visit.scope, visit.resourceAt]
  visit.scope = enter(scope, resource, visit)
  visit.resourceAt = visit.path.length
  addFaults(visit, findContained(resource, visit))
  if (resource.resourceType === 'Bundle') addFaults(visit, findBundleFaults(resource))
  compiled.type(resource.resourceType)(resource, visit)
  const claimed: unknown = resource.meta?.profile
  if (Array.isArray(claimed))
    for (const [at, canonical] of claimed.entries())
      if (typeof canonical === 'string')
        checkProfile(compiled, { canonical, resource, visit, place: ['meta', 'profile', at] })
  visit.scope = scope
  visit.resourceAt = resourceAt
}

// A contained resource stands in the rules of its container.
function findContained(resource: Resource, { path }: Visit): readonly Fault[] {
  return path.at(-2) === 'contained' ? [] : findContainedFaults(resource)
}

function enter(scope: InvariantScope, resource: Resource, { path }: Visit): InvariantScope {
  const isContained = path.at(-2) === 'contained'
  const isCarrier = resource.resourceType === 'Bundle' || resource.resourceType === 'Parameters'
  const bundle = scope.bundle ?? (resource.resourceType === 'Bundle' ? resource : undefined)
  return {
    ...scope,
    resource,
    rootResource: isContained && !isCarrier ? scope.rootResource : resource,
    ...(bundle && { bundle }),
  }
}

function addFaults(visit: Visit, faults: readonly Fault[]): void {
  for (const fault of faults) visit.faults.push({ ...fault, path: [...visit.path, ...fault.path] })
}

interface Claim {
  readonly canonical: string
  readonly resource: Resource
  readonly visit: Visit
  /** Where the claim stands in the resource. */
  readonly place: readonly (string | number)[]
}

function checkProfile(compiled: Compiled, { canonical, resource, visit, place }: Claim): void {
  const structure = compiled.structure(canonical, visit)
  if (!structure) {
    const severity = place.length === 0 ? 'error' : compiled.world.unknownProfile
    if (visit.level === 'all' || severity === 'error')
      report(visit, { rule: 'unknown-profile', about: canonical, severity }, ...place)
  } else if (!fits(structure, resource)) {
    report(
      visit,
      { rule: 'profile-of-other-type', about: canonical, facts: { type: structure.type } },
      ...place,
    )
  } else if (structure.derivation === 'constraint') {
    compiled.profile(canonical, visit)?.(resource, visit)
  }
}

function fits({ type }: Structure, { resourceType }: Resource): boolean {
  return type === resourceType || type === 'Resource' || type === 'DomainResource'
}
