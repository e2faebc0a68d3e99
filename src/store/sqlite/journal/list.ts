// The journal read newest first, in slices that do not hold up the thread.
import { setImmediate as pause } from 'node:timers/promises'
import type { ProvisionRow } from '../../../access/audit/provision.ts'
import type { AuditRow } from '../../../access/audit.ts'
import type { AuditQuestion, JournalPage, Kept, ProvisionQuestion } from '../../store.ts'
import type { Connection } from '../connection.ts'
import { KEYS, toMark } from './pack.ts'

const SLICE_ROWS = 500
/** Rows are kept in the order of their time but for what several processes held back for a moment. */
const DISORDER_MS = 3_600_000

interface Walk<Row> {
  readonly chain: 'audit' | 'provision'
  /** Under which the rows are listed; undefined: all. */
  readonly key: string | undefined
  readonly test: (row: Row) => boolean
  readonly from?: number
  readonly after?: number
  readonly limit: number
}

/** Returns what `Journal.list` says. */
export function listAudit(connection: Connection, question: AuditQuestion): Promise<JournalPage<AuditRow>> {
  const { patient, subject, organization, from, after, limit } = question
  const key =
    (patient !== undefined && KEYS.patient(patient)) ||
    (subject !== undefined && KEYS.subject(subject)) ||
    (organization !== undefined && KEYS.organization(organization)) ||
    undefined
  return walk(connection, {
    chain: 'audit',
    key,
    test: (row: AuditRow) => isAsked(row, question),
    from,
    after,
    limit,
  })
}

function isAsked(row: AuditRow, { patient, subject, organization, action, subtype, ...time }: AuditQuestion) {
  return (
    isWithin(row, time) &&
    (patient === undefined || row.patients.includes(patient)) &&
    (subject === undefined || row.agent.subject === subject) &&
    (organization === undefined || row.agent.organization === organization) &&
    (action === undefined || row.action === action) &&
    (subtype === undefined || row.subtype === subtype)
  )
}

/** Returns what `Journal.provisions` says. */
export function listProvisions(
  connection: Connection,
  { patient, recipient, from, to, after, limit }: ProvisionQuestion,
): Promise<JournalPage<ProvisionRow>> {
  return walk(connection, {
    chain: 'provision',
    key: KEYS.patient(patient),
    test: (row: ProvisionRow) =>
      isWithin(row, { from, to }) && (recipient === undefined || row.recipient.reference === recipient),
    from,
    after,
    limit,
  })
}

function isWithin({ at }: { readonly at: number }, { from, to }: { from?: number; to?: number }): boolean {
  return (from === undefined || at >= from) && (to === undefined || at < to)
}

async function walk<Row>(
  connection: Connection,
  { chain, key, test, from, after, limit }: Walk<Row>,
): Promise<JournalPage<Row>> {
  const found: Kept<Row>[] = []
  for (let seq = after ?? Number.MAX_SAFE_INTEGER; ; ) {
    const slice = readSlice(connection, chain, key, seq)
    for (const [at, time, text] of slice) {
      seq = at
      if (from !== undefined && time < from - DISORDER_MS) return { rows: found }
      const row = JSON.parse(text) as Row
      if (!test(row)) continue
      // One more than asked: a next page is never empty.
      if (found.length === limit) return { rows: found, next: found.at(-1)?.seq ?? after }
      found.push({ seq: at, row })
    }
    if (slice.length < SLICE_ROWS) return { rows: found }
    await pause()
  }
}

function readSlice(
  connection: Connection,
  chain: string,
  key: string | undefined,
  before: number,
): [seq: number, at: number, row: string][] {
  const rows =
    key === undefined
      ? connection.all(
          `SELECT seq, at, row FROM ${chain} WHERE seq < ? ORDER BY seq DESC LIMIT ${SLICE_ROWS}`,
          [before],
        )
      : connection.all(
          `SELECT k.seq, r.at, r.row FROM ${chain}_key k CROSS JOIN ${chain} r ON r.seq = k.seq
           WHERE k.key = ? AND k.seq < ? ORDER BY k.seq DESC LIMIT ${SLICE_ROWS}`,
          [key, before],
        )
  return rows as [number, number, string][]
}

/** Returns the row of that id, or undefined. */
export function findAudit(connection: Connection, id: string): AuditRow | undefined {
  const mark = toMark(id)
  if (Number.isNaN(mark)) return undefined
  return connection
    .all('SELECT row FROM audit WHERE mark = ?', [mark])
    .map(([row]) => JSON.parse(row as string) as AuditRow)
    .find((row) => row.id === id)
}
