// What the writer's consent engine goes by beside the records of persons, read inside its transaction.
import { createGovernance, NOTICES, POLICIES, SETTINGS, TENANT } from '../../consent/governance.ts'
import { createOrganisations } from '../../consent/state.ts'
import { loadDefinitions } from '../../fhir/definitions.ts'
import type { Connection } from './connection.ts'
import type { GrantContext } from './grants.ts'
import type { PackedRecord } from './message.ts'
import { getRecord, listRecords } from './records.ts'

const GOVERNING: ReadonlySet<string> = new Set([SETTINGS, POLICIES, NOTICES])

/** True of a change of records after which grants are made anew. */
export function governs(change: PackedRecord): boolean {
  return GOVERNING.has('row' in change ? change.row.collection : change.collection)
}

/** Returns a function that reads what governs as the connection sees it now. */
export function openGovernance(connection: Connection): () => GrantContext {
  let toGovernance: ReturnType<typeof createGovernance> | undefined
  return () => {
    // Definitions are read when the first grantee is there, not when the thread starts.
    toGovernance ??= createGovernance(loadDefinitions())
    const { vocabulary, switches, admin } = toGovernance({
      settings: getRecord(connection, SETTINGS, TENANT)?.value,
      policies: listRecords(connection, POLICIES).map(({ value }) => value),
      notices: listRecords(connection, NOTICES),
    })
    return {
      vocabulary,
      common: { switches, admin, organisations: createOrganisations(readPartOf(connection)) },
    }
  }
}

const ABOVE = `WITH RECURSIVE up (child, parent) AS (
    SELECT r.ref, e.lo FROM json_each(?) j CROSS JOIN resource r ON r.ref = j.value
      CROSS JOIN entry e INDEXED BY entry_rid ON e.rid = r.rid AND e.param = ?
    UNION
    SELECT r.ref, e.lo FROM up CROSS JOIN resource r ON r.ref = up.parent
      CROSS JOIN entry e INDEXED BY entry_rid ON e.rid = r.rid AND e.param = ?
  ) SELECT child, parent FROM up`
const ALL = 'SELECT r.ref, e.lo FROM entry e CROSS JOIN resource r ON r.rid = e.rid WHERE e.param = ?'

/** Returns the map from each Organization that is part of another to that other; with `refs` of those and what is above. */
export function readPartOf(connection: Connection, refs?: readonly string[]): ReadonlyMap<string, string> {
  const param = connection.paramId('Organization.partof')
  if (param === undefined) return new Map()
  const rows = refs
    ? connection.all(ABOVE, [JSON.stringify(refs), param, param])
    : connection.all(ALL, [param])
  return new Map(rows as [string, string][])
}
