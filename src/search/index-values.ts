// From a resource to its index entries, by the table in src/README.md. https://hl7.org/fhir/R4/search.html
import type { Definitions, SearchParameter } from '../fhir/definitions.ts'
import { FhirError } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Visit } from './extract/walk.ts'
import { joinPair, type Pair, pairsOf } from './paired.ts'
import { servedBy } from './params.ts'
import type { Axis, IndexEntry } from './query.ts'
import { compileParameter, compilesToValues } from './values/compile.ts'
import { compileComposite } from './values/composite.ts'
import type { ValueContext } from './values/context.ts'

export interface IndexSettings {
  /** IANA zone of dates without an offset. */
  readonly timeZone: string
  /** This server's base, without a slash at the end. */
  readonly baseUrl: string
}

/** One parameter with rows of its own. */
interface Row {
  readonly code: string
  readonly walk: Visit
  /** What it points at decides which Patient compartments the resource is in. */
  readonly entersCompartment: boolean
}

/** All that is done to a resource of one type. */
interface Program {
  readonly rows: readonly Row[]
  readonly pairs: readonly Pair[]
}

const COMPARTMENT = '_compartment'
const IN_PATIENT = 'Patient/'
/** Written elsewhere: `_id` below, `_lastUpdated` by the store at commit. */
const APART = new Set(['_id', '_lastUpdated'])

/**
 * Returns a function that gives all index entries of a resource, each once, all but `_lastUpdated`, which the store
 * writes. Parameters of a type are compiled when its first resource comes. It never throws on a valid resource.
 */
export function createIndexer(
  definitions: Definitions,
  settings: IndexSettings,
): (resource: Resource) => IndexEntry[] {
  let entries: IndexEntry[] = []
  let isPresent = false
  const emit = (param: string, lo: Axis, hi: Axis) => void entries.push({ param, lo, hi })
  const noticed = () => {
    isPresent = true
  }
  const context: ValueContext = { ...settings, definitions, emit }
  const programs = new Map<string, Program>()

  function programOf(type: string): Program {
    const known = programs.get(type)
    if (known) return known
    const made = { rows: compileRows(context, type, noticed), pairs: pairsOf(definitions, type) }
    programs.set(type, made)
    return made
  }

  return (resource) => {
    const { resourceType, id } = resource
    const patients = new Set<string>()
    entries = []
    if (id !== undefined) emit('_id', id, id)
    if (resourceType === 'Patient' && id !== undefined) patients.add(IN_PATIENT + id)
    const { rows, pairs } = programOf(resourceType)
    for (const { code, walk, entersCompartment } of rows) {
      const from = entries.length
      isPresent = false
      walk(resource)
      if (!isPresent) continue
      if (entries.length > from + 1) dropRepeated(entries, from)
      if (!hasEntry(entries, from, code)) emit(`${code}:present`, 1, 1)
      if (entersCompartment) collectPatients(entries, from, code, patients)
    }
    for (const pair of pairs) joinPair(pair, entries, emit)
    for (const patient of patients) emit(COMPARTMENT, patient, patient)
    return entries
  }
}

/**
 * Throws FhirError `invalid` where `parameter` of resources of `type` cannot be indexed: its expression is not FHIRPath,
 * or selects nothing that a parameter of its type can hold.
 */
export function assertIndexable(definitions: Definitions, type: string, parameter: SearchParameter): void {
  const context: ValueContext = { definitions, timeZone: 'UTC', baseUrl: '', emit: () => {} }
  if (parameter.type === 'composite' || parameter.type === 'special')
    throw new FhirError('invalid', `A search parameter of type ${parameter.type} cannot be added`)
  if (!compilesToValues(context, type, parameter))
    throw new FhirError('invalid', `${parameter.expression} selects nothing of type ${parameter.type}`)
}

function compileRows(context: ValueContext, type: string, noticed: () => void): readonly Row[] {
  const { definitions } = context
  const inCompartment = compartmentParams(definitions, type)
  const rows: Row[] = []
  for (const parameter of definitions.searchParameters(type).values()) {
    const { code } = parameter
    const served = servedBy(definitions, type, code)
    const walk =
      served?.kind === 'joined'
        ? compileComposite(context, type, parameter, served.components, noticed)
        : served?.kind === 'own' && !APART.has(code)
          ? compileParameter(context, type, parameter, noticed)
          : undefined
    if (walk) rows.push({ code, walk, entersCompartment: inCompartment.has(code) })
  }
  return rows
}

// The parameters with rows that stand behind those of the CompartmentDefinition. A Patient is in its own alone.
function compartmentParams(definitions: Definitions, type: string): ReadonlySet<string> {
  const behind = (code: string): readonly string[] => {
    const served = servedBy(definitions, type, code)
    if (served?.kind === 'narrowed') return behind(served.param)
    return served?.kind === 'union' ? served.of.flatMap(behind) : [code]
  }
  if (type === 'Patient') return new Set()
  return new Set(definitions.compartment('Patient', type)?.flatMap(behind))
}

function collectPatients(
  entries: readonly IndexEntry[],
  from: number,
  code: string,
  patients: Set<string>,
): void {
  for (let at = from; at < entries.length; at++) {
    const { param, lo } = entries[at]!
    if (param === code && typeof lo === 'string' && lo.startsWith(IN_PATIENT)) patients.add(lo)
  }
}

function hasEntry(entries: readonly IndexEntry[], from: number, code: string): boolean {
  for (let at = from; at < entries.length; at++) if (entries[at]!.param === code) return true
  return false
}

const FEW = 16

// In place. Comparing each with each is the faster way while there are few.
function dropRepeated(entries: IndexEntry[], from: number): void {
  const isNew = entries.length - from <= FEW ? newByComparing(entries, from) : newByKey()
  let end = from
  for (let at = from; at < entries.length; at++) {
    const entry = entries[at]!
    if (isNew(entry, end)) entries[end++] = entry
  }
  entries.length = end
}

type IsNew = (entry: IndexEntry, end: number) => boolean

function newByComparing(entries: readonly IndexEntry[], from: number): IsNew {
  return ({ param, lo, hi }, end) => {
    for (let at = from; at < end; at++) {
      const other = entries[at]!
      if (other.lo === lo && other.hi === hi && other.param === param) return false
    }
    return true
  }
}

function newByKey(): IsNew {
  const seen = new Set<string>()
  return ({ param, lo, hi }) => {
    const size = seen.size
    return seen.add(JSON.stringify([param, lo, hi])).size > size
  }
}
