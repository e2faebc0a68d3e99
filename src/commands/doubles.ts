// musubi doubles: what was created though something that the client could not see matched. For who keeps records in order.
import type { Config } from '../config.ts'
import { FhirError } from '../fhir/outcome.ts'
import { DOUBLES, type Double } from '../interactions/steward.ts'
import { openStore } from '../store/open.ts'
import { recordTask } from './audit/record-task.ts'

export const summary = 'Lists resources that may be doubles of ones that their creator could not see.'
export const usage = `list | done REF

One line for each: the resource that a conditional create made, then those that its criteria match as well. done takes one
off the list (Condition/1), once it has been looked at.`

/** Returns 0; throws RangeError for wrong arguments, FhirError `not-found` for what is not on the list. */
export async function run([verb, ref, ...more]: readonly string[], config: Config): Promise<number> {
  const isList = verb === 'list' && ref === undefined
  if (!isList && (verb !== 'done' || ref === undefined || more.length > 0))
    throw new RangeError('doubles takes list, or done REF')
  const store = await openStore(config.store)
  try {
    await recordTask(store, config, { task: 'config', query: `doubles ${verb}` })
    if (ref !== undefined && !(await store.records.take(DOUBLES, ref)))
      throw new FhirError('not-found', `${ref} is not on the list`)
    for (const { value } of isList ? await store.records.list(DOUBLES) : []) {
      const { created, others } = value as Double
      process.stdout.write(`${created}\t${others.join(' ')}\n`)
    }
    return 0
  } finally {
    await store.close()
  }
}
