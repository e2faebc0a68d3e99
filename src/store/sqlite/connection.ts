// One SQLite connection with its statements prepared once. https://www.sqlite.org/pragma.html
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { NOW } from './now.ts'

export type SqlValue = null | number | bigint | string | Uint8Array

export interface Connection {
  /** All rows, each as an array of columns in select order. */
  all(sql: string, params: readonly SqlValue[]): SqlValue[][]
  /** The first row, or undefined. */
  get(sql: string, params: readonly SqlValue[]): SqlValue[] | undefined
  /** Rows one by one, in constant memory. */
  iterate(sql: string, params: readonly SqlValue[]): IterableIterator<SqlValue[]>
  run(sql: string, params: readonly SqlValue[]): { changes: number; lastInsertRowid: number }
  exec(sql: string): void
  /** The id of index parameter `Type.code`, or undefined where no entry of it was ever written. */
  paramId(name: string): number | undefined
  /** The id of a resource type, or undefined where none was ever written. */
  typeId(name: string): number | undefined
  typeName(id: number): string
  /** The number of a text in facet rows, or undefined where none was ever written. */
  valueId(text: string): number | undefined
  /** How many of these look-ups found nothing: what was compiled while it grew may have to be compiled anew. */
  misses(): number
  /** A number that is another one whenever anybody's access may be another; read again where anything was committed. */
  consentEpoch(): number
  /** A number that is another one whenever conditions on grants are to be compiled anew. */
  shapes(): number
  /** A number that is another one whenever a name was given a number: what found nothing may find something. */
  named(): number
  /** Forgets ids learnt from rows that a rollback has undone. */
  forget(): void
  /** True between BEGIN and its end; some errors end a transaction by themselves. */
  inTransaction(): boolean
  close(): void
}

export interface ConnectionOptions {
  readonly readOnly?: boolean
  readonly cacheKiB?: number
  /** How much of the file is read through memory mapping instead of the page cache; it counts as resident memory. */
  readonly mmapBytes?: number
}

function bind(values: readonly SqlValue[]): SqlValue[] {
  if (!values.includes(NOW)) return values as SqlValue[]
  const now = Date.now()
  return values.map((value) => (value === NOW ? now : value))
}

const MAX_STATEMENTS = 512

// Names are only ever added.
const MARKS = `SELECT value, shapes, (SELECT coalesce(max(id), 0) FROM facet_value) + (SELECT coalesce(max(id), 0) FROM param)
  + (SELECT coalesce(max(id), 0) FROM type) FROM consent_epoch`

/** Opens `file`; every connection of every thread and process uses the same durability settings. */
export function openConnection(file: string, options: ConnectionOptions = {}): Connection {
  const database = new DatabaseSync(file, { readOnly: options.readOnly ?? false, timeout: 10_000 })
  if (!options.readOnly) database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;')
  database.exec(
    `PRAGMA cache_size = -${options.cacheKiB ?? 32_768}; PRAGMA temp_store = MEMORY;
     PRAGMA mmap_size = ${options.mmapBytes ?? 1_073_741_824};`,
  )
  const statements = new Map<string, StatementSync>()

  function prepare(sql: string): StatementSync {
    const known = statements.get(sql)
    if (known) return known
    const statement = database.prepare(sql)
    statement.setReturnArrays(true)
    if (statements.size >= MAX_STATEMENTS) statements.delete(statements.keys().next().value!)
    statements.set(sql, statement)
    return statement
  }

  const rows = (sql: string, params: readonly SqlValue[]) =>
    prepare(sql).all(...bind(params)) as unknown as SqlValue[][]

  function dictionary(table: 'param' | 'type') {
    const ids = new Map<string, number>()
    const names = new Map<number, string>()
    const learn = (id: number, name: string) => {
      ids.set(name, id)
      names.set(id, name)
    }
    return {
      id(name: string): number | undefined {
        if (!ids.has(name))
          for (const [id] of rows(`SELECT id FROM ${table} WHERE name = ?`, [name])) learn(id as number, name)
        return ids.get(name)
      },
      name(id: number): string {
        if (!names.has(id))
          for (const [name] of rows(`SELECT name FROM ${table} WHERE id = ?`, [id])) learn(id, name as string)
        return names.get(id)!
      },
      forget(): void {
        ids.clear()
        names.clear()
      },
    }
  }
  const params = dictionary('param')
  const types = dictionary('type')
  let missed = 0
  const noting = <T>(value: T | undefined): T | undefined => {
    if (value === undefined) missed++
    return value
  }

  let dataVersion: unknown
  let marks: readonly [epoch: number, shapes: number, named: number] = [0, 0, 0]
  function readMarks(): typeof marks {
    // What a connection writes itself does not change its data version.
    const [current] = options.readOnly ? rows('PRAGMA data_version', [])[0]! : [undefined]
    if (current !== undefined && current === dataVersion) return marks
    marks = rows(MARKS, [])[0] as unknown as typeof marks
    dataVersion = current
    return marks
  }

  return {
    all: rows,
    consentEpoch: () => readMarks()[0],
    shapes: () => readMarks()[1],
    named: () => readMarks()[2],
    get: (sql, values) => prepare(sql).get(...bind(values)) as unknown as SqlValue[] | undefined,
    iterate: (sql, values) =>
      database.prepare(sql).iterate(...bind(values)) as unknown as IterableIterator<SqlValue[]>,
    run(sql, values) {
      const { changes, lastInsertRowid } = prepare(sql).run(...bind(values))
      return { changes: Number(changes), lastInsertRowid: Number(lastInsertRowid) }
    },
    exec: (sql) => database.exec(sql),
    paramId: (name) => noting(params.id(name)),
    typeId: (name) => noting(types.id(name)),
    valueId: (text) =>
      noting(rows('SELECT id FROM facet_value WHERE text = ?', [text])[0]?.[0] as number | undefined),
    misses: () => missed,
    typeName: types.name,
    forget() {
      params.forget()
      types.forget()
    },
    inTransaction: () => database.isTransaction,
    close: () => database.close(),
  }
}
