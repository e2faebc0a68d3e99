// A code system written into a file of its own, in constant memory but for its codes. https://hl7.org/fhir/R4/codesystem.html
import { DatabaseSync } from 'node:sqlite'
import type { CodeSystemHead, ConceptRow } from '../../../fhir/code-system.ts'
import { FhirError } from '../../../fhir/outcome.ts'
import { decimalText, isRawNumber } from '../../../fhir/primitives.ts'
import { foldedTexts } from '../../../fhir/terminology/words.ts'
import { createHierarchy, type Hierarchy } from './hierarchy.ts'
import { INDEXES, TABLES, toPairs } from './schema.ts'

const PROGRESS = 10_000
/** https://hl7.org/fhir/R4/datatypes.html#code, whose white space is that of ASCII. */
const CODE = /^[^\u0000-\u0020\u007f]+(?: [^\u0000-\u0020\u007f]+)*$/

/**
 * Writes the concepts into `file`, which must not be there, and resolves to how many there are. Rejects with FhirError `invalid`
 * for a code that comes twice, a parent that never comes, and a hierarchy that leads back to itself; the file is then of no use.
 */
export async function buildConcepts(
  file: string,
  head: CodeSystemHead,
  concepts: AsyncIterable<ConceptRow> | Iterable<ConceptRow>,
  onProgress: (done: number) => void = () => {},
): Promise<number> {
  const database = new DatabaseSync(file)
  try {
    // Nobody reads it yet, and what a crash leaves is thrown away.
    database.exec(
      'PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536; PRAGMA locking_mode = EXCLUSIVE;',
    )
    database.exec(TABLES)
    database.exec('BEGIN')
    const positions = await insertConcepts(database, head, concepts, onProgress)
    insertClosure(database, positions)
    database.prepare('INSERT INTO meta VALUES (?)').run(JSON.stringify(head))
    database.exec('COMMIT')
    database.exec(INDEXES)
    database.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL;')
    return positions.size
  } finally {
    database.close()
  }
}

async function insertConcepts(
  database: DatabaseSync,
  head: CodeSystemHead,
  concepts: AsyncIterable<ConceptRow> | Iterable<ConceptRow>,
  onProgress: (done: number) => void,
): Promise<ReadonlyMap<string, number>> {
  const positions = new Map<string, number>()
  const add = database.prepare('INSERT INTO concept VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?)')
  const addWords = database.prepare('INSERT INTO words (rowid, pairs) VALUES (?, ?)')
  const addProperty = database.prepare('INSERT OR IGNORE INTO property VALUES (?, ?, ?)')
  database.exec('CREATE TEMP TABLE stated (pos INTEGER, code TEXT)')
  const addParent = database.prepare('INSERT INTO stated VALUES (?, ?)')
  for await (const row of concepts) {
    const { code, display, definition, designations, properties, parents, inactive, abstract } = row
    if (!CODE.test(code))
      throw new FhirError(
        'invalid',
        `The code ${JSON.stringify(code)} is empty, or has spaces around it, two in a row, or control characters`,
      )
    if (positions.has(code)) throw new FhirError('invalid', `The code ${JSON.stringify(code)} comes twice`)
    const pos = positions.size
    positions.set(code, pos)
    add.run(
      pos,
      code,
      display ?? null,
      definition ?? null,
      inactive ? 1 : 0,
      abstract ? 1 : 0,
      toJson(designations),
      toJson(properties),
      head.caseSensitive ? null : code.toLowerCase(),
    )
    addWords.run(pos, toPairs(foldedTexts(row)))
    for (const { code: name, value } of properties) addProperty.run(name, toText(value), pos)
    for (const parent of parents) addParent.run(pos, parent)
    if (positions.size % PROGRESS === 0) onProgress(positions.size)
  }
  if (positions.size === 0) throw new FhirError('invalid', 'There is not one code')
  return positions
}

function toJson(list: readonly unknown[]): string | null {
  return list.length === 0 ? null : JSON.stringify(list)
}

function toText(value: unknown): string {
  if (isRawNumber(value)) return decimalText(value)
  return typeof value === 'object' && value !== null && 'code' in value ? String(value.code) : String(value)
}

// The rows come in the order of their key, so that each is put behind the last.
function insertClosure(database: DatabaseSync, positions: ReadonlyMap<string, number>): void {
  const hierarchy = readHierarchy(database, positions)
  if (!hierarchy) return
  const circle = hierarchy.circle()
  if (circle !== undefined)
    throw new FhirError('invalid', `The code ${JSON.stringify(codeAt(database, circle))} lies above itself`)
  const addParent = database.prepare('INSERT INTO parent VALUES (?, ?)')
  for (const [pos, parent] of hierarchy.pairs()) addParent.run(pos, parent)
  const add = database.prepare('INSERT INTO closure VALUES (?, ?)')
  const count = database.prepare('UPDATE concept SET below = ? WHERE pos = ?')
  for (let above = 0; above < positions.size; above++) {
    const below = hierarchy.below(above)
    for (const pos of below) add.run(above, pos)
    if (below.length > 1) count.run(below.length, above)
  }
}

// From the parents that were stated by code; undefined where nobody has any.
function readHierarchy(
  database: DatabaseSync,
  positions: ReadonlyMap<string, number>,
): Hierarchy | undefined {
  const [row] = database.prepare('SELECT count(*) AS n FROM stated').all() as { n: number }[]
  const [pos, parents] = [new Uint32Array(row!.n), new Uint32Array(row!.n)]
  let at = 0
  const stated = database.prepare('SELECT DISTINCT pos, code FROM stated').iterate()
  for (const { pos: below, code } of stated as Iterable<{ pos: number; code: string }>) {
    const parent = positions.get(code)
    if (parent === undefined)
      throw new FhirError('invalid', `The code ${JSON.stringify(code)} is named as a parent and never comes`)
    pos[at] = below
    parents[at++] = parent
  }
  return at === 0 ? undefined : createHierarchy(positions.size, pos.subarray(0, at), parents.subarray(0, at))
}

function codeAt(database: DatabaseSync, pos: number): string {
  return String(
    (database.prepare('SELECT code FROM concept WHERE pos = ?').get(pos) as { code: string }).code,
  )
}
