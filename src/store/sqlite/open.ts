// The embedded store: one writer thread, short reads on the main thread, long ones in reader threads.
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HistoryPlan, SearchPlan } from '../../access/plan.ts'
import type { Journal, Page, RecordChange, Records, Store, Version } from '../store.ts'
import { backup } from './backup.ts'
import { openCodeSystems } from './concepts/systems.ts'
import { type Connection, openConnection } from './connection.ts'
import { openConsents } from './consents.ts'
import { createAccessEpoch, createEpoch, SHARED_BYTES } from './epoch.ts'
import { isBusy, missingGrantee } from './failure.ts'
import { historyPage } from './history.ts'
import { createBuffer } from './journal/buffer.ts'
import { findAudit, listAudit, listProvisions } from './journal/list.ts'
import { verifyJournal } from './journal/verify.ts'
import { migrate } from './migrate.ts'
import { readVersion } from './read.ts'
import { createReaders, type Readers } from './readers.ts'
import { getRecord, listRecords } from './records.ts'
import { searchPage } from './search.ts'
import { readVisible } from './visible.ts'
import { openWriter, type Writer } from './writer.ts'

export interface SqliteOptions {
  /** Threads for long reads. */
  readonly readers?: number
  /** Largest size of the file in pages of 4 KiB; beyond it a commit fails with `storage-full`. */
  readonly maxPages?: number
}

const READERS = 2
/** The folder of code systems in a store; behind the name of a copy, of those of the copy. */
const SYSTEMS = 'terminology'
const SCAN_ROWS = 500
const OPEN_ATTEMPTS = 100

/**
 * Opens the store in `folder`, which is made where it is missing (for its owner only), and migrates it. Throws Error
 * where a newer version of the program has written it.
 */
export async function openSqliteStore(folder: string, options: SqliteOptions = {}): Promise<Store> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'musubi.db')
  // The log and its index get the permissions of the file.
  closeSync(openSync(file, 'a', 0o600))
  await prepare(file)
  const shared = new SharedArrayBuffer(SHARED_BYTES)
  const writer = await openWriter({ file, shared, maxPages: options.maxPages })
  const connection = openConnection(file, { readOnly: true })
  const readers = createReaders(file, options.readers ?? READERS)

  const systems = join(folder, SYSTEMS)
  const records = createRecords(connection, writer)
  const journal = createJournal(connection, writer)
  const epoch = createEpoch(connection, new BigInt64Array(shared))
  const codeSystems = openCodeSystems(systems, records, epoch)
  let closing: Promise<void> | undefined
  const isClosed = () => closing !== undefined
  const consents = openConsents(connection, isClosed)

  return {
    read: (plan) => granted(writer, () => readVersion(connection, plan.data)),
    search: ({ data }) =>
      granted(writer, () => answerOrAsk(searchPage(connection, data, ROWS_ON_MAIN), readers, data)),
    history: ({ data }) =>
      granted(writer, () => answerOrAsk(historyPage(connection, data, ROWS_ON_MAIN), readers, data)),
    visible: ({ data }) => granted(writer, () => readVisible(connection, data)),
    async *scan({ data }) {
      const [asOf] = connection.get('SELECT coalesce(max(seq), 0) FROM version', []) as [number]
      for (let after = 0; ; ) {
        const question = { kind: 'batch' as const, plan: data, after, asOf, limit: SCAN_ROWS }
        const answer = await granted(writer, () => readers.ask(question))
        const { rows, lastRid } = answer as { rows: Version[]; lastRid: number }
        yield* rows
        if (lastRid <= after) return
        after = lastRid
      }
    },
    commit: (changes, commitOptions) => writer.commit(changes, commitOptions),
    records,
    consents,
    journal,
    codeSystems,
    epoch,
    accessEpoch: createAccessEpoch(connection, isClosed, [epoch, consents.epoch]),
    backup: (target, onProgress) =>
      backup({ file, systems }, { file: target, systems: `${target}.${SYSTEMS}` }, onProgress),
    close() {
      codeSystems.close()
      closing ??= close(journal, writer, readers, connection)
      return closing
    },
  }
}

async function close(
  journal: Journal,
  writer: Writer,
  readers: Readers,
  connection: Connection,
): Promise<void> {
  // Sent before the writer stops taking anything; what cannot be kept is lost with the process, as it is in a crash.
  journal.flush().catch(() => {})
  const written = writer.close()
  await readers.close()
  await written
  connection.close()
}

// Two processes that open a new store at once may meet before the wait for locks is in force.
async function prepare(file: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const connection = openConnection(file)
      try {
        migrate(connection)
      } finally {
        connection.close()
      }
      return
    } catch (error) {
      if (!isBusy(error) || attempt === OPEN_ATTEMPTS) throw error
      await sleep(50)
    }
  }
}

const MAKE_ATTEMPTS = 5

// Grants that a change of policy has undone since they were asked for are made again first.
async function granted<T>(writer: Writer, answer: () => T | Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await answer()
    } catch (error) {
      const grantee = missingGrantee(error)
      if (grantee === undefined || attempt === MAKE_ATTEMPTS) throw error
      await writer.ensure(grantee)
    }
  }
}

/** Rows that a read may visit on the main thread before it is moved to another. */
const ROWS_ON_MAIN = 5_000

// A read that would hold up the main thread is asked again of a reader thread, which has all the time it needs.
async function answerOrAsk(
  page: Page | 'heavy',
  readers: Readers,
  question: SearchPlan | HistoryPlan,
): Promise<Page> {
  return page === 'heavy' ? ((await readers.ask(question)) as Page) : page
}

function createRecords(connection: Connection, writer: Writer): Records {
  const write = async (change: RecordChange) => {
    await writer.commit([], { records: [change] })
  }
  return {
    get: async (collection, key) => getRecord(connection, collection, key),
    list: async (collection, owner) => listRecords(connection, collection, owner),
    add: (row) => write({ kind: 'add', row }),
    put: (row) => write({ kind: 'put', row }),
    delete: (collection, key) => write({ kind: 'delete', collection, key }),
    take: (collection, key) => writer.take(collection, key),
  }
}

/** How long a reader of the journal waits for what was appended before: a transaction that is held open holds it up. */
const FRESH_MS = 100

function createJournal(connection: Connection, writer: Writer): Journal {
  const { append, flush } = createBuffer(writer.keep)
  // Where rows cannot be kept (the disk is full), those that were are still read.
  const settle = () => Promise.race([flush().catch(() => {}), sleep(FRESH_MS, undefined, { ref: false })])
  return {
    append,
    flush,
    find: (id) => settle().then(() => findAudit(connection, id)),
    list: (question) => settle().then(() => listAudit(connection, question)),
    provisions: (question) => settle().then(() => listProvisions(connection, question)),
    verify: (onProgress, heads) => settle().then(() => verifyJournal(connection, onProgress, heads)),
  }
}
