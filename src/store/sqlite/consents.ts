// Questions about what is on record of persons, on the main thread's connection.
import type { ConsentRecords } from '../../consent/records.ts'
import type { Standing } from '../../consent/standing.ts'
import type { Connection } from './connection.ts'
import { openDirectory } from './directory.ts'
import { readPartOf } from './governance.ts'

const STANDINGS =
  'SELECT item FROM standing WHERE patient = (SELECT id FROM facet_value WHERE text = ?) ORDER BY rid'
const NAMED = 'SELECT DISTINCT ref FROM json_each(?) j CROSS JOIN standing_actor a ON a.ref = j.value'
const BASIS = `SELECT x.text, g.basis FROM json_each(?) j CROSS JOIN facet_value x ON x.text = j.value
  CROSS JOIN grants g ON g.grantee = (SELECT id FROM grantee WHERE key = ?) AND g.patient = x.id
  WHERE g.since <= ? AND g.until >= ? AND g.basis IS NOT NULL`

/** Returns the records of consent of one store. */
export function openConsents(connection: Connection): ConsentRecords {
  return {
    ...openDirectory(connection),
    standingsOf: async (patient) =>
      connection.all(STANDINGS, [patient]).map(([item]) => JSON.parse(item as string) as Standing),
    named: async (refs) =>
      new Set(connection.all(NAMED, [JSON.stringify(refs)]).map(([ref]) => ref as string)),
    partOf: async (refs) => readPartOf(connection, refs),
    basisOf: async (grantee, patients, at) => {
      const rows = connection.all(BASIS, [JSON.stringify(patients), grantee, at, at])
      return new Map(
        rows.map(([patient, basis]) => [patient as string, JSON.parse(basis as string) as string[]]),
      )
    },
  }
}
