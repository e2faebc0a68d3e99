// What a value set is made of, part by part, with the code systems behind it. https://hl7.org/fhir/R4/valueset.html#compositions
import type {
  CodeSystemSource,
  Concept,
  ConceptFilter,
  ConceptSelection,
  Designation,
} from '../code-system.ts'
import { FhirError } from '../outcome.ts'
import type { Resource } from '../resource.ts'
import { isOffline, judgeOffline } from './offline.ts'

type Row = Readonly<Record<string, unknown>>

/** Where parts are looked up. */
export interface ComposeSources {
  codeSystem(canonical: string): Promise<CodeSystemSource | undefined>
  valueSet(canonical: string): Promise<Resource | undefined>
}

/** A concept that a value set lists itself. */
export interface Listed {
  readonly code: string
  readonly display?: string
  readonly designations: readonly Designation[]
}

/** One include or exclude: what its system gives, where that is also in every one of its value sets. */
export interface Part {
  readonly system?: string
  readonly version?: string
  readonly source?: CodeSystemSource
  /** In place of filters: exactly these. */
  readonly listed?: readonly Listed[]
  readonly filters: readonly ConceptFilter[]
  readonly valueSets: readonly Compose[]
}

export interface Compose {
  readonly url?: string
  readonly version?: string
  readonly include: readonly Part[]
  readonly exclude: readonly Part[]
  readonly inactive: boolean
}

/** Nesting of value sets, beyond which none is meant. */
const MAX_DEPTH = 32

/**
 * Resolves to the parts of a ValueSet with everything they draw on looked up. Rejects with FhirError `unprocessable` where it
 * includes itself, `not-supported` for a value set that it names and nobody knows.
 */
export async function readCompose(
  sources: ComposeSources,
  valueSet: Resource,
  chain: readonly string[] = [],
): Promise<Compose> {
  const url = typeof valueSet['url'] === 'string' ? valueSet['url'] : undefined
  if (url !== undefined && chain.includes(url))
    throw new FhirError(
      'unprocessable',
      `The value set ${url} includes itself: ${[...chain, url].join(' → ')}`,
    )
  if (chain.length > MAX_DEPTH) throw new FhirError('too-costly', 'Value sets are nested too deeply')
  const around = url === undefined ? chain : [...chain, url]
  const compose = (valueSet['compose'] ?? {}) as Row
  const read = (name: string) => Promise.all(rows(compose[name]).map((row) => readPart(sources, row, around)))
  const expansion = rows((valueSet['expansion'] as Row | undefined)?.['contains'])
  const include = valueSet['compose'] ? await read('include') : await readExpansion(sources, expansion)
  return {
    ...(url !== undefined && { url }),
    ...(typeof valueSet['version'] === 'string' && { version: valueSet['version'] }),
    include,
    exclude: await read('exclude'),
    inactive: compose['inactive'] !== false,
  }
}

async function readPart(sources: ComposeSources, row: Row, chain: readonly string[]): Promise<Part> {
  const [system, version] = [text(row['system']), text(row['version'])]
  const canonical = system && version ? `${system}|${version}` : system
  const source =
    canonical === undefined
      ? undefined
      : ((await sources.codeSystem(canonical)) ?? (await sources.codeSystem(system!)))
  const names = Array.isArray(row['valueSet']) ? row['valueSet'].map(String) : []
  const concepts = rows(row['concept'])
  return {
    ...(system !== undefined && { system }),
    ...(version !== undefined && { version }),
    ...(source && { source }),
    ...(concepts.length > 0 && { listed: concepts.map(toListed) }),
    filters: rows(row['filter']).map((filter) => ({
      property: String(filter['property']),
      op: String(filter['op']),
      value: String(filter['value']),
    })),
    valueSets: await Promise.all(names.map((name) => readNamed(sources, name, chain))),
  }
}

async function readNamed(
  sources: ComposeSources,
  canonical: string,
  chain: readonly string[],
): Promise<Compose> {
  const found = await sources.valueSet(canonical)
  if (!found)
    throw new FhirError('not-supported', `It is made of the value set ${canonical}, which is not known here`)
  return readCompose(sources, found, chain)
}

// A value set that is only an expansion: what it lists, system by system.
async function readExpansion(sources: ComposeSources, contains: readonly Row[]): Promise<readonly Part[]> {
  const bySystem = new Map<string, Listed[]>()
  const collect = (all: readonly Row[]) => {
    for (const row of all) {
      const [system, code] = [text(row['system']), text(row['code'])]
      if (system !== undefined && code !== undefined && row['abstract'] !== true)
        bySystem.set(system, [...(bySystem.get(system) ?? []), toListed(row)])
      collect(rows(row['contains']))
    }
  }
  collect(contains)
  return Promise.all(
    [...bySystem].map(async ([system, listed]): Promise<Part> => {
      const source = await sources.codeSystem(system)
      return { system, listed, filters: [], valueSets: [], ...(source && { source }) }
    }),
  )
}

function toListed(row: Row): Listed {
  const display = text(row['display'])
  return {
    code: String(row['code']),
    designations: rows(row['designation']) as unknown as readonly Designation[],
    ...(display !== undefined && { display }),
  }
}

/** Resolves to whether the code is in the value set; undefined where a part of it is of a system that nobody here has. */
export async function isMember(
  compose: Compose,
  system: string | undefined,
  code: string,
): Promise<boolean | undefined> {
  const included = await anyPart(compose.include, system, code)
  if (included !== true) return included
  return (await anyPart(compose.exclude, system, code)) !== true
}

async function anyPart(
  parts: readonly Part[],
  system: string | undefined,
  code: string,
): Promise<boolean | undefined> {
  let unknown = false
  for (const part of parts) {
    const verdict = await isInPart(part, system, code)
    if (verdict === true) return true
    if (verdict === undefined) unknown = true
  }
  return unknown ? undefined : false
}

async function isInPart(part: Part, system: string | undefined, code: string): Promise<boolean | undefined> {
  for (const nested of part.valueSets) {
    const verdict = await isMember(nested, system, code)
    if (verdict !== true) return verdict
  }
  if (part.system === undefined) return part.valueSets.length > 0
  if (system !== undefined && system !== part.system) return false
  if (part.listed) return part.listed.some((each) => each.code === code)
  const offline = judgeOffline(part.system, code)
  if (offline !== undefined) return part.filters.length === 0 ? offline : undefined
  if (!part.source || isPartial(part.source)) return undefined
  return part.source.selects(toSelection(part), code)
}

/** True of a system of which codes may be missing here. */
export function isPartial({ content }: CodeSystemSource): boolean {
  return content !== 'complete' && content !== 'example'
}

/** Returns what a part selects of its system. */
export function toSelection(
  { filters }: Part,
  words?: readonly string[],
  activeOnly?: boolean,
): ConceptSelection {
  return { filters, ...(words && { words }), ...(activeOnly !== undefined && { activeOnly }) }
}

/** Returns the concept of a listed code, with the texts that the value set gives it first. */
export async function toConcept(part: Part, listed: Listed): Promise<Concept> {
  const known = await part.source?.concept(listed.code)
  const display = listed.display ?? known?.display
  return {
    code: listed.code,
    ...(display !== undefined && { display }),
    ...(known?.definition !== undefined && { definition: known.definition }),
    designations: [...listed.designations, ...(known?.designations ?? [])],
    properties: known?.properties ?? [],
    parents: known?.parents ?? [],
    inactive: known?.inactive ?? false,
    abstract: known?.abstract ?? false,
  }
}

/** Returns why the codes of a part cannot be listed, or undefined where they can. */
export function whyNotListed({ system, source, listed }: Part): string | undefined {
  if (listed || system === undefined) return undefined
  if (isOffline(system)) return `${system} has a grammar, not a list of codes`
  if (!source || isPartial(source)) return `the codes of ${system} are not part of this server`
  return undefined
}

function rows(value: unknown): readonly Row[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'object' && each !== null) : []
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
