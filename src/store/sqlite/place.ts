// Where in a statement the resource stands that a condition is asked of.
import { raw, type Sql } from './sql.ts'

/** Where the resource asked about stands: SQL for its rid and ref, and the rows that hold its entries. */
export interface Place {
  readonly rid: Sql
  readonly ref: Sql
  /** SQL for the version whose entries are meant, where it is a replaced or deleted one. */
  readonly seq?: Sql
  /** Rises with every nested query: each has its own table names. */
  readonly depth: number
  /** The facet row that conditions are asked inside of. */
  readonly facet?: string
}

/** Returns the place of the current version of the resource that `alias` (a row of table `resource`) stands for. */
export function currentPlace(alias: string, depth = 1): Place {
  return { rid: raw(`${alias}.rid`), ref: raw(`${alias}.ref`), depth }
}

/** Returns the place of version `seq` (SQL), which is no longer current. */
export function pastPlace(alias: string, seq: Sql, depth = 1): Place {
  return { ...currentPlace(alias, depth), seq }
}
