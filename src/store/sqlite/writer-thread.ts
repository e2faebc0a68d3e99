// The one writer: takes every commit that waits, applies all in one durable transaction, answers all.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { checkpoint, checkpointAll, emptyLog } from './checkpoint.ts'
import { openConnection } from './connection.ts'
import { toFailure } from './failure.ts'
import { createGroups } from './group.ts'
import type { FromWriter, ToWriter, WriterData } from './message.ts'

const CACHE_KIB = 49_152
/** What the log keeps on disk when it starts over. */
const LOG_BYTES = 67_108_864
const IDLE_MS = 500
const GATHER_MS = 0.4

const { file, shared, maxPages } = workerData as WriterData
const port = parentPort!
const pause = new Int32Array(new SharedArrayBuffer(4))
// No memory mapping: its pages would count as resident beside the cache, and it is the cache that writes use.
const connection = openConnection(file, { cacheKiB: CACHE_KIB, mmapBytes: 0 })
connection.exec(
  `PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = ${LOG_BYTES}; ${maxPages ? `PRAGMA max_page_count = ${maxPages};` : ''}`,
)
const groups = createGroups(connection, new BigInt64Array(shared), (answers) => port.postMessage(answers))
const idle = setTimeout(tidy, IDLE_MS)
let closing: number | undefined
let ended = false

function receive(message: ToWriter): void {
  if (message.kind === 'close') closing = message.id
  else groups.accept(message)
}

function receiveAll(): void {
  while (!groups.isFull()) {
    const next = receiveMessageOnPort(port)
    if (!next) return
    receive(next.message)
  }
}

function work(): void {
  if (ended) return
  do {
    if (!connection.inTransaction()) checkpoint(connection)
    receiveAll()
    if (groups.isSmall()) waitForMore()
  } while (groups.run())
  idle.refresh()
  if (closing !== undefined && groups.isIdle()) end(closing)
}

// One durable write for thirty commits instead of two, for one and for the rest that comes a moment later.
function waitForMore(): void {
  Atomics.wait(pause, 0, 0, GATHER_MS)
  receiveAll()
}

function tidy(): void {
  if (groups.isIdle()) checkpointAll(connection)
}

function end(id: number): void {
  const answer: FromWriter = { id }
  clearTimeout(idle)
  ended = true
  try {
    emptyLog(connection)
    connection.close()
    port.postMessage([answer])
  } catch (error) {
    port.postMessage([{ ...answer, failure: toFailure(error) }])
  }
  port.close()
}

port.on('message', (message: ToWriter) => {
  receive(message)
  work()
})
groups.onReleased(work)
port.postMessage([])
