// batch: entries that know nothing of each other; one that fails does not hurt the others. https://hl7.org/fhir/R4/http.html#batch
import type { Policy } from '../access/policy.ts'
import { FhirError } from '../fhir/outcome.ts'
import { type Entry, parseEntries, type Refused } from './bundle-entry.ts'
import { type EntryOutcome, toResponse } from './bundle-response.ts'
import type { AppContext } from './context.ts'
import type { BundleInteraction, Interaction } from './interaction.ts'
import type { Result } from './result.ts'

/** How one interaction is run: the spine, handed in because it runs batches too. */
export type Perform = (context: AppContext, policy: Policy, asked: Interaction) => Promise<Result>

/** So many at once share a durable write; more would hold other requests up. */
const AT_ONCE = 32

/** Returns the answers of all entries, failures among them. Throws FhirError where the Bundle itself is none. */
export async function batch(
  context: AppContext,
  policy: Policy,
  asked: BundleInteraction,
  perform: Perform,
): Promise<Result> {
  return toResponse(context, 'batch-response', await runBatch(context, policy, asked, perform), asked.return)
}

/** Returns what became of each entry, in their order. */
export async function runBatch(
  context: AppContext,
  policy: Policy,
  asked: BundleInteraction,
  perform: Perform,
): Promise<readonly EntryOutcome[]> {
  const entries = await parseEntries(context, asked)
  const outcomes: EntryOutcome[] = []
  for (let from = 0; from < entries.length; ) {
    const slice = entries.slice(from, from + countTogether(entries, from))
    outcomes.push(...(await Promise.all(slice.map((entry) => runOne(context, policy, entry, perform)))))
    from += slice.length
  }
  return outcomes
}

// Writes to different resources share durable commits; whatever else there is, what looks for matches among it, comes in the
// order in which it stands.
function countTogether(entries: readonly (Entry | Refused)[], from: number): number {
  const targets = new Set<string>()
  let count = 0
  for (; count < AT_ONCE && from + count < entries.length; count++) {
    const target = toTarget(entries[from + count]!, count)
    if (target === undefined || targets.has(target)) break
    targets.add(target)
  }
  return Math.max(count, 1)
}

function toTarget(entry: Entry | Refused, nth: number): string | undefined {
  if ('error' in entry) return `refused ${nth}`
  const { asked } = entry
  if (asked.kind === 'create') return asked.ifNoneExist === undefined ? `new ${nth}` : undefined
  const isWrite = asked.kind === 'update' || asked.kind === 'patch' || asked.kind === 'delete'
  return isWrite && asked.target.id !== undefined ? `${asked.type}/${asked.target.id}` : undefined
}

async function runOne(
  context: AppContext,
  policy: Policy,
  entry: Entry | Refused,
  perform: Perform,
): Promise<EntryOutcome> {
  if ('error' in entry) return { error: entry.error }
  try {
    return { result: await perform(context, policy, entry.asked) }
  } catch (error) {
    if (error instanceof FhirError) return { error }
    throw error
  }
}
