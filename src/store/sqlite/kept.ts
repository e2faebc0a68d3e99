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

const kept = new WeakMap<Connection, WeakMap<Expr, Kept>>()

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
  const ofConnection = kept.get(connection) ?? new WeakMap<Expr, Kept>()
  kept.set(connection, ofConnection)
  let known = ofConnection.get(expr)
  if (known?.shapes !== shapes) {
    known = { shapes, byPlace: new Map() }
    ofConnection.set(expr, known)
  }
  const key = `${type} ${place.depth} ${place.facet} ${place.rid.text} ${place.ref.text} ${place.seq?.text}`
  const before = connection.misses()
  const found = known.byPlace.get(key)
  if (found && (found.named === undefined || found.named === connection.named())) return found.condition
  const named = connection.named()
  const condition = make()
  const isWhole = connection.misses() === before
  if (hasNoParams(place)) known.byPlace.set(key, isWhole ? { condition } : { condition, named })
  return condition
}

function hasNoParams({ rid, ref, seq }: Place): boolean {
  return rid.params.length + ref.params.length + (seq?.params.length ?? 0) === 0
}
