// A commit made ready to cross to the writer thread: parameter names as numbers, documents in one buffer.
import type { Change, Expectation } from '../../access/plan.ts'
import type { IndexEntry } from '../../search/query.ts'
import type { RecordChange } from '../store.ts'
import type { FlatEntries, PackedChange, PackedCommit, PackedExpectation, PackedRecord } from './message.ts'

/** The store writes these itself: `_lastUpdated` at commit; `_id` is answered from the resource's own row. */
const OWN_PARAMS: ReadonlySet<string> = new Set(['_id', '_lastUpdated'])

/** Returns a function that packs commits (the journal as lines) for one writer thread, which must be sent all of them in order. */
export function createPacker(): (
  changes: readonly Change[],
  records: readonly RecordChange[],
  journal?: readonly string[],
) => PackedCommit {
  const numbers = new Map<string, Map<string, number>>()
  let count = 0
  let names: string[] = []

  function numberOf(type: string, known: Map<string, number>, param: string): number {
    const number = known.get(param)
    if (number !== undefined) return number
    known.set(param, count)
    names.push(`${type}.${param}`)
    return count++
  }

  function flatten(type: string, entries: readonly IndexEntry[]): FlatEntries {
    const known = numbers.get(type) ?? new Map<string, number>()
    numbers.set(type, known)
    const flat: (number | string | null)[] = []
    for (const { param, lo, hi } of entries) {
      if (!OWN_PARAMS.has(param)) flat.push(numberOf(type, known, param), lo, hi === lo ? null : hi)
    }
    return flat
  }

  return (changes, records, journal = []) => {
    const all = changes.map(({ data }) => data)
    const documents = new Uint8Array(
      all.reduce((sum, data) => sum + (data.kind === 'put' ? data.document.length : 0), 0),
    )
    let end = 0
    const packed = all.map((data): PackedChange => {
      const { type, id, versionId } = data
      if (data.kind === 'delete')
        return { kind: 'delete', type, id, versionId, expect: packExpectation(data.expect) }
      const entries = flatten(type, data.entries)
      const { standing } = data
      if (data.kind === 'index') return { kind: 'index', type, id, versionId, entries, standing }
      const { method, stampAt } = data
      const start = end
      documents.set(data.document, start)
      end += data.document.length
      const expect = packExpectation(data.expect)
      return { kind: 'put', type, id, versionId, method, start, end, stampAt, entries, standing, expect }
    })
    const packedRecords = records.map(packRecord)
    const packedJournal = Buffer.from(journal.join(''))
    // Nothing can fail from here on: names that were taken note of are sent.
    const fresh = names
    names = []
    return { changes: packed, records: packedRecords, journal: packedJournal, names: fresh, documents }
  }
}

// Plans are classes, which do not survive the crossing: their data does.
function packExpectation({ version, noMatch, oneMatch }: Expectation): PackedExpectation {
  return {
    version,
    noMatch: noMatch?.data,
    oneMatch: oneMatch && { plan: oneMatch.plan.data, ref: oneMatch.ref },
  }
}

function packRecord(change: RecordChange): PackedRecord {
  if (change.kind === 'delete' || change.kind === 'expire') return change
  const { kind, row, quiet = false } = change
  return { kind, quiet, row: { ...row, value: JSON.stringify(row.value ?? null) } }
}
