// About how many resources of a type there are: what a walk over them would meet.
import type { Connection } from './connection.ts'

/** A type of more is taken for as large as the whole store. */
const MAX_COUNTED = 50_000
/** Counted again when the store has grown by so much. */
const GROWTH = 1.1

interface Size {
  readonly count: number
  /** The store's newest rid when it was counted. */
  readonly at: number
}

const known = new WeakMap<Connection, Map<string, Size>>()

const COUNT =
  'SELECT count(*) FROM (SELECT 1 FROM resource INDEXED BY resource_type WHERE type = ? AND deleted = 0 LIMIT 0 + ?)'

/** Returns about how many current resources of `type` there are, at least 1. */
export function sizeOf(connection: Connection, type: string): number {
  const newest = Number(connection.get('SELECT max(rid) FROM resource', [])![0])
  const sizes = known.get(connection) ?? new Map<string, Size>()
  known.set(connection, sizes)
  const size = sizes.get(type)
  if (size && newest <= size.at * GROWTH) return size.count
  const counted = Number(connection.get(COUNT, [connection.typeId(type) ?? 0, MAX_COUNTED])![0])
  const count = Math.max(1, counted < MAX_COUNTED ? counted : newest)
  sizes.set(type, { count, at: newest })
  return count
}
