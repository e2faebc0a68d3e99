// Grants: what each person lets each grantee have, kept in the transaction that changes what is on record (4.2 to 4.4).
import { NOTICES } from '../../consent/governance.ts'
import { type Grantee, granteeKey, parseGrantee } from '../../consent/grantee.ts'
import { type CommonState, materialise } from '../../consent/materialise.ts'
import { actorsOf, type Standing } from '../../consent/standing.ts'
import type { Vocabulary } from '../../consent/vocabulary.ts'
import type { Connection } from './connection.ts'
import { factor } from './residual.ts'

/** What the engine needs beside the records themselves; read anew where they may have changed. */
export interface GrantContext {
  readonly vocabulary: Vocabulary
  readonly common: CommonState
}

export interface Grants {
  /** Makes `standing` what a resource puts on record, or takes it back; grants follow with `settle`. */
  record(rid: number, standing: Standing | undefined): void
  /** Recomputes the grants of all whose records have changed. */
  settle(): void
  /** Materialises a grantee for the next persons after `after`; returns where to go on, undefined at the end. */
  extend(grantee: number, after: number): number | undefined
  /** Returns the number of a grantee, registered where it is new. */
  register(key: string): number
  /** Tells everybody that access may be another: by a change of the directory. */
  raise(): void
  /** Forgets what a rollback has undone. */
  forget(): void
  /** Forgets every grant: what they were made from (policies, settings) has changed. */
  reset(): void
}

const SLICE = 500

/** What is on record of one person, by number and by name. */
interface OnRecord {
  readonly patient: number
  readonly name: string
  readonly standings: readonly Standing[]
}

/** Returns the grants of one connection; `governance` is asked once for each settling. */
export function createGrants(
  connection: Connection,
  governance: () => GrantContext,
  valueId: (text: string) => number,
): Grants {
  const changed = new Set<number>()

  function record(rid: number, standing: Standing | undefined): void {
    const old = connection.get('SELECT patient, item FROM standing WHERE rid = ?', [rid])
    const item = standing && JSON.stringify(standing)
    if (!old && !standing) return
    if (old?.[1] === item) return
    if (old) changed.add(old[0] as number)
    connection.run('DELETE FROM standing WHERE rid = ?', [rid])
    connection.run('DELETE FROM standing_actor WHERE rid = ?', [rid])
    if (!standing) return
    const patient = valueId(standing.patient)
    changed.add(patient)
    connection.run('INSERT INTO standing (rid, patient, item) VALUES (?, ?, ?)', [rid, patient, item!])
    for (const ref of actorsOf(standing))
      connection.run('INSERT OR IGNORE INTO standing_actor (ref, rid) VALUES (?, ?)', [ref, rid])
  }

  // Whoever keeps what was worked out from grants works it out again.
  function raise(): void {
    connection.run('UPDATE consent_epoch SET value = value + 1', [])
  }

  function reshape(): void {
    connection.run('UPDATE consent_epoch SET shapes = shapes + 1', [])
  }

  function settle(): void {
    if (changed.size === 0) return
    raise()
    const rows = connection.all('SELECT id, key FROM grantee', []) as [number, string][]
    const grantees = rows.map(([id, key]) => ({ id, grantee: parseGrantee(key) }))
    if (grantees.length > 0) {
      const governed = governance()
      for (const patient of changed) {
        const onRecord = readRecord(patient)
        for (const { id, grantee } of grantees) regrant(id, grantee, onRecord, governed)
      }
    }
    changed.clear()
  }

  function readRecord(patient: number): OnRecord {
    const rows = connection.all('SELECT item FROM standing WHERE patient = ? ORDER BY rid', [patient])
    const standings = rows.map(([item]) => JSON.parse(item as string) as Standing)
    const [name] = connection.get('SELECT text FROM facet_value WHERE id = ?', [patient]) as [string]
    return { patient, name, standings }
  }

  function regrant(
    id: number,
    grantee: Grantee,
    { patient, name, standings }: OnRecord,
    { common, vocabulary }: GrantContext,
  ): void {
    connection.run('DELETE FROM grants WHERE grantee = ? AND patient = ?', [id, patient])
    for (const { from, to, residual, basis } of materialise(name, standings, grantee, common, vocabulary)) {
      const { shape, params } = factor(residual, valueId)
      const shapeId = residualId(JSON.stringify(shape))
      const { changes } = connection.run(
        'INSERT OR IGNORE INTO grantee_residual (grantee, residual) VALUES (?, ?)',
        [id, shapeId],
      )
      if (changes > 0) reshape()
      connection.run(
        'INSERT INTO grants (grantee, patient, since, until, residual, params, basis) VALUES (?, ?, ?, ?, ?, ?, ?)',
        [
          id,
          patient,
          from,
          to,
          shapeId,
          params.length === 0 ? null : JSON.stringify(params),
          basis.length === 0 ? null : JSON.stringify(basis),
        ],
      )
    }
  }

  function residualId(shape: string): number {
    const known = connection.get('SELECT id FROM residual WHERE shape = ?', [shape])
    if (known) return known[0] as number
    return connection.run('INSERT INTO residual (shape) VALUES (?)', [shape]).lastInsertRowid
  }

  return {
    record,
    raise,
    settle,
    forget: () => changed.clear(),
    register(key) {
      const known = connection.get('SELECT id FROM grantee WHERE key = ?', [key])
      if (known) return known[0] as number
      return connection.run('INSERT INTO grantee (key, ready) VALUES (?, 0)', [granteeKey(parseGrantee(key))])
        .lastInsertRowid
    },
    extend(grantee, after) {
      const key = connection.get('SELECT key FROM grantee WHERE id = ?', [grantee])
      if (!key) return undefined
      const patients = connection.all(PATIENTS_AFTER, [after]) as [number][]
      if (patients.length > 0) {
        const governed = governance()
        const parsed = parseGrantee(key[0] as string)
        for (const [patient] of patients) regrant(grantee, parsed, readRecord(patient), governed)
      }
      if (patients.length === SLICE) return patients.at(-1)![0]
      connection.run('UPDATE grantee SET ready = 1 WHERE id = ?', [grantee])
      reshape()
      raise()
      return undefined
    },
    reset() {
      connection.exec('DELETE FROM grants; DELETE FROM grantee_residual; DELETE FROM grantee')
      changed.clear()
      reshape()
      raise()
    },
  }
}

// Those of whom something is on record, and those who were told of an opt-out policy (U5), who may have nothing else there.
const PATIENTS_AFTER = `SELECT patient FROM standing WHERE patient > ?1
  UNION SELECT x.id FROM record n CROSS JOIN facet_value x ON x.text = n.owner
    WHERE n.collection = '${NOTICES}' AND x.id > ?1
  ORDER BY 1 LIMIT ${SLICE}`
