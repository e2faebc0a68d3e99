// R4's code systems and value sets in compact form. https://hl7.org/fhir/R4/terminologies.html

export interface CodeSystemData {
  readonly codes: readonly string[]
  /** Positions in `codes`, child and parent in turn. */
  readonly edges?: readonly number[]
  /** Position in `codes`, property, value as text. */
  readonly properties?: readonly (readonly [number, string, string])[]
}

export interface IncludeData {
  readonly system?: string
  readonly codes?: readonly string[]
  /** Property, operator, value. */
  readonly filters?: readonly (readonly [string, string, string])[]
  readonly valueSets?: readonly string[]
}

export interface ValueSetData {
  readonly include: readonly IncludeData[]
  readonly exclude?: readonly IncludeData[]
}

/** Plain JSON, read when the first value set or hierarchy is asked for. */
export interface TerminologyData {
  /** Only systems of which every code is shipped. */
  readonly codeSystems: Readonly<Record<string, CodeSystemData>>
  readonly valueSets: Readonly<Record<string, ValueSetData>>
  readonly caseSensitive: readonly string[]
}

interface SourceConcept {
  readonly code: string
  readonly concept?: readonly SourceConcept[]
  readonly property?: readonly { readonly code: string; readonly [value: `value${string}`]: unknown }[]
}

export interface SourceCodeSystem {
  readonly url: string
  readonly content: string
  readonly caseSensitive?: boolean
  readonly concept?: readonly SourceConcept[]
}

interface SourceInclude {
  readonly system?: string
  readonly concept?: readonly { readonly code: string }[]
  readonly filter?: readonly { readonly property: string; readonly op: string; readonly value: string }[]
  readonly valueSet?: readonly string[]
}

export interface SourceValueSet {
  readonly url: string
  readonly compose?: {
    readonly include: readonly SourceInclude[]
    readonly exclude?: readonly SourceInclude[]
  }
}

/** Returns the compact form; code systems that are fragments, supplements or not present are left out. */
export function compileTerminology(
  codeSystems: readonly SourceCodeSystem[],
  valueSets: readonly SourceValueSet[],
): TerminologyData {
  const whole = codeSystems.filter(({ content }) => content === 'complete' || content === 'example')
  return {
    codeSystems: Object.fromEntries(whole.map((source) => [source.url, toCodeSystem(source)])),
    valueSets: Object.fromEntries(valueSets.map((source) => [source.url, toValueSet(source)])),
    caseSensitive: codeSystems.filter(({ caseSensitive }) => caseSensitive).map(({ url }) => url),
  }
}

/** What concept properties say of hierarchy, from the side that states it. https://hl7.org/fhir/R4/codesystem.html#hierarchy */
const PARENTS = new Set(['parent', 'subsumedBy'])
const CHILD = 'child'
/** Said of nearly every concept of HL7 v2, asked for by no value set. */
const UNUSED = new Set(['status', 'deprecationDate'])

function toCodeSystem({ concept = [] }: SourceCodeSystem): CodeSystemData {
  const positions = new Map<string, number>()
  const nested: (readonly [string, string])[] = []
  const stated: (readonly [string, string, string])[] = []
  const walk = (concepts: readonly SourceConcept[], parent?: string) => {
    for (const { code, concept: children = [], property = [] } of concepts) {
      if (!positions.has(code)) positions.set(code, positions.size)
      if (parent !== undefined) nested.push([code, parent])
      for (const one of property) stated.push([code, one.code, toText(one)])
      walk(children, code)
    }
  }
  walk(concept)
  const pairs = [...nested, ...stated.flatMap(toPair)].filter((pair) =>
    pair.every((code) => positions.has(code)),
  )
  const edges = [...new Map(pairs.map((pair) => [pair.join(' '), pair])).values()]
  const properties = stated
    .filter(([, name]) => !PARENTS.has(name) && name !== CHILD && !UNUSED.has(name))
    .map(([code, name, value]) => [positions.get(code)!, name, value] as const)
  return {
    codes: [...positions.keys()],
    ...(edges.length > 0 && { edges: edges.flat().map((code) => positions.get(code)!) }),
    ...(properties.length > 0 && { properties }),
  }
}

function toPair([code, name, value]: readonly [string, string, string]): (readonly [string, string])[] {
  if (PARENTS.has(name)) return [[code, value]]
  return name === CHILD ? [[value, code]] : []
}

function toText(property: object): string {
  const value = Object.entries(property).find(([name]) => name.startsWith('value'))?.[1]
  return typeof value === 'object' && value !== null && 'code' in value ? String(value.code) : String(value)
}

function toValueSet({ compose }: SourceValueSet): ValueSetData {
  return {
    include: (compose?.include ?? []).map(toInclude),
    ...(compose?.exclude && { exclude: compose.exclude.map(toInclude) }),
  }
}

function toInclude({ system, concept, filter, valueSet }: SourceInclude): IncludeData {
  return {
    ...(system && { system }),
    ...(concept && { codes: concept.map(({ code }) => code) }),
    ...(filter && { filters: filter.map(({ property, op, value }) => [property, op, value] as const) }),
    ...(valueSet && { valueSets: valueSet }),
  }
}
