// What is on record of persons, and the grants made from it: what the engine asks of a store.
import type { Labels } from './read-labels.ts'
import type { Standing } from './standing.ts'

/** Every answer is what stands now. */
export interface ConsentRecords {
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
  /** Versions of the consents by which each of `patients` lets the grantee have something at `at` (ms). */
  basisOf(
    grantee: string,
    patients: readonly string[],
    at: number,
  ): Promise<ReadonlyMap<string, readonly string[]>>
}
