// R4's structures as the cache holds them: what nearly every element repeats stands once. https://hl7.org/fhir/R4/structuredefinition.html
import type { Constraint, Structure, StructureElement } from './profile/structure.ts'
import { toStructure } from './profile/to-structure.ts'

/** An element without what is usual; `c` are positions in the list of constraints. */
interface PackedElement extends Partial<Omit<StructureElement, 'constraints'>> {
  readonly path: string
  readonly c: readonly number[]
}

/** Plain JSON, read when the first structure is asked for. */
export interface StructuresData {
  readonly constraints: readonly Constraint[]
  readonly structures: Readonly<
    Record<string, Omit<Structure, 'elements'> & { readonly elements: readonly PackedElement[] }>
  >
}

interface SourceDefinition {
  readonly url: string
  readonly snapshot?: object
}

/** Returns the structures of StructureDefinitions by url; those without a snapshot are left out. */
export function compileStructures(sources: readonly SourceDefinition[]): StructuresData {
  const constraints: Constraint[] = []
  const positions = new Map<string, number>()
  const intern = (constraint: Constraint): number => {
    const key = JSON.stringify(constraint)
    const known = positions.get(key)
    if (known !== undefined) return known
    positions.set(key, constraints.length)
    return constraints.push(constraint) - 1
  }
  const structures = sources
    .filter(({ snapshot }) => snapshot)
    .map(toStructure)
    .map((structure) => [
      structure.url,
      { ...structure, elements: structure.elements.map((each) => pack(each, intern)) },
    ])
  return { constraints, structures: Object.fromEntries(structures) }
}

function pack(
  { constraints, ...element }: StructureElement,
  intern: (one: Constraint) => number,
): PackedElement {
  const { id, isModifier, isSummary, mustSupport, min, max, types, ...rest } = element
  return {
    ...rest,
    c: constraints.map(intern),
    ...(id !== element.path && { id }),
    ...(isModifier && { isModifier }),
    ...(isSummary && { isSummary }),
    ...(mustSupport && { mustSupport }),
    ...(min !== 0 && { min }),
    ...(max !== '1' && { max }),
    ...(types.length > 0 && { types }),
  }
}

/** Returns the structure with that url; undefined where R4 has none. */
export function unpackStructure(
  { constraints, structures }: StructuresData,
  url: string,
): Structure | undefined {
  const packed = Object.hasOwn(structures, url) ? structures[url] : undefined
  if (!packed) return undefined
  const elements = packed.elements.map(
    ({ c, ...element }): StructureElement => ({
      id: element.path,
      min: 0,
      max: '1',
      types: [],
      isModifier: false,
      isSummary: false,
      mustSupport: false,
      ...element,
      constraints: c.map((at) => constraints[at]!),
    }),
  )
  return { ...packed, elements }
}
