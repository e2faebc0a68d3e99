// From a resource to its facets, and from facets to index entries. https://hl7.org/fhir/R4/consent.html
import type { Definitions } from '../fhir/definitions.ts'
import { parseReference, referencedType } from '../fhir/reference.ts'
import type { Coding, Reference, Resource } from '../fhir/resource.ts'
import { cutVersion } from '../fhir/value-set.ts'
import { OPEN } from '../search/keys.ts'
import { type IndexEntry, NEEDS_PARAM, PATIENT_PARAM } from '../search/query.ts'
import {
  AUTHOR_PARAM,
  CLASS_PARAM,
  CLINICAL_PARAM,
  CODING_PARAM,
  CONFIDENTIALITY_PARAM,
  FLAG_PARAM,
  GRANTEE_PARAM,
  HOLDS_PARAM,
  NEEDING,
  PRIMARY_PARAM,
  REF_PARAM,
  SENSITIVITY_PARAM,
  SEVERAL,
  SOURCE_PARAM,
  UNDELIVERED,
  UNINFORMED,
} from './facet-params.ts'
import { AUTHOR_ELEMENTS, CLINICAL_DATE, PRIMARY_CODE } from './facet-table.ts'
import type { Facets } from './facets.ts'
import { rankOf } from './labels.ts'
import { toCodeKey } from './read-dimension.ts'
import { labelsOf, type StoredLabels } from './read-labels.ts'
import { periodSpan, type Span, toSpan } from './span.ts'
import type { Vocabulary } from './vocabulary.ts'

export interface FacetSettings {
  /** This server's base, without a slash at the end. */
  readonly baseUrl: string
}

/** Returns the facets of a resource as it is stored; `entries` are those of search, of which its patients are read. */
export type ToFacets = (
  resource: Resource,
  entries: readonly IndexEntry[],
  source: string | undefined,
) => Facets

/** Returns the function that reads facets; `needsOf` gives what a resource cannot be shown without. What refers to a resource, and who Provenance says made it, is not in it. */
export function createFaceter(
  definitions: Definitions,
  vocabulary: Vocabulary,
  { baseUrl }: FacetSettings,
  needsOf: (resource: Resource) => readonly string[] = () => [],
): ToFacets {
  return (resource, entries, source) => {
    const { resourceType: type, id = '' } = resource
    const found = collect(resource, vocabulary, baseUrl)
    const primary = new Set(primaryCodes(resource, vocabulary))
    return {
      type,
      id,
      patients: patientsOf(definitions, type, entries),
      ...toLabelFacets(labelsOf(resource, vocabulary.sensitivities)),
      holds: [...new Set([...found.types, ...sectionTypes(resource.section)])],
      profiles: listOf(resource.meta?.profile).filter((url) => typeof url === 'string'),
      needs: needsOf(resource),
      codes: [...primary],
      codings: [...found.codings].filter((key) => !primary.has(key)),
      when: clinicalTime(resource, vocabulary.timeZone),
      authors: [...found.authors],
      source,
      refs: [...found.refs],
      refBy: [],
      ...(type === 'Consent' && { grantees: granteesOf(resource, baseUrl) }),
    }
  }
}

/** Returns the index entries of facets: what a compiled consent asks for. */
export function toFacetEntries(facets: Facets): IndexEntry[] {
  const entries: IndexEntry[] = []
  const add = (param: string, values: readonly string[]) => {
    for (const value of values) entries.push({ param, lo: value, hi: value })
  }
  add(PATIENT_PARAM, facets.patients)
  const { confidentiality, when, source } = facets
  if (confidentiality !== undefined)
    entries.push({ param: CONFIDENTIALITY_PARAM, lo: confidentiality, hi: confidentiality })
  add(SENSITIVITY_PARAM, facets.sensitivity)
  if (facets.isUninformed) add(FLAG_PARAM, [UNINFORMED])
  if (facets.isUndelivered) add(FLAG_PARAM, [UNDELIVERED])
  if (facets.patients.length > 1) add(FLAG_PARAM, [SEVERAL])
  add(HOLDS_PARAM, facets.holds)
  add(PRIMARY_PARAM, facets.codes)
  add(CODING_PARAM, facets.codings)
  if (when) entries.push({ param: CLINICAL_PARAM, lo: when.from, hi: when.to })
  add(AUTHOR_PARAM, facets.authors)
  if (source !== undefined) add(SOURCE_PARAM, [source])
  add(REF_PARAM, facets.refs)
  add(GRANTEE_PARAM, facets.grantees ?? [])
  // A claim of one version is a claim of the profile.
  add(CLASS_PARAM, [...new Set(facets.profiles.flatMap((url) => [url, cutVersion(url)]))])
  add(NEEDS_PARAM, facets.needs)
  if (facets.needs.length > 0) add(FLAG_PARAM, [NEEDING])
  return entries
}

const IN_PATIENT = 'Patient/'
const SUBJECTS: ReadonlySet<string> = new Set(['subject', 'patient'])

// Beyond the compartment a type that names a subject (Task, Device) is that person's record too.
function patientsOf(
  definitions: Definitions,
  type: string,
  entries: readonly IndexEntry[],
): readonly string[] {
  const inCompartment = (definitions.compartment('Patient', type)?.length ?? 0) > 0 || type === 'Patient'
  const patients = new Set<string>()
  for (const { param, lo } of entries) {
    const names = inCompartment ? param === '_compartment' : SUBJECTS.has(param)
    if (names && typeof lo === 'string' && lo.startsWith(IN_PATIENT)) patients.add(lo)
  }
  return [...patients]
}

interface Collected {
  readonly codings: Set<string>
  readonly refs: Set<string>
  readonly authors: Set<string>
  readonly types: Set<string>
}

// One walk over everything, contained resources and entries included; of `meta` its tags and labels.
function collect(resource: Resource, vocabulary: Vocabulary, baseUrl: string): Collected {
  const found: Collected = { codings: new Set(), refs: new Set(), authors: new Set(), types: new Set() }
  for (const [name, child] of Object.entries(resource))
    if (typeof child === 'object' && child !== null) walk(child, AUTHOR_ELEMENTS.has(name))
  return found

  function walk(value: object, isAuthor: boolean): void {
    if (Array.isArray(value)) {
      for (const item of value) if (typeof item === 'object' && item !== null) walk(item, isAuthor)
      return
    }
    const { code, system, reference, resourceType } = value as Coding & {
      reference?: unknown
      resourceType?: unknown
    }
    if (
      typeof code === 'string' &&
      (typeof system === 'string' || 'display' in value || Object.keys(value).length === 1)
    )
      found.codings.add(toCodeKey(vocabulary, { system, code }))
    if (typeof reference === 'string') addReference(reference, isAuthor)
    if (typeof resourceType === 'string') found.types.add(resourceType)
    for (const child of Object.values(value))
      if (typeof child === 'object' && child !== null) walk(child, isAuthor)
  }

  function addReference(text: string, isAuthor: boolean): void {
    const literal = parseReference(text, baseUrl)
    if (literal.kind !== 'own') return
    const ref = `${literal.type}/${literal.id}`
    found.refs.add(ref)
    if (isAuthor) found.authors.add(ref)
  }
}

// M8: what the sections of a Composition refer to is part of the document, wherever it is kept.
function sectionTypes(sections: unknown): readonly string[] {
  return listOf(sections as readonly Section[] | undefined).flatMap(({ entry, section }) => [
    ...listOf(entry).flatMap((each) => referencedType(each) ?? []),
    ...sectionTypes(section),
  ])
}

interface Section {
  readonly entry?: readonly Reference[]
  readonly section?: readonly Section[]
}

function primaryCodes(resource: Resource, vocabulary: Vocabulary): readonly string[] {
  const names = PRIMARY_CODE[resource.resourceType] ?? ['code']
  return names
    .flatMap((name) => listOf(resource[name]).flatMap((value) => codingsOf(value)))
    .map((coding) => toCodeKey(vocabulary, coding))
}

// A CodeableConcept's codings, or a Coding itself.
function codingsOf(value: unknown): Coding[] {
  if (typeof value !== 'object' || value === null) return []
  const { coding, code } = value as { coding?: readonly Coding[]; code?: unknown }
  if (Array.isArray(coding)) return coding.filter((each) => typeof each?.code === 'string')
  return typeof code === 'string' ? [value as Coding] : []
}

function toLabelFacets({ confidentiality, sensitivity, uninformed, undelivered }: StoredLabels) {
  return {
    confidentiality: rankOf(confidentiality),
    sensitivity,
    isUninformed: uninformed,
    isUndelivered: undelivered,
  }
}

function clinicalTime(resource: Resource, timeZone: string): Span | undefined {
  for (const name of CLINICAL_DATE[resource.resourceType] ?? []) {
    const value = resource[name]
    const span =
      typeof value === 'string'
        ? toSpan(value, timeZone)
        : typeof value === 'object' && value !== null
          ? periodSpan(value, timeZone)
          : undefined
    if (span && (span.from > -OPEN || span.to < OPEN)) return span
  }
  return undefined
}

function listOf<T>(value: readonly T[] | T | undefined): readonly T[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : [value as T]
}

interface Acting {
  readonly actor?: readonly { readonly reference?: { readonly reference?: unknown } }[]
  readonly provision?: readonly Acting[]
}

// At every depth, whether the consent can be interpreted or not.
function granteesOf(consent: Resource, baseUrl: string): readonly string[] {
  const found = new Set<string>()
  const walk = ({ actor, provision }: Acting): void => {
    for (const { reference } of listOf(actor)) {
      const literal =
        typeof reference?.reference === 'string' ? parseReference(reference.reference, baseUrl) : undefined
      if (literal?.kind === 'own') found.add(`${literal.type}/${literal.id}`)
    }
    for (const child of listOf(provision)) walk(child)
  }
  const root = consent['provision']
  if (typeof root === 'object' && root !== null) walk(root as Acting)
  return [...found]
}
