// What is on record of persons, and the grants made from it: what the engine asks of a store.
import type { Resource } from '../fhir/resource.ts'
import type { Labels } from './read-labels.ts'
import type { Standing } from './standing.ts'

/** What the directory says of requesters: read as the system, whoever asks, since it says who asks. */
export interface DirectoryRecords {
  /** True where some rule on record names an actor of one of these types. */
  namesTypes(types: readonly string[]): Promise<boolean>
  /** The current document at `Type/id`. */
  current(ref: string): Promise<Resource | undefined>
  /** PractitionerRoles of a practitioner (`Practitioner/id`), whatever their status. */
  rolesOf(practitioner: string): Promise<readonly Resource[]>
  /** True where this PractitionerRole, or one that was last this Practitioner's, has been deleted. */
  hadRole(ref: string): Promise<boolean>
  /**
   * Groups and CareTeams that have one of `refs` as a member, and those that have these, whatever their status; none
   * where neither a rule on record nor `named` names one of them.
   */
  collectivesOf(refs: readonly string[], named: readonly string[]): Promise<readonly Resource[]>
}

/** Every answer is what stands now. */
export interface ConsentRecords extends DirectoryRecords {
  /** A number that is another one whenever anybody's access may be another. */
  epoch(): number
  /** What resources put on record of a person (`Patient/id`), in the order in which they were made. */
  standingsOf(patient: string): Promise<readonly Standing[]>
  /** Those of `refs` that some rule on record names. */
  named(refs: readonly string[]): Promise<ReadonlySet<string>>
  /** From child to parent: of every Organization that is part of another, or of those above `refs`. */
  partOf(refs?: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** Labels of those of `refs` (`Type/id`) that stand. */
  labelsOf(refs: readonly string[]): Promise<readonly Labels[]>
  /** What refers to `ref` (`Type/id`) by a parameter along which labels are taken over (LI2). */
  heirsOf(ref: string): Promise<readonly string[]>
  /** Versions of the consents by which each of `patients` lets the grantee have something at `at` (ms). */
  basisOf(
    grantee: string,
    patients: readonly string[],
    at: number,
  ): Promise<ReadonlyMap<string, readonly string[]>>
}
