// What a stored resource puts on record about one person: consents, delegations, relations, the date of birth.
import { parseReference } from '../fhir/reference.ts'
import type { Resource } from '../fhir/resource.ts'
import { dayStart, toDayNumber } from './day.ts'
import { readDelegation } from './delegation.ts'
import { type ConsentResource, normalise } from './normalise.ts'
import type { Agreement, Rule, StoredConsent } from './rule.ts'
import { ALWAYS, periodSpan } from './span.ts'
import type { Age, Delegation, PatientState, Treating } from './state.ts'
import type { Vocabulary } from './vocabulary.ts'

/** One thing on record; plain JSON. */
export type Standing =
  | StoredConsent
  | {
      readonly kind: 'delegation'
      readonly patient: string
      readonly delegation: Delegation
      readonly mayGrantConsent: boolean
    }
  | { readonly kind: 'treating'; readonly patient: string; readonly treating: Treating }
  | { readonly kind: 'birth'; readonly patient: string; readonly birthDate: string }

const ENDED_ENCOUNTERS: ReadonlySet<unknown> = new Set([
  'finished',
  'cancelled',
  'entered-in-error',
  'unknown',
  'planned',
])

/** Returns what `resource`, that came from `source`, puts on record; undefined for most. */
export function toStanding(
  vocabulary: Vocabulary,
  resource: Resource,
  source: string | undefined,
): Standing | undefined {
  switch (resource.resourceType) {
    case 'Consent':
      return normalise(vocabulary, resource as ConsentResource) ?? toDelegation(vocabulary, resource)
    case 'Patient': {
      const { id, birthDate } = resource
      return typeof birthDate === 'string'
        ? { kind: 'birth', patient: `Patient/${id}`, birthDate }
        : undefined
    }
    case 'EpisodeOfCare':
      return resource['status'] === 'active'
        ? toTreating(vocabulary, resource, 'managingOrganization', resource['patient'], source)
        : undefined
    case 'Encounter':
      return ENDED_ENCOUNTERS.has(resource['status'])
        ? undefined
        : toTreating(vocabulary, resource, 'serviceProvider', resource['subject'], source)
  }
  return undefined
}

function toDelegation(vocabulary: Vocabulary, resource: Resource): Standing | undefined {
  const read = readDelegation(vocabulary, resource as ConsentResource)
  return read && { kind: 'delegation', ...read }
}

// D2, Q38: registered by the side of the patient, never by the organisation itself.
function toTreating(
  { timeZone }: Vocabulary,
  resource: Resource,
  element: string,
  subject: unknown,
  source: string | undefined,
): Standing | undefined {
  const [patient, organization] = [ownRef(subject, 'Patient'), ownRef(resource[element], 'Organization')]
  if (!patient || !organization || !(source === patient || source?.startsWith('RelatedPerson/')))
    return undefined
  const period =
    typeof resource['period'] === 'object' && resource['period']
      ? periodSpan(resource['period'], timeZone)
      : ALWAYS
  return period && { kind: 'treating', patient, treating: { organization, period } }
}

function ownRef(value: unknown, type: string): string | undefined {
  const text = (value as { reference?: unknown } | undefined)?.reference
  const literal = typeof text === 'string' ? parseReference(text) : undefined
  return literal?.kind === 'own' && literal.type === type ? `${type}/${literal.id}` : undefined
}

/** Returns everybody whom the rules on record name as actor: what tells requesters apart. */
export function actorsOf(standing: Standing): readonly string[] {
  if (standing.kind === 'treating') return [standing.treating.organization]
  return standing.kind === 'agreement'
    ? [...new Set(rulesOf(standing).flatMap(({ actors = [] }) => actors))]
    : []
}

/** Returns every rule of a consent, the root first. */
export function rulesOf({ root }: Agreement): readonly Rule[] {
  const list = (rule: Rule): Rule[] => [rule, ...rule.children.flatMap(list)]
  return list(root)
}

/** Returns the state that a person's records come to. */
export function toPatientState(standings: readonly Standing[], { timeZone }: Vocabulary): PatientState {
  const delegations = standings.flatMap((each) => (each.kind === 'delegation' ? [each.delegation] : []))
  const birthDate = standings.find((each) => each.kind === 'birth')?.birthDate
  return {
    consents: standings.filter((each) => each.kind === 'agreement' || each.kind === 'unreadable'),
    delegations,
    treating: standings.flatMap((each) => (each.kind === 'treating' ? [each.treating] : [])),
    guardians: delegations.filter(({ kind }) => kind === 'guardian').map(({ proxy }) => proxy),
    ageAt: (time) => (birthDate === undefined ? {} : ageOf(birthDate, time, timeZone)),
  }
}

const MAJORITY_YEARS = 18
const DAY_MS = 86_400_000

/**
 * Returns the age at `time` (ms), nothing where the date cannot be read. A birth date of a year or month alone counts from its
 * first day: the older reading ends guardianship sooner.
 */
export function ageOf(birthDate: string, time: number, timeZone: string): Age {
  const majority = majorityOf(birthDate)
  if (majority === undefined) return {}
  const today = toDayNumber(time, timeZone)
  const [now, then] = [new Date(today * DAY_MS), new Date(majority * DAY_MS)]
  const passed =
    now.getUTCMonth() > then.getUTCMonth() ||
    (now.getUTCMonth() === then.getUTCMonth() && now.getUTCDate() >= then.getUTCDate())
  const years = now.getUTCFullYear() - then.getUTCFullYear() + MAJORITY_YEARS - (passed ? 0 : 1)
  return { years, daysOfAge: today - majority }
}

// The number of the day of the 18th birthday; of a 29 February the day after the 28th.
function majorityOf(birthDate: string): number | undefined {
  const born = /^(\d{4})(?:-(\d\d))?(?:-(\d\d))?$/.exec(birthDate)
  if (!born) return undefined
  return Date.UTC(Number(born[1]) + MAJORITY_YEARS, Number(born[2] ?? 1) - 1, Number(born[3] ?? 1)) / DAY_MS
}

/** Returns the instants (ms) at which a date of birth changes what consents mean: majority, and the end of the 90 days (Q25). */
export function birthEdges(birthDate: string, timeZone: string): readonly number[] {
  const majority = majorityOf(birthDate)
  return majority === undefined ? [] : [dayStart(majority, timeZone), dayStart(majority + 91, timeZone)]
}
