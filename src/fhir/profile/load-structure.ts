// A definition from a package, a folder or a post, made ready for checks. https://hl7.org/fhir/R4/structuredefinition.html
import type { Canonicals } from '../canonicals.ts'
import type { Definitions } from '../definitions.ts'
import { FhirError } from '../outcome.ts'
import type { Resource } from '../resource.ts'
import { createSnapshots } from './snapshot.ts'
import type { RawElement } from './snapshot-list.ts'
import type { Structure, StructureElement } from './structure.ts'
import { toStructure } from './to-structure.ts'

/** Where definitions are looked up: R4's own first. */
export interface Sources {
  readonly definitions: Definitions
  readonly canonicals: Canonicals
}

/** Resolves to the structure with this canonical; undefined where there is none, or one with faults. */
export async function loadStructure(sources: Sources, canonical: string): Promise<Structure | undefined> {
  const definition = await sources.canonicals.find('StructureDefinition', canonical)
  try {
    return definition && (await buildStructure(sources, definition))
  } catch (error) {
    if (error instanceof FhirError) return undefined
    throw error
  }
}

/**
 * Resolves to the structure of a definition, with a snapshot of our own where it has none. Rejects with FhirError
 * `unprocessable`, which says what is wrong with the definition or what it is based on.
 */
export async function buildStructure(sources: Sources, definition: Resource): Promise<Structure> {
  if (hasSnapshot(definition)) return toStructure(definition)
  const loaded = new Map<string, Resource>()
  await loadBases(sources, definition, loaded)
  const snapshots = createSnapshots((canonical) => loaded.get(canonical) ?? ownDefinition(sources, canonical))
  return toStructure({ ...definition, snapshot: { element: snapshots.of(definition) } })
}

function hasSnapshot({ snapshot }: Resource): boolean {
  const { element } = (snapshot ?? {}) as { element?: unknown }
  return Array.isArray(element) && element.length > 0
}

// What a differential is laid over, and the profiles of types that it leads into.
async function loadBases(
  sources: Sources,
  definition: Resource,
  loaded: Map<string, Resource>,
): Promise<void> {
  for (const canonical of basesOf(definition)) {
    if (loaded.has(canonical) || sources.definitions.structure(canonical)) continue
    const base = await sources.canonicals.find('StructureDefinition', canonical)
    if (!base) continue
    loaded.set(canonical, base)
    if (!hasSnapshot(base)) await loadBases(sources, base, loaded)
  }
}

function basesOf({ baseDefinition, differential }: Resource): readonly string[] {
  const { element = [] } = (differential ?? {}) as { element?: readonly RawElement[] }
  const profiles = Array.isArray(element)
    ? element.flatMap(
        (each) => each?.type?.flatMap(({ profile = [] }: { profile?: readonly string[] }) => profile) ?? [],
      )
    : []
  return [...(typeof baseDefinition === 'string' ? [baseDefinition] : []), ...profiles]
}

function ownDefinition({ definitions }: Sources, canonical: string): Resource | undefined {
  const structure = definitions.structure(canonical)
  if (!structure) return undefined
  const { elements, ...rest } = structure
  return { resourceType: 'StructureDefinition', ...rest, snapshot: { element: elements.map(toRaw) } }
}

// The names of types behind fixed[x] and the like are not kept; nothing asks for them.
function toRaw({
  types,
  constraints,
  fixed,
  pattern,
  minValue,
  maxValue,
  ...rest
}: StructureElement): RawElement {
  return {
    ...rest,
    ...(types.length > 0 && { type: types }),
    ...(constraints.length > 0 && { constraint: constraints }),
    ...(rest.contentReference && { contentReference: `#${rest.contentReference}` }),
    ...(fixed !== undefined && { fixedValue: fixed }),
    ...(pattern !== undefined && { patternValue: pattern }),
    ...(minValue !== undefined && { minValueValue: minValue }),
    ...(maxValue !== undefined && { maxValueValue: maxValue }),
  }
}
