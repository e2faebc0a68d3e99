// What $everything asks for: a compartment, and what it refers to outside. https://hl7.org/fhir/R4/patient-operation-everything.html
import type { Definitions } from '../../fhir/definitions.ts'
import type { TimeRange } from '../../fhir/primitives.ts'
import { servedBy } from '../../search/params.ts'
import {
  ALL,
  and,
  type Expr,
  equals,
  type Include,
  type Match,
  NONE,
  or,
  type Query,
  type Selection,
} from '../../search/query.ts'

export interface Everything {
  readonly compartment: 'Patient' | 'Encounter'
  /** Undefined: of every Patient the caller may search. */
  readonly id?: string
  /** Whole days or instants (ms): care that overlaps the time from `start.start` to `end.end`. */
  readonly start?: TimeRange
  readonly end?: TimeRange
  /** Instant in ms: what was written at that time or later. It does not hold for what is included. */
  readonly since?: number
  /** Types to return; undefined for all. */
  readonly types?: readonly string[]
  readonly count: number
}

// When care took place, the best first; a type with none of these is returned whatever the dates.
const CLINICAL_DATES = [
  'effective-time',
  'effective',
  'whenhandedover',
  'occurrence',
  'onset-date',
  'authoredon',
  'date',
  'started',
  'start-date',
  'collected',
  'sent',
  'event-date',
  'datetime',
  'datewritten',
  'identified',
  'authored',
  'recorded',
  'created',
]

/** Returns the types of a compartment, the one it is named after among them. */
export function compartmentTypes(definitions: Definitions, name: string): readonly string[] {
  return definitions.resourceTypes.filter(
    (type) => type === name || (definitions.compartment(name, type)?.length ?? 0) > 0,
  )
}

/** Returns the date parameter by which `start` and `end` choose among resources of `type`, if it has one. */
export function clinicalDate(definitions: Definitions, type: string): string | undefined {
  const parameters = definitions.searchParameters(type)
  return CLINICAL_DATES.find((code) => parameters.get(code)?.type === 'date')
}

/** Returns the search that `asked` is. References of what was found to types outside are includes, not matches. */
export function buildEverything(definitions: Definitions, asked: Everything): Query {
  const inside = compartmentTypes(definitions, asked.compartment)
  const isAsked = (type: string) => asked.types?.includes(type) ?? true
  const select = inside.filter(isAsked).map((type) => ({
    type,
    where: and(toMembership(definitions, asked, type), toDates(definitions, asked, type), toSince(asked)),
  }))
  return {
    select,
    sort: [],
    count: asked.count,
    total: 'none',
    includes: supportIncludes(definitions, asked.compartment, isAsked),
  }
}

function toMembership(definitions: Definitions, { compartment, id }: Everything, type: string): Expr {
  if (type === compartment) return id === undefined ? ALL : equals('_id', id)
  if (compartment === 'Patient')
    return id === undefined
      ? { kind: 'chain', param: '_compartment', to: [{ type: 'Patient', where: ALL }] }
      : { kind: 'compartment', name: 'Patient', id }
  const codes = definitions.compartment(compartment, type) ?? []
  return or(...codes.map((code) => pointsAt(definitions, type, code, `${compartment}/${id}`)))
}

function pointsAt(definitions: Definitions, type: string, code: string, ref: string): Expr {
  const served = servedBy(definitions, type, code)
  switch (served?.kind) {
    case 'own':
      return equals(code, ref)
    case 'narrowed':
      return equals(served.param, ref)
    case 'union':
      return or(...served.of.map((each) => pointsAt(definitions, type, each, ref)))
    default:
      return NONE
  }
}

// The Patient itself has a date of birth, which is no date of care.
function toDates(definitions: Definitions, { start, end, compartment }: Everything, type: string): Expr {
  if (!(start || end) || type === compartment) return ALL
  const param = clinicalDate(definitions, type)
  if (param === undefined) return ALL
  const overlap: Match = {
    kind: 'match',
    param,
    ...(end && { lo: { max: end.end, maxOpen: true } }),
    ...(start && { hi: { min: start.start, minOpen: true } }),
  }
  return overlap
}

function toSince({ since }: Everything): Expr {
  return since === undefined ? ALL : { kind: 'match', param: '_lastUpdated', lo: { min: since } }
}

/**
 * Returns the includes for what supports a record: resources of types outside the compartment that it refers to. A Group is
 * none of them: it names other people.
 */
export function supportIncludes(
  definitions: Definitions,
  compartment: string,
  isAsked: (type: string) => boolean,
): readonly Include[] {
  const inside = compartmentTypes(definitions, compartment)
  const isOutside = (type: string) => !inside.includes(type) && type !== 'Group' && isAsked(type)
  const direct = inside.flatMap((type) => includesOf(definitions, type, isOutside, false))
  // A role says who it is and where; without them it is an id.
  return [...direct, ...includesOf(definitions, 'PractitionerRole', isOutside, true)]
}

function includesOf(
  definitions: Definitions,
  type: string,
  isOutside: (type: string) => boolean,
  iterate: boolean,
): readonly Include[] {
  const includes: Include[] = []
  for (const { code, type: kind, target } of definitions.searchParameters(type).values()) {
    if (kind !== 'reference' || servedBy(definitions, type, code)?.kind !== 'own') continue
    const targets = target.filter(isOutside).map((each): Selection => ({ type: each, where: ALL }))
    if (targets.length > 0)
      includes.push({ kind: 'include', iterate, source: { type, where: ALL }, param: code, targets })
  }
  return includes
}
