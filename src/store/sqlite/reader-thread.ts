// Answers the questions that would hold up the main thread: wide searches, long histories, batches of a scan.
import { parentPort, workerData } from 'node:worker_threads'
import { openConnection } from './connection.ts'
import { toFailure } from './failure.ts'
import { historyPage } from './history.ts'
import type { FromReader, ToReader } from './readers.ts'
import { scanBatch } from './scan.ts'
import { searchPage } from './search.ts'

const CACHE_KIB = 65_536

// A scan maps the whole file in the end, and what is mapped counts as resident: a cache has a bound.
const connection = openConnection(workerData.file, { readOnly: true, cacheKiB: CACHE_KIB, mmapBytes: 0 })
const port = parentPort!

function answer({ question }: ToReader): unknown {
  switch (question.kind) {
    case 'search':
      return searchPage(connection, question)
    case 'history':
      return historyPage(connection, question)
    case 'batch':
      return scanBatch(connection, question.plan, question.after, question.asOf, question.limit)
  }
}

port.on('message', (message: ToReader) => {
  let reply: FromReader
  try {
    reply = { value: answer(message) }
  } catch (error) {
    reply = { failure: toFailure(error) }
  }
  port.postMessage(reply)
})
