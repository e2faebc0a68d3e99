// Compiled conditions of a policy, kept as long as nobody's access changes: the same policy asks again and again.
import type { Expr } from '../../search/query.ts'
import type { Place } from './compile.ts'
import type { Connection } from './connection.ts'
import type { Sql } from './sql.ts'

interface Kept {
  epoch: number
  readonly byPlace: Map<string, Sql>
}

const kept = new WeakMap<Connection, WeakMap<Expr, Kept>>()

/**
 * Returns the condition of `expr` (the same object as before) at the same place, made where it is not there. One that was
 * made without knowing a name, which may be written later, is not kept.
 */
export function keptOrMade(
  connection: Connection,
  expr: Expr,
  type: string,
  place: Place,
  make: () => Sql,
): Sql {
  const epoch = connection.consentEpoch()
  const ofConnection = kept.get(connection) ?? new WeakMap<Expr, Kept>()
  kept.set(connection, ofConnection)
  let known = ofConnection.get(expr)
  if (known?.epoch !== epoch) {
    known = { epoch, byPlace: new Map() }
    ofConnection.set(expr, known)
  }
  const key = `${type} ${place.depth} ${place.facet} ${place.rid.text} ${place.ref.text} ${place.seq?.text}`
  const before = connection.misses()
  const found = known.byPlace.get(key)
  if (found) return found
  const made = make()
  if (connection.misses() === before && hasNoParams(place)) known.byPlace.set(key, made)
  return made
}

function hasNoParams({ rid, ref, seq }: Place): boolean {
  return rid.params.length + ref.params.length + (seq?.params.length ?? 0) === 0
}
