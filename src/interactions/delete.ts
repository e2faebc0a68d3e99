// delete by id or by criteria; what is not there is deleted already. https://hl7.org/fhir/R4/http.html#delete
import type { Change, DeleteChange, Expectation } from '../access/plan.ts'
import { matchCriteria, planCriteria } from './conditional.ts'
import type { AppContext } from './context.ts'
import type { Delete } from './interaction.ts'
import { assertMatch } from './precondition.ts'
import type { Result } from './result.ts'
import { tagOf, toReplaced } from './show.ts'
import { newVersionId } from './version-id.ts'
import { commitStep, isStale, isStanding, readTarget, type Step, type Writing } from './write.ts'

/** Returns the step that deletes the one target; done where nothing stands there, seen or hidden. */
export async function planDelete(writing: Writing, asked: Delete): Promise<Step> {
  const { type, target } = asked
  if (target.criteria === undefined) return planDeleteAt(writing, asked, target.id)
  const { plan, found } = await matchCriteria(writing, type, target.criteria)
  if (!found) return { kind: 'done', result: { kind: 'removed', count: 0 } }
  return planDeleteAt(writing, asked, found.id, { oneMatch: { plan, ref: `${type}/${found.id}` } })
}

/** Returns the step that deletes what stands at `id`; `expect` is what must hold besides its version. */
export async function planDeleteAt(
  writing: Writing,
  { type, ifMatch }: Delete,
  id: string,
  expect: Expectation = {},
): Promise<Step> {
  const current = await readTarget(writing, 'd', type, id)
  assertMatch(ifMatch, isStanding(current) ? tagOf((await toReplaced(writing, current)).shown) : undefined)
  if (!isStanding(current)) return { kind: 'done', result: { kind: 'removed', version: current, count: 0 } }
  return { kind: 'remove', change: buildRemove(writing, type, id, { ...expect, version: current.versionId }) }
}

function buildRemove(
  { policy }: Writing,
  type: string,
  id: string,
  expect: Expectation,
): Change<DeleteChange> {
  return policy.remove({ type, id, versionId: newVersionId(), expect })
}

/** Deletes; with `atMost` as many matches as that in one transaction, else the one target. */
export async function remove(writing: Writing, asked: Delete): Promise<Result> {
  const { atMost, target } = asked
  if (atMost === undefined || target.criteria === undefined)
    return commitStep(writing.context, () => planDelete(writing, asked))
  return removeMany(writing, asked.type, target.criteria, atMost)
}

async function removeMany(writing: Writing, type: string, criteria: string, atMost: number): Promise<Result> {
  const { matches } = await writing.reader.search(await planCriteria(writing, type, criteria, atMost))
  const changes: Change<DeleteChange>[] = []
  for (const { id } of matches) {
    const current = await readTarget(writing, 'd', type, id)
    if (isStanding(current)) changes.push(buildRemove(writing, type, id, { version: current.versionId }))
  }
  return { kind: 'removed', count: await commitAll(writing.context, changes) }
}

// One that changed in between may no longer match: it is left, and the caller told how many went.
async function commitAll(context: AppContext, changes: readonly Change[]): Promise<number> {
  if (changes.length === 0) return 0
  try {
    await context.store.commit(changes)
    return changes.length
  } catch (error) {
    if (!isStale(error)) throw error
  }
  let count = 0
  for (const change of changes) count += await commitOne(context, change)
  return count
}

async function commitOne(context: AppContext, change: Change): Promise<number> {
  try {
    await context.store.commit([change])
    return 1
  } catch (error) {
    if (isStale(error)) return 0
    throw error
  }
}
