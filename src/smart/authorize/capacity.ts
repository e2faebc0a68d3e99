// As whom somebody may go on: the person, a proxy of somebody, or staff of an organisation.
import { toRoleAt } from '../../consent/membership.ts'
import type { DirectoryRecords } from '../../consent/records.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Account } from '../account.ts'
import type { SmartContext } from '../context.ts'

export interface Capacity {
  /** `Patient/1`, `RelatedPerson/3` or `Practitioner/7`. */
  readonly subject: string
  /** Id of the only Patient whose record it is about: of the person, or of whom a proxy acts for. */
  readonly patient?: string
  /** Of staff: the organisation acted for, and the role in it. */
  readonly organization?: string
  readonly role?: string
}

/**
 * Returns every capacity of an account at `now`, by what is on record: none for a binding whose resource is gone. Staff have
 * one for each PractitionerRole in force; those of whom no role was ever known act for the server's own organisation.
 */
export async function capacitiesOf(
  { app, settings }: SmartContext,
  { bindings }: Account,
  now = Date.now(),
): Promise<readonly Capacity[]> {
  const records = app.store.consents
  const all = await Promise.all(
    bindings.map(async ({ ref }): Promise<readonly Capacity[]> => {
      const resource = await records.current(ref)
      if (!resource) return []
      if (ref.startsWith('Patient/')) return [{ subject: ref, patient: ref.slice('Patient/'.length) }]
      if (ref.startsWith('RelatedPerson/')) return toProxy(ref, resource)
      return toStaff(records, ref, { now, ...settings })
    }),
  )
  return all.flat()
}

function toProxy(subject: string, resource: Resource): readonly Capacity[] {
  const reference = (resource['patient'] as { readonly reference?: unknown } | undefined)?.reference
  const found = typeof reference === 'string' && /^Patient\/([A-Za-z0-9.-]{1,64})$/.exec(reference)
  return found ? [{ subject, patient: found[1]! }] : []
}

async function toStaff(
  records: DirectoryRecords,
  subject: string,
  {
    now,
    timeZone,
    organization,
  }: { readonly now: number; readonly timeZone: string; readonly organization: string },
): Promise<readonly Capacity[]> {
  const roles = (await records.rolesOf(subject)).map((each) => toRoleAt(each, now, timeZone))
  if (roles.length === 0) return (await records.hadRole(subject)) ? [] : [{ subject, organization }]
  return roles.flatMap((role) =>
    role.isActive && role.organization !== undefined
      ? [{ subject, organization: role.organization, role: role.ref }]
      : [],
  )
}

/** True where both are the same capacity. */
export function isSameCapacity(a: Capacity, b: Capacity): boolean {
  return a.subject === b.subject && a.role === b.role && a.organization === b.organization
}
