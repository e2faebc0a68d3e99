// The narrow row of facets that access is decided by, one per version: apart from the document and from the index.
import {
  AUTHOR_PARAM,
  CLASS_PARAM,
  CLINICAL_PARAM,
  CODING_PARAM,
  CONFIDENTIALITY_PARAM,
  FLAG_PARAM,
  GRANTEE_PARAM,
  HOLDS_PARAM,
  NEEDING,
  PRIMARY_PARAM,
  REF_PARAM,
  SENSITIVITY_PARAM,
  SEVERAL,
  SOURCE_PARAM,
  UNDELIVERED,
  UNINFORMED,
} from '../../consent/facet-params.ts'
import { NEEDS_PARAM, PATIENT_PARAM } from '../../search/query.ts'
import type { Connection, SqlValue } from './connection.ts'

/** Lists of values are marks in one text: a letter and the number of the value, between spaces. */
const MARKS: Readonly<Record<string, string>> = {
  [PRIMARY_PARAM]: 'p',
  [CODING_PARAM]: 'c',
  [AUTHOR_PARAM]: 'a',
  [REF_PARAM]: 'r',
  [HOLDS_PARAM]: 'h',
  [SENSITIVITY_PARAM]: 's',
  [GRANTEE_PARAM]: 'g',
  [CLASS_PARAM]: 'm',
}

/** Bits of the column `flags`. */
export const FLAGS: Readonly<Record<string, number>> = {
  [UNINFORMED]: 1,
  [UNDELIVERED]: 2,
  [SEVERAL]: 4,
  [NEEDING]: 8,
}

/** In the column `patient`: in nobody's record, and in those that table `subject` lists. */
export const NOBODY = 0
export const LISTED = -1

export type FacetParam =
  | { readonly kind: 'patient' | 'needs' | 'confidentiality' | 'flag' | 'clinical' | 'source' }
  | { readonly kind: 'mark'; readonly letter: string }

const PARAMS = new Map<string, FacetParam>([
  [PATIENT_PARAM, { kind: 'patient' }],
  [NEEDS_PARAM, { kind: 'needs' }],
  [CONFIDENTIALITY_PARAM, { kind: 'confidentiality' }],
  [FLAG_PARAM, { kind: 'flag' }],
  [CLINICAL_PARAM, { kind: 'clinical' }],
  [SOURCE_PARAM, { kind: 'source' }],
  ...Object.entries(MARKS).map(([param, letter]) => [param, { kind: 'mark', letter }] as const),
])

/** Returns how a parameter stands in the row; undefined for those of search, which have entries. */
export function facetParam(param: string): FacetParam | undefined {
  return PARAMS.get(param)
}

/** What is written of one resource, gathered entry by entry. */
export interface FacetRow {
  readonly patients: string[]
  readonly needs: string[]
  confidentiality: number | null
  flags: number
  source: string | null
  since: number | null
  until: number | null
  readonly marks: string[]
}

/** Returns an empty row. */
export function createFacetRow(): FacetRow {
  return {
    patients: [],
    needs: [],
    confidentiality: null,
    flags: 0,
    source: null,
    since: null,
    until: null,
    marks: [],
  }
}

export interface FacetWriter {
  /** Adds one entry to a row. */
  add(row: FacetRow, param: FacetParam, lo: number | string, hi: number | string): void
  /** Makes `row` the facets of a resource. */
  write(rid: number, type: number, row: FacetRow): void
  /** Copies the facets of a resource to those of its version `seq`. */
  keep(rid: number, seq: number): void
  /** Deletes the facets of a resource. */
  remove(rid: number): void
  /** The number of a value, given where it has none yet. */
  valueId(text: string): number
  /** Forgets numbers that a rollback has undone. */
  forget(): void
}

const MAX_KNOWN = 100_000
const COLUMNS = 'type, patient, confidentiality, flags, source, since, until, marks'

/** Returns the writer of facet rows of one connection. */
export function createFacetWriter(connection: Connection): FacetWriter {
  const known = new Map<string, number>()

  function valueId(text: string): number {
    const id = known.get(text)
    if (id !== undefined) return id
    const stored = connection.get('SELECT id FROM facet_value WHERE text = ?', [text])
    const made = stored
      ? (stored[0] as number)
      : connection.run('INSERT INTO facet_value (text) VALUES (?)', [text]).lastInsertRowid
    if (known.size >= MAX_KNOWN) known.clear()
    known.set(text, made)
    return made
  }

  function add(row: FacetRow, param: FacetParam, lo: number | string, hi: number | string): void {
    switch (param.kind) {
      case 'patient':
        row.patients.push(String(lo))
        break
      case 'needs':
        row.needs.push(String(lo))
        break
      case 'confidentiality':
        row.confidentiality = lo as number
        break
      case 'flag':
        row.flags |= FLAGS[lo] ?? 0
        break
      case 'source':
        row.source = String(lo)
        break
      case 'clinical':
        row.since = lo as number
        row.until = hi as number
        break
      case 'mark':
        row.marks.push(`${param.letter}${valueId(String(lo))}`)
    }
  }

  function write(rid: number, type: number, row: FacetRow): void {
    const { patients } = row
    const patient = patients.length === 0 ? NOBODY : patients.length === 1 ? valueId(patients[0]!) : LISTED
    connection.run('DELETE FROM subject WHERE rid = ? AND seq = 0', [rid])
    if (patient === LISTED)
      for (const each of patients)
        connection.run('INSERT OR IGNORE INTO subject (rid, seq, patient) VALUES (?, 0, ?)', [
          rid,
          valueId(each),
        ])
    connection.run('DELETE FROM need WHERE rid = ? AND seq = 0', [rid])
    for (const ref of row.needs)
      connection.run('INSERT OR IGNORE INTO need (rid, seq, ref) VALUES (?, 0, ?)', [rid, ref])
    const values: SqlValue[] = [
      rid,
      type,
      patient,
      row.confidentiality,
      row.flags,
      row.source === null ? null : valueId(row.source),
      row.since,
      row.until,
      row.marks.length === 0 ? ' ' : ` ${row.marks.join(' ')} `,
    ]
    connection.run(
      `INSERT OR REPLACE INTO facet (rid, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      values,
    )
  }

  return {
    add,
    write,
    valueId,
    keep(rid, seq) {
      connection.run(
        `INSERT OR REPLACE INTO past_facet (rid, seq, ${COLUMNS}) SELECT rid, ?, ${COLUMNS} FROM facet WHERE rid = ?`,
        [seq, rid],
      )
      connection.run(
        'INSERT OR IGNORE INTO subject (rid, seq, patient) SELECT rid, ?, patient FROM subject WHERE rid = ? AND seq = 0',
        [seq, rid],
      )
      connection.run(
        'INSERT OR IGNORE INTO need (rid, seq, ref) SELECT rid, ?, ref FROM need WHERE rid = ? AND seq = 0',
        [seq, rid],
      )
    },
    remove(rid) {
      connection.run('DELETE FROM facet WHERE rid = ?', [rid])
      connection.run('DELETE FROM subject WHERE rid = ? AND seq = 0', [rid])
      connection.run('DELETE FROM need WHERE rid = ? AND seq = 0', [rid])
    },
    forget: () => known.clear(),
  }
}
