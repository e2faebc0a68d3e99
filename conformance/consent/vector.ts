// A decision vector as the engine's own input; the format is told in README.md of this folder.
import type { AccessRequest, Action, Identity } from '../../src/consent/access-request.ts'
import { toDayNumber } from '../../src/consent/day.ts'
import type { DecideContext } from '../../src/consent/decision.ts'
import type { Facets } from '../../src/consent/facets.ts'
import { rankOf } from '../../src/consent/labels.ts'
import { type ConsentResource, normalise } from '../../src/consent/normalise.ts'
import { toCodeKey } from '../../src/consent/read-dimension.ts'
import type { StoredConsent } from '../../src/consent/rule.ts'
import { ALWAYS, periodSpan, type Span, toSpan } from '../../src/consent/span.ts'
import {
  type AdminPolicy,
  type Age,
  createOrganisations,
  type Delegation,
  type PatientState,
  SWITCHES,
  type Switches,
  type Treating,
} from '../../src/consent/state.ts'
import { createVocabulary, type Vocabulary } from '../../src/consent/vocabulary.ts'
import { loadDefinitions } from '../../src/fhir/definitions.ts'

interface VectorPeriod {
  readonly start?: string
  readonly end?: string
}

export interface Vector {
  readonly id: string
  readonly title?: string
  readonly request: {
    readonly actors?: readonly Identity[]
    readonly purpose?: string
    readonly action?: Action
    readonly time: string
    readonly self?: string
    readonly proxyFor?: string
    readonly elevation?: unknown
    readonly multiPatient?: boolean
    readonly clientSuspended?: boolean
    readonly legalBasis?: string
  }
  readonly resource: {
    readonly type: string
    readonly id: string
    readonly patients?: readonly string[]
    readonly sourceOrg?: string
    readonly conf?: string
    readonly sens?: readonly string[]
    readonly tags?: readonly string[]
    readonly code?: readonly string[]
    readonly anyCodes?: readonly string[]
    readonly when?: readonly string[]
    readonly authors?: readonly string[]
    readonly refs?: readonly string[]
    readonly refBy?: readonly string[]
  }
  readonly state: {
    readonly consents?: readonly ConsentResource[]
    readonly delegations?: readonly VectorDelegation[]
    readonly admin?: readonly VectorAdmin[]
    readonly age?: number
    readonly partOf?: Readonly<Record<string, string>>
    readonly treating?: readonly {
      readonly patient: string
      readonly organization: string
      readonly period?: VectorPeriod
    }[]
    readonly config?: Partial<Switches>
  }
  readonly expected: { readonly decision: 'PERMIT' | 'DENY'; readonly reason?: string }
}

interface VectorDelegation {
  readonly patient: string
  readonly proxy: string
  readonly status: string
  readonly kind: Delegation['kind']
  readonly period?: VectorPeriod
  readonly actions?: readonly Action[]
  readonly excludedLabels?: readonly string[]
  readonly courtOrder?: boolean
}

interface VectorAdmin {
  readonly id: string
  readonly kind: AdminPolicy['kind']
  readonly patient?: string
  readonly actor?: string
  readonly purpose?: string
  readonly legalBasis?: string
  readonly operator?: string
  readonly provider?: string
  readonly days?: number
  readonly notices?: Readonly<Record<string, string>>
}

/** Codes of research projects that the vectors use as purposes. */
const VECTOR_PROJECTS = {
  system: 'https://example.org/fhir/CodeSystem/project-purpose',
  codes: ['proj-alpha', 'proj-beta'],
}

const SYSTEMS: Readonly<Record<string, string>> = {
  loinc: 'http://loinc.org',
  icd10: 'http://hl7.org/fhir/sid/icd-10',
}

const TIME_ZONE = 'Asia/Tokyo'

/** Returns the vocabulary of the vectors: R4's, Japan's time, two projects. */
export function createVectorVocabulary(): Vocabulary {
  return createVocabulary(loadDefinitions(), { timeZone: TIME_ZONE }, [VECTOR_PROJECTS])
}

/** A vector, ready to be decided. */
export interface Case {
  readonly request: AccessRequest
  readonly facets: Facets
  readonly context: DecideContext
}

/** Returns the case that a vector describes. Throws RangeError where its time is none. */
export function toCase(vocabulary: Vocabulary, vector: Vector): Case {
  const request = toRequest(vector.request)
  return {
    request,
    facets: toFacets(vocabulary, vector.resource),
    context: toContext(vocabulary, vector.state, request.time),
  }
}

function toRequest({ actors = [], action = 'access', time, ...given }: Vector['request']): AccessRequest {
  const at = toSpan(time, TIME_ZONE)
  if (!at) throw new RangeError(`"${time}" is no time`)
  return {
    identities: actors,
    purpose: given.purpose,
    action,
    time: at.from,
    elevated: Boolean(given.elevation),
    multiPatient: given.multiPatient === true,
    self: given.self,
    proxyFor: given.proxyFor,
    legalBasis: given.legalBasis,
    suspended: given.clientSuspended === true,
  }
}

function toFacets(vocabulary: Vocabulary, resource: Vector['resource']): Facets {
  const keys = (codes: readonly string[] = []) => codes.map((code) => toKey(vocabulary, code))
  const tags = resource.tags ?? []
  return {
    type: resource.type,
    id: resource.id,
    patients: resource.patients ?? [],
    confidentiality: resource.conf === undefined ? undefined : rankOf(resource.conf),
    sensitivity: resource.sens ?? [],
    isUninformed: tags.includes('UNINFORMED'),
    isUndelivered: tags.includes('UNDELIVERED'),
    holds: [],
    profiles: [],
    needs: [],
    codes: keys(resource.code),
    codings: keys(resource.anyCodes),
    when: toWhen(resource.when),
    authors: resource.authors ?? [],
    source: resource.sourceOrg,
    refs: resource.refs ?? [],
    refBy: resource.refBy ?? [],
  }
}

function toKey(vocabulary: Vocabulary, text: string): string {
  const bar = text.lastIndexOf('|')
  const system = bar < 0 ? undefined : text.slice(0, bar)
  return toCodeKey(vocabulary, {
    system: system === undefined ? system : (SYSTEMS[system] ?? system),
    code: text.slice(bar + 1),
  })
}

function toWhen(when: readonly string[] | undefined): Span | undefined {
  const spans = (when ?? []).map((text) => toSpan(text, TIME_ZONE)).filter((span) => span !== undefined)
  return spans.length === 0 ? undefined : { from: spans[0]!.from, to: spans.at(-1)!.to }
}

function toContext(vocabulary: Vocabulary, state: Vector['state'], time: number): DecideContext {
  const consents = (state.consents ?? [])
    .map((consent) => normalise(vocabulary, consent))
    .filter((consent) => consent !== undefined)
  return {
    vocabulary,
    state: {
      of: (patient) => toPatientState(state, consents, patient, time),
      admin: (state.admin ?? []).map(toAdmin),
      organisations: createOrganisations(new Map(Object.entries(state.partOf ?? {}))),
      switches: { ...SWITCHES, ...state.config },
    },
  }
}

function toPatientState(
  state: Vector['state'],
  consents: readonly StoredConsent[],
  patient: string,
  time: number,
): PatientState {
  const delegations = (state.delegations ?? []).filter((each) => each.patient === patient)
  const treating = (state.treating ?? []).filter((each) => each.patient === patient)
  return {
    consents: consents.filter((consent) => consent.patient === patient),
    delegations: delegations.map(toDelegation),
    treating: treating.map(
      ({ organization, period }): Treating => ({ organization, period: toPeriod(period) }),
    ),
    guardians: delegations.filter(({ kind }) => kind === 'guardian').map(({ proxy }) => proxy),
    ageAt: (at) => (at === time && patient === 'Patient/p1' ? toAge(state.age) : {}),
  }
}

// Age 18 lies within the 90 days after majority, 19 beyond (Q25).
function toAge(years: number | undefined): Age {
  if (years === undefined) return {}
  return { years, daysOfAge: years < 18 ? -1 : years === 18 ? 0 : 365 }
}

function toPeriod(period: VectorPeriod | undefined): Span {
  return (period && periodSpan(period, TIME_ZONE)) ?? ALWAYS
}

function toDelegation({
  proxy,
  kind,
  status,
  period,
  actions,
  excludedLabels,
  courtOrder,
}: VectorDelegation): Delegation {
  return {
    proxy,
    kind,
    active: status === 'active',
    period: toPeriod(period),
    actions,
    excludedLabels: excludedLabels ?? [],
    courtOrder: courtOrder === true,
  }
}

function toAdmin(policy: VectorAdmin): AdminPolicy {
  const { id, kind, patient, actor, purpose } = policy
  switch (kind) {
    case 'hard-deny':
      return { id, kind, patient, actor, purpose }
    case 'statutory-permit':
      return { id, kind, patient, actor, legalBasis: policy.legalBasis ?? '' }
    case 'optout-secondary':
      return {
        id,
        kind,
        purpose: purpose ?? '',
        operator: policy.operator ?? '',
        provider: policy.provider ?? '',
        days: policy.days ?? 0,
        notices: new Map(
          Object.entries(policy.notices ?? {}).map(([person, day]) => [
            person,
            toDayNumber(toSpan(day, TIME_ZONE)!.from, TIME_ZONE),
          ]),
        ),
      }
  }
}
