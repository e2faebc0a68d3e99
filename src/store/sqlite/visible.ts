// Which references lead to something that may be shown: one look-up for all of a page.
import type { VisiblePlan } from '../../access/plan.ts'
import { ANY_TYPE } from '../../search/query.ts'
import { compileSelection } from './compile.ts'
import type { Connection } from './connection.ts'
import { sql } from './sql.ts'

/** Returns those of the plan's references that name a current resource for which its condition holds. */
export function readVisible(connection: Connection, { refs, where }: VisiblePlan): ReadonlySet<string> {
  const condition = compileSelection(connection, { type: ANY_TYPE, where }, 't', 1)
  const query = sql`SELECT t.ref FROM json_each(${JSON.stringify(refs)}) j CROSS JOIN resource t ON t.ref = j.value WHERE t.deleted = 0 AND ${condition}`
  return new Set(connection.all(query.text, query.params).map(([ref]) => ref as string))
}
