// Questions about what is on record of persons, on the main thread's connection.
import { CONFIDENTIALITY } from '../../consent/labels.ts'
import type { ConsentRecords } from '../../consent/records.ts'
import type { Standing } from '../../consent/standing.ts'
import type { Connection } from './connection.ts'
import { closed } from './failure.ts'
import { readPartOf } from './governance.ts'

const STANDINGS =
  'SELECT item FROM standing WHERE patient = (SELECT id FROM facet_value WHERE text = ?) ORDER BY rid'
const NAMED = 'SELECT DISTINCT ref FROM json_each(?) j CROSS JOIN standing_actor a ON a.ref = j.value'
const BASIS = `SELECT x.text, g.basis FROM json_each(?) j CROSS JOIN facet_value x ON x.text = j.value
  CROSS JOIN grants g ON g.grantee = (SELECT id FROM grantee WHERE key = ?) AND g.patient = x.id
  WHERE g.since <= ? AND g.until >= ? AND g.basis IS NOT NULL`

const HIGHEST = CONFIDENTIALITY.length - 1
// The codes are marks of the facet row, told by their letter.
const LABELS = `SELECT f.confidentiality, (
    SELECT group_concat(x.text, ' ') FROM json_each('["' || replace(trim(f.marks), ' ', '","') || '"]') m
    CROSS JOIN facet_value x ON x.id = CAST(substr(m.value, 2) AS INTEGER) WHERE substr(m.value, 1, 1) = 's'
  ) FROM json_each(?) j CROSS JOIN resource r ON r.ref = j.value CROSS JOIN facet f ON f.rid = r.rid WHERE r.deleted = 0`

/** Returns the records of consent of one store. Throws FhirError `unavailable` once it is closed. */
export function openConsents(open: Connection, isClosed: () => boolean): ConsentRecords {
  const all: Connection['all'] = (sql, values) => {
    if (isClosed()) throw closed()
    return open.all(sql, values)
  }
  return {
    epoch() {
      if (isClosed()) throw closed()
      return open.consentEpoch()
    },
    standingsOf: async (patient) =>
      all(STANDINGS, [patient]).map(([item]) => JSON.parse(item as string) as Standing),
    named: async (refs) => new Set(all(NAMED, [JSON.stringify(refs)]).map(([ref]) => ref as string)),
    partOf: async (refs) => readPartOf(open, refs),
    labelsOf: async (refs) => {
      const rows = all(LABELS, [JSON.stringify(refs)]) as [number | null, string | null][]
      return rows.map(([rank, codes]) => ({
        confidentiality: CONFIDENTIALITY[rank ?? HIGHEST] ?? 'V',
        sensitivity: codes === null ? [] : codes.split(' '),
      }))
    },
    basisOf: async (grantee, patients, at) => {
      const rows = all(BASIS, [JSON.stringify(patients), grantee, at, at])
      return new Map(
        rows.map(([patient, basis]) => [patient as string, JSON.parse(basis as string) as string[]]),
      )
    },
  }
}
