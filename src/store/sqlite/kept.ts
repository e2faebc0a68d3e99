// Compiled conditions of a policy, kept as long as grants are asked for in the same way: the same policy asks again and again.
import type { Expr } from '../../search/query.ts'
import type { Connection } from './connection.ts'
import type { Place } from './place.ts'
import type { Sql } from './sql.ts'

interface Kept {
  readonly shapes: number
  readonly byPlace: Map<string, Made>
}

interface Made {
  readonly condition: Sql
  /** Where a name was not known: as long as no name becomes known. */
  readonly named?: number
}

interface Keeping {
  readonly byExpr: WeakMap<Expr, Kept>
  /** How often one that did not know a name was found again: what holds it does not know the name either. */
  reused: number
}

const keepings = new WeakMap<Connection, Keeping>()

function keepingOf(connection: Connection): Keeping {
  const keeping = keepings.get(connection) ?? { byExpr: new WeakMap(), reused: 0 }
  keepings.set(connection, keeping)
  return keeping
}

/**
 * Returns the condition of `expr` (the same object as before) at the same place, made where it is not there. One that was
 * made without knowing a name is made again once any name was written.
 */
export function keptOrMade(
  connection: Connection,
  expr: Expr,
  type: string,
  place: Place,
  make: () => Sql,
): Sql {
  const shapes = connection.shapes()
  const keeping = keepingOf(connection)
  let known = keeping.byExpr.get(expr)
  if (known?.shapes !== shapes) {
    known = { shapes, byPlace: new Map() }
    keeping.byExpr.set(expr, known)
  }
  const key = `${type} ${place.depth} ${place.facet} ${place.rid.text} ${place.ref.text} ${place.seq?.text}`
  const found = known.byPlace.get(key)
  if (found && found.named === undefined) return found.condition
  const named = connection.named()
  if (found?.named === named) {
    keeping.reused++
    return found.condition
  }
  const unknown = () => connection.misses() + keeping.reused
  const before = unknown()
  const condition = make()
  if (hasNoParams(place)) known.byPlace.set(key, unknown() === before ? { condition } : { condition, named })
  return condition
}

function hasNoParams({ rid, ref, seq }: Place): boolean {
  return rid.params.length + ref.params.length + (seq?.params.length ?? 0) === 0
}
