// Whether the chains are whole: every row there, unchanged, and none between.
import { setImmediate as pause } from 'node:timers/promises'
import type { Heads, JournalEntry, Verdict } from '../../store.ts'
import type { Connection } from '../connection.ts'
import { chainHash, type Head } from './append.ts'
import { keysOf, toMark } from './pack.ts'

const CHAINS = ['audit', 'provision'] as const
type Chain = (typeof CHAINS)[number]

const SLICE_ROWS = 1_000

const NO_HEADS: Heads = { audit: '0', provision: '0' }

interface End extends Head {
  /** The highest row there is. */
  readonly highest: number
}

/** Returns what `Journal.verify` says; rows that come while it runs are left for the next time. */
export async function verifyJournal(
  connection: Connection,
  onProgress: (done: number, total: number) => void = () => {},
  known: Heads = NO_HEADS,
): Promise<Verdict> {
  const ends = { audit: readEnd(connection, 'audit'), provision: readEnd(connection, 'provision') }
  const total = ends.audit.highest + ends.provision.highest
  const heads = { audit: toHead(ends.audit), provision: toHead(ends.provision) }
  let rows = 0
  for (const chain of CHAINS) {
    const before = rows
    const seq = await findBreak(connection, chain, { end: ends[chain], known: known[chain] }, (done) => {
      rows = before + done
      onProgress(rows, total)
    })
    if (seq !== undefined) return { rows, broken: { chain, seq }, heads }
  }
  return { rows, heads }
}

// One statement, one moment: what is added meanwhile moves both or neither.
function readEnd(connection: Connection, chain: Chain): End {
  const [seq, hash, highest] = connection.get(
    `SELECT seq, hash, (SELECT coalesce(max(seq), 0) FROM ${chain}) FROM journal_head WHERE chain = ?`,
    [chain],
  ) as [number, Uint8Array, number]
  return { seq, hash, highest }
}

function toHead({ seq, hash }: Head): string {
  return `${seq}:${Buffer.from(hash).toString('hex')}`
}

async function findBreak(
  connection: Connection,
  chain: Chain,
  { end, known }: { readonly end: End; readonly known: string },
  onProgress: (done: number) => void,
): Promise<number | undefined> {
  const knownAt = Number.parseInt(known, 10)
  let last: Uint8Array = new Uint8Array(32)
  for (let seq = 0; seq < end.highest; ) {
    const rows = connection.all(
      `SELECT seq, at, mark, row, hash FROM ${chain} WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ${SLICE_ROWS}`,
      [seq, end.highest],
    )
    if (rows.length === 0) return seq + 1
    for (const [found, at, mark, row, hash] of rows as [number, number, number, string, Uint8Array][]) {
      seq++
      last = chainHash(last, Buffer.from(row))
      if (found !== seq || !isSame(last, hash) || !isIndexed(connection, chain, { seq, at, mark, row }))
        return seq
      if (seq === knownAt && toHead({ seq, hash }) !== known) return seq
    }
    onProgress(seq)
    await pause()
  }
  if (end.seq === end.highest && isSame(last, end.hash)) return knownAt > end.seq ? end.seq + 1 : undefined
  return Math.min(end.seq, end.highest) + (end.seq === end.highest ? 0 : 1)
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

interface Row {
  readonly seq: number
  readonly at: number
  readonly mark: number
  readonly row: string
}

// A row is also hidden by taking it out of the lists, or by another time beside it.
function isIndexed(connection: Connection, chain: Chain, { seq, at, mark, row }: Row): boolean {
  const entry = { kind: chain, row: JSON.parse(row) } as JournalEntry
  if (entry.row.at !== at || toMark(entry.row.id) !== mark) return false
  return keysOf(entry).every((key) =>
    connection.get(`SELECT 1 FROM ${chain}_key WHERE key = ? AND seq = ?`, [key, seq]),
  )
}
