// Who belongs to which group, team and role, read from the documents as they stand. https://hl7.org/fhir/R4/group.html
import type { Resource } from '../fhir/resource.ts'
import { toRef } from './read-dimension.ts'
import { holdsAt, periodSpan } from './span.ts'

/** Types whose resources a rule may name to mean those who belong to them. */
export const COLLECTIVES = ['Group', 'CareTeam'] as const

interface Pointer {
  readonly reference?: unknown
}

/** What a PractitionerRole says, at an instant. */
export interface Role {
  /** `PractitionerRole/id`. */
  readonly ref: string
  readonly practitioner?: string
  readonly organization?: string
  /** In force: not inactive, and within its period. */
  readonly isActive: boolean
}

/** Returns what a PractitionerRole says at `time` (ms). */
export function toRoleAt(role: Resource, time: number, timeZone: string): Role {
  return {
    ref: `PractitionerRole/${role.id}`,
    practitioner: toRef((role['practitioner'] as Pointer | undefined)?.reference),
    organization: toRef((role['organization'] as Pointer | undefined)?.reference),
    isActive: role['active'] !== false && isWithin(role['period'], time, timeZone),
  }
}

/**
 * Returns the `Type/id` of those of `collectives` (Groups and CareTeams) that one of `refs` belongs to at `time`, also
 * through a Group that is a member of another.
 */
export function belongingTo(
  collectives: readonly Resource[],
  refs: readonly string[],
  time: number,
  timeZone: string,
): readonly string[] {
  const found = new Set<string>()
  const members = collectives.map((each) => [toName(each), membersOf(each, time, timeZone)] as const)
  for (let before = -1; before !== found.size; ) {
    before = found.size
    for (const [name, of] of members)
      if (of.some((member) => refs.includes(member) || found.has(member))) found.add(name)
  }
  return [...found]
}

function toName({ resourceType, id }: Resource): string {
  return `${resourceType}/${id}`
}

function membersOf(collective: Resource, time: number, timeZone: string): readonly string[] {
  const isTeam = collective.resourceType === 'CareTeam'
  const stands = isTeam
    ? collective['status'] === 'active' && isWithin(collective['period'], time, timeZone)
    : collective['active'] !== false && collective['actual'] === true
  if (!stands) return []
  const list = (collective[isTeam ? 'participant' : 'member'] ?? []) as readonly Member[]
  return list.flatMap(({ member, entity, inactive, period }) => {
    const ref = toRef((isTeam ? member : entity)?.reference)
    return ref !== undefined && inactive !== true && isWithin(period, time, timeZone) ? [ref] : []
  })
}

/** A participant of a CareTeam (`member`) or a member of a Group (`entity`). */
interface Member {
  readonly member?: Pointer
  readonly entity?: Pointer
  readonly inactive?: unknown
  readonly period?: unknown
}

function isWithin(period: unknown, time: number, timeZone: string): boolean {
  if (period === undefined) return true
  const span = typeof period === 'object' && period ? periodSpan(period, timeZone) : undefined
  return span !== undefined && holdsAt(span, time)
}
