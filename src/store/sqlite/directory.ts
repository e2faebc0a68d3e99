// What the directory says of requesters, on the main thread's connection: documents as they stand, under no policy.
import type { DirectoryRecords } from '../../consent/records.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Connection, SqlValue } from './connection.ts'

const NAMES = 'SELECT 1 FROM standing_actor WHERE ref >= ? AND ref < ? LIMIT 1'
const CURRENT = `SELECT v.document FROM resource r CROSS JOIN version v ON v.seq = r.seq
  WHERE r.ref = ? AND r.deleted = 0`
const NAMING = `SELECT v.document FROM entry e CROSS JOIN resource r ON r.rid = e.rid
  CROSS JOIN version v ON v.seq = r.seq WHERE e.param = ? AND e.lo = ?`
const DELETED = 'SELECT 1 FROM resource WHERE ref = ? AND deleted = 1'
const HAD = `SELECT 1 FROM resource r CROSS JOIN version v ON v.seq = r.seq
  CROSS JOIN past_entry p ON p.rid = r.rid AND p.seq = v.prior AND p.param = ? AND p.lo = ?
  WHERE r.type = ? AND r.deleted = 1 LIMIT 1`
// Parameters of both kinds: a team may have a group as its member.
const CLOSURE = `WITH RECURSIVE up (rid, ref) AS (
    SELECT r.rid, r.ref FROM json_each(?1) j CROSS JOIN entry e ON e.param IN (?2, ?3) AND e.lo = j.value
      CROSS JOIN resource r ON r.rid = e.rid
    UNION
    SELECT r.rid, r.ref FROM up CROSS JOIN entry e ON e.param IN (?2, ?3) AND e.lo = up.ref
      CROSS JOIN resource r ON r.rid = e.rid
  )
  SELECT v.document FROM up CROSS JOIN resource r ON r.rid = up.rid CROSS JOIN version v ON v.seq = r.seq
  WHERE EXISTS (SELECT 1 FROM up u WHERE u.ref IN (SELECT value FROM json_each(?4))
    OR EXISTS (SELECT 1 FROM standing_actor a WHERE a.ref = u.ref))`

/** Returns the directory of one store. */
export function openDirectory(connection: Connection): DirectoryRecords {
  return {
    namesTypes: async (types) =>
      types.some((type) => connection.get(NAMES, [`${type}/`, `${type}0`]) !== undefined),
    current: async (ref) => toResources(connection.all(CURRENT, [ref]))[0],
    rolesOf: async (practitioner) => {
      const param = connection.paramId('PractitionerRole.practitioner')
      return param === undefined ? [] : toResources(connection.all(NAMING, [param, practitioner]))
    },
    hadRole: async (ref) => {
      if (ref.startsWith('PractitionerRole/')) return connection.get(DELETED, [ref]) !== undefined
      const [param, type] = [
        connection.paramId('PractitionerRole.practitioner'),
        connection.typeId('PractitionerRole'),
      ]
      if (param === undefined || type === undefined) return false
      return connection.get(HAD, [param, ref, type]) !== undefined
    },
    collectivesOf: async (refs, named) => {
      const params = ['Group.member', 'CareTeam.participant'].map((name) => connection.paramId(name) ?? -1)
      const given = [JSON.stringify(refs), ...params, JSON.stringify(named)]
      return toResources(connection.all(CLOSURE, given))
    },
  }
}

const decoder = new TextDecoder()

function toResources(rows: readonly SqlValue[][]): readonly Resource[] {
  return rows.map(([document]) => JSON.parse(decoder.decode(document as Uint8Array)) as Resource)
}
