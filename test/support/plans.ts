// Plans, writes and made-up resources for tests of stores, before any Policy.

import type { Expectation } from '../../src/access/plan.ts'
import { Change, Plan, type PlanData, SEAL } from '../../src/access/plan.ts'
import { ALL, type IndexEntry, type Query, type Selection } from '../../src/search/query.ts'

/** Returns a Plan that no policy has narrowed. */
export function toPlan<Data extends PlanData>(data: Data): Plan<Data> {
  return new Plan(SEAL, data)
}

const BLANK = ' '.repeat(24)

/** Returns the write of a version whose document says no more than its id and version. */
export function toPut(
  type: string,
  id: string,
  versionId: string,
  entries: readonly IndexEntry[] = [],
  expect: Expectation = {},
): Change {
  const text = JSON.stringify({ resourceType: type, id, meta: { versionId, lastUpdated: BLANK } })
  const document = Buffer.from(text)
  const stampAt = document.indexOf(BLANK)
  return new Change(SEAL, {
    kind: 'put',
    type,
    id,
    method: 'PUT',
    versionId,
    document,
    stampAt,
    entries,
    expect,
  })
}

/** Returns the deletion of a resource. */
export function toDelete(type: string, id: string, versionId: string, expect: Expectation = {}): Change {
  return new Change(SEAL, { kind: 'delete', type, id, versionId, expect })
}

/** Returns a Query for everything of `type`, but for what `parts` say. */
export function toQuery(select: readonly Selection[], parts: Partial<Query> = {}): Query {
  return { select, sort: [], count: 1000, total: 'none', includes: [], ...parts }
}

/** Returns the Selection of all of `type`. */
export function everything(type: string): Selection {
  return { type, where: ALL }
}
