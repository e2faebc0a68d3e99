// A batch or transaction for callers other than HTTP: what became of each entry, in numbers. https://hl7.org/fhir/R4/http.html#transaction
import type { Policy } from '../access/policy.ts'
import { FhirError, type Issue } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/resource.ts'
import { runBatch } from './batch.ts'
import { type EntryOutcome, toStatus } from './bundle-response.ts'
import type { AppContext } from './context.ts'
import { assertMay, perform } from './perform.ts'
import { runTransaction } from './transaction.ts'

export interface EntryStatus {
  /** The HTTP status. */
  readonly status: number
  /** Why, where it failed. */
  readonly issues: readonly Issue[]
}

/**
 * Runs a Bundle of type batch or transaction and returns one status per entry, in their order. Throws FhirError `invalid`
 * for another type, and what a transaction fails with: then nothing is written.
 */
export async function runBundle(
  context: AppContext,
  policy: Policy,
  bundle: Resource,
): Promise<readonly EntryStatus[]> {
  const { type: kind } = bundle
  if (kind !== 'batch' && kind !== 'transaction')
    throw new FhirError('invalid', 'Bundle.type must be batch or transaction to be run')
  const asked = { kind, bundle, return: 'minimal', handling: 'strict' } as const
  const outcomes =
    kind === 'batch'
      ? await runBatch(context, policy, asked, perform)
      : await runTransaction(context, policy, asked, perform, assertMay)
  return outcomes.map(toEntryStatus)
}

function toEntryStatus({ result, error }: EntryOutcome): EntryStatus {
  return error ? { status: error.status, issues: error.issues } : { status: toStatus(result), issues: [] }
}
