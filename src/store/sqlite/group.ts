// Commits in groups, one durable transaction each; one that fails does not hurt its neighbours.
import { FhirError } from '../../fhir/outcome.ts'
import { createCommitter, type Ledger, readLedger } from './commit.ts'
import type { Connection } from './connection.ts'
import { FOREIGN, OWN_SEQ } from './epoch.ts'
import { missingGrantee, toFailure } from './failure.ts'
import { historyPage } from './history.ts'
import type { Answer, FromWriter, Question, ToWriter } from './message.ts'
import { readVersion } from './read.ts'
import { raiseEpoch, sweepRecords, takeRecord } from './records.ts'
import { searchPage } from './search.ts'
import { readVisible } from './visible.ts'

type Job = Extract<ToWriter, { readonly kind: 'commit' | 'take' | 'ensure' }>
type Message = Exclude<ToWriter, { kind: 'close' }>

const MAX_CHANGES = 2_000
const MAX_BYTES = 8_388_608
const HOLD_MS = 30_000
const SWEEP_MS = 60_000

export interface Groups {
  accept(message: Message): void
  /** True where as much waits as one transaction takes. */
  isFull(): boolean
  /** True where far less waits than the last group held: those whose answers have just gone out are about to ask again. */
  isSmall(): boolean
  /** True where nothing waits and no transaction is held open. */
  isIdle(): boolean
  /** Runs one group; false where there was none to run. */
  run(): boolean
  /** Called when a transaction that was held open has ended. */
  onReleased(listener: () => void): void
}

/**
 * Returns the groups of one connection; `send` gets the answers of each group once it is durable. A transaction that is
 * held open for longer than `holdMs` is rolled back.
 */
export function createGroups(
  connection: Connection,
  shared: BigInt64Array,
  send: (answers: readonly FromWriter[]) => void,
  holdMs = HOLD_MS,
): Groups {
  const committer = createCommitter(connection)
  const waiting: Job[] = []
  let size = { changes: 0, bytes: 0 }
  let held: { id: number; ledger: Ledger; answer: FromWriter; timer: NodeJS.Timeout } | undefined
  let released = () => {}
  let lastSeq: number | undefined
  let sweepAt = 0
  let lastGroup = 0

  // Opens the transaction and tells the main thread of what other processes wrote before it.
  function begin(): Ledger {
    connection.exec('BEGIN IMMEDIATE')
    const ledger = readLedger(connection)
    if (lastSeq !== undefined && ledger.seq !== lastSeq) Atomics.add(shared, FOREIGN, 1n)
    lastSeq = ledger.seq
    return ledger
  }

  // The sequence is told before it can be seen: the main thread must not take it for another process's.
  function commit(ledger: Ledger): void {
    Atomics.store(shared, OWN_SEQ, BigInt(ledger.seq))
    connection.exec('COMMIT')
    lastSeq = ledger.seq
  }

  function rollback(): void {
    if (connection.inTransaction()) connection.exec('ROLLBACK')
    committer.forget()
    making.clear()
    Atomics.store(shared, OWN_SEQ, BigInt(lastSeq ?? 0))
  }

  /** Grantees whose grants are being made, with the last person that was looked at. */
  const making = new Map<string, number>()

  // Some persons at a time, so that commits go on in between; undefined while some are left.
  function ensure({ id, grantee }: Job & { kind: 'ensure' }): FromWriter | undefined {
    const after = committer.grants.extend(committer.grants.register(grantee), making.get(grantee) ?? 0)
    if (after === undefined) making.delete(grantee)
    else making.set(grantee, after)
    return after === undefined ? { id } : undefined
  }

  // A condition may be the first to ask what a grantee may have: its grants are made on the spot.
  function withGrants<T>(answer: () => T): T {
    try {
      return answer()
    } catch (error) {
      const grantee = missingGrantee(error)
      if (grantee === undefined) throw error
      const id = committer.grants.register(grantee)
      for (let after: number | undefined = 0; after !== undefined; )
        after = committer.grants.extend(id, after)
      return answer()
    }
  }

  function apply(ledger: Ledger, job: Job): FromWriter | undefined {
    try {
      if (job.kind === 'commit')
        return { id: job.id, value: withGrants(() => committer.apply(ledger, job.commit)) }
      if (job.kind === 'ensure') return ensure(job)
      const value = takeRecord(connection, job.collection, job.key)
      if (value) raiseEpoch(connection)
      return { id: job.id, value }
    } catch (error) {
      if (!(error instanceof FhirError)) throw error
      return { id: job.id, failure: toFailure(error) }
    }
  }

  const fail = (jobs: readonly Job[], error: unknown) =>
    jobs.map(({ id }): FromWriter => ({ id, failure: toFailure(error) }))

  function runTogether(jobs: readonly Job[]): readonly FromWriter[] {
    let ledger: Ledger | undefined
    try {
      ledger = begin()
      if (Date.now() >= sweepAt && !sweepRecords(connection)) sweepAt = Date.now() + SWEEP_MS
      const answers: FromWriter[] = []
      const again: Job[] = []
      for (const job of jobs) {
        const answer = apply(ledger, job)
        if (answer) answers.push(answer)
        else again.push(job)
      }
      commit(ledger)
      waiting.push(...again)
      return answers
    } catch (error) {
      rollback()
      // Where the disk is full, one large commit may be what does not fit: each gets its own answer.
      if (!ledger || jobs.length === 1) return fail(jobs, error)
      return jobs.flatMap((job) => runTogether([job]))
    }
  }

  // Applies the commit and leaves the transaction open for questions, until it is released or its time is up.
  function hold(job: Job): readonly FromWriter[] {
    try {
      const ledger = begin()
      const answer = apply(ledger, job)
      if (!answer || answer.failure) {
        rollback()
        return answer ? [answer] : []
      }
      held = { id: job.id, ledger, answer, timer: setTimeout(endHold, holdMs) }
      return [{ id: job.id }]
    } catch (error) {
      rollback()
      return fail([job], error)
    }
  }

  function endHold(): void {
    if (!held) return
    clearTimeout(held.timer)
    held = undefined
    rollback()
    setImmediate(released)
  }

  function release(message: Message & { kind: 'release' }): FromWriter {
    if (held?.id !== message.held) return late(message.id, holdMs)
    const { ledger, answer, timer } = held
    try {
      if (message.keep) {
        commit(ledger)
        clearTimeout(timer)
        held = undefined
        setImmediate(released)
      } else endHold()
      return { ...answer, id: message.id }
    } catch (error) {
      endHold()
      return { id: message.id, failure: toFailure(error) }
    }
  }

  function ask(message: Message & { kind: 'ask' }): FromWriter {
    if (held?.id !== message.held) return late(message.id, holdMs)
    try {
      return { id: message.id, value: withGrants(() => answerQuestion(connection, message.question)) }
    } catch (error) {
      return { id: message.id, failure: toFailure(error) }
    }
  }

  function takeGroup(): readonly Job[] {
    const first = waiting.findIndex((job) => job.kind === 'commit' && job.hold)
    const group = waiting.splice(0, first === -1 ? waiting.length : Math.max(first, 1))
    size = { changes: 0, bytes: 0 }
    for (const job of waiting) grow(job)
    return group
  }

  function grow(job: Job): void {
    if (job.kind !== 'commit') return
    size.changes += job.commit.changes.length
    size.bytes += job.commit.documents.length + job.commit.journal.length
  }

  return {
    accept(message) {
      if (message.kind === 'ask') send([ask(message)])
      else if (message.kind === 'release') send([release(message)])
      else {
        if (message.kind === 'commit') committer.learn(message.commit.names)
        waiting.push(message)
        grow(message)
      }
    },
    isFull: () => held !== undefined || size.changes >= MAX_CHANGES || size.bytes >= MAX_BYTES,
    isSmall: () => held === undefined && waiting.length > 0 && waiting.length * 2 < lastGroup,
    isIdle: () => held === undefined && waiting.length === 0,
    run() {
      if (held || waiting.length === 0) return false
      const group = takeGroup()
      lastGroup = group.length
      const [first] = group
      send(first?.kind === 'commit' && first.hold ? hold(first) : runTogether(group))
      return true
    },
    onReleased(listener) {
      released = listener
    },
  }
}

/** Returns the answer to a plan as the connection sees the store now, however long that takes. */
function answerQuestion(connection: Connection, question: Question): Answer {
  switch (question.kind) {
    case 'read':
      return readVersion(connection, question)
    case 'search':
      return searchPage(connection, question) as Answer
    case 'history':
      return historyPage(connection, question) as Answer
    case 'visible':
      return readVisible(connection, question)
  }
}

function late(id: number, holdMs: number): FromWriter {
  const message = `The transaction was open for more than ${holdMs / 1000} seconds and has been rolled back`
  return { id, failure: { code: 'unavailable', message } }
}
