// Every rule known here, on one resource: structure, then all that lies beyond it, then what has to be looked up. https://hl7.org/fhir/R4/validation.html
import type { Definitions } from './definitions.ts'
import type { Issue } from './outcome.ts'
import { createEngine, type Walked } from './profile/engine.ts'
import type { OpenWorld } from './profile/open-world.ts'
import { PROFILE_RULES } from './profile/rules.ts'
import type { Later, Level } from './profile/visit.ts'
import type { Resource } from './resource.ts'
import type { Fault } from './validate/faults.ts'
import { createIssueWriter, onlyErrors } from './validate/issues.ts'
import { RESOURCE_RULES } from './validate/resource-rules.ts'
import { createStructureCheck } from './validate.ts'

/** Resolves to the resource that a literal reference leads to, where the caller may see it. */
export type Resolve = (literal: string) => Promise<Resource | undefined>

export interface ValidationOptions {
  /** `errors` looks only for what refuses a write; `all` also for warnings. */
  readonly level: Level
  /** Beside those that the resource claims. */
  readonly profiles?: readonly string[]
  readonly resolve?: Resolve
}

/** Resolves to what is wrong with a resource, errors first; never rejects for anything in the resource. */
export type Validate = (resource: unknown, options: ValidationOptions) => Promise<readonly Issue[]>

export interface ValidationParts {
  readonly definitions: Definitions
  readonly world: OpenWorld
  /** Tells what became of what the walk left open; each a fault, or nothing. */
  readonly judge: (later: readonly Later[]) => Promise<readonly Fault[]>
  /** Grows whenever definitions beside R4's own change. */
  readonly generation: () => number
}

/** Faults of structure with which the other rules can still be told; so can `form` and `code` of what is text at least. */
const BESIDE: ReadonlySet<string> = new Set(['binding', 'extension'])

function isBeside({ rule, path }: Fault, resource: unknown): boolean {
  if (rule !== 'form' && rule !== 'code') return BESIDE.has(rule)
  return typeof path.reduce<unknown>((at, step) => (at as Row | undefined)?.[step], resource) === 'string'
}

type Row = Readonly<Record<string | number, unknown>>

const TABLES = [PROFILE_RULES, RESOURCE_RULES]

/** Walks of one resource: each loads what the one before had to do without, by way of profiles within profiles. */
const MAX_WALKS = 24
const MAX_RESOLVED = 100

/**
 * Returns the validation of any resource (V1): its structure; where that is sound, references, contained resources,
 * Bundles, bindings, invariants and extensions, the profiles it claims and those asked for.
 */
export function createValidation({ definitions, world, judge, generation }: ValidationParts): Validate {
  const findStructureFaults = createStructureCheck(definitions)
  const engine = createEngine(world)
  const write = createIssueWriter(definitions, TABLES)
  let known = generation()
  return async (resource, options) => {
    const structural = findStructureFaults(resource)
    if (!structural.every((fault) => isBeside(fault, resource))) return write(resource, structural)
    const now = generation()
    if (now !== known) {
      known = now
      world.forget()
      engine.forget()
    }
    const { faults, later } = await walkAll(resource as Resource, options)
    const told = later.length > 0 ? await judge(later) : []
    const all = [...structural, ...faults, ...told]
    if (all.length === 0) return []
    return write(resource, options.level === 'all' ? all : onlyErrors(TABLES, all))
  }

  async function walkAll(
    resource: Resource,
    { level, profiles, resolve }: ValidationOptions,
  ): Promise<Walked> {
    const resolved = new Map<string, Resource | undefined>()
    for (let walks = 1; ; walks++) {
      const walked = engine.walk(resource, { level, resolved, ...(profiles && { profiles }) })
      const asked = resolve ? [...walked.unresolved].slice(0, MAX_RESOLVED - resolved.size) : []
      if ((walked.wanted.size === 0 && asked.length === 0) || walks === MAX_WALKS) return walked
      await world.load(walked.wanted)
      for (const literal of asked) resolved.set(literal, await resolve?.(literal))
    }
  }
}
