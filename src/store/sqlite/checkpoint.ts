// Keeps the write-ahead log bounded: moved into the file between groups of commits. https://www.sqlite.org/wal.html
import type { Connection } from './connection.ts'

/** Pages in the log from which it is moved, and from which readers are waited for so that it can start over. */
const MOVE_FROM = 48_000
const RESTART_FROM = 96_000
const WAIT_MS = 200
const TIMEOUT_MS = 10_000

/** Moves the log into the file where it has grown. Never fails: what could not be moved now is moved later. */
export function checkpoint(connection: Connection): void {
  move(connection, MOVE_FROM)
}

/** Moves all of the log: readers then read from the file alone, which is faster. */
export function checkpointAll(connection: Connection): void {
  move(connection, 1)
}

/** Moves all of the log and empties it, so that the file alone is the store; readers that are still open keep it from that. */
export function emptyLog(connection: Connection): void {
  connection.exec('PRAGMA busy_timeout = 0')
  connection.get('PRAGMA wal_checkpoint(TRUNCATE)', [])
}

function move(connection: Connection, from: number): void {
  try {
    const [, logged] = connection.get('PRAGMA wal_checkpoint(NOOP)', []) as [number, number, number]
    if (logged < from) return
    connection.get('PRAGMA wal_checkpoint(PASSIVE)', [])
    if (logged >= RESTART_FROM) restart(connection)
  } catch {
    // A full disk: the next commit meets it too, and says so.
  }
}

// Long readers keep the log from starting over: wait a little for them, then let commits go on.
function restart(connection: Connection): void {
  connection.exec(`PRAGMA busy_timeout = ${WAIT_MS}`)
  try {
    connection.get('PRAGMA wal_checkpoint(RESTART)', [])
  } finally {
    connection.exec(`PRAGMA busy_timeout = ${TIMEOUT_MS}`)
  }
}
