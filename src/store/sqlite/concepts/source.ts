// A code system read from its file: by index wherever there is one, and never so long at a time that others wait. https://hl7.org/fhir/R4/codesystem.html
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { CodeSystemHead, CodeSystemSource } from '../../../fhir/code-system.ts'
import type { Ask, Tables, Value } from './filters.ts'
import { listClosure, recordAt, toConcept } from './record.ts'
import { countSelection, holdsFor, selectPage } from './select.ts'

export interface OpenSource extends CodeSystemSource {
  close(): void
}

/** Opens the file of a code system. */
export function openSource(file: string): OpenSource {
  const database = new DatabaseSync(file, { readOnly: true })
  database.exec('PRAGMA cache_size = -16384; PRAGMA mmap_size = 1073741824;')
  const ask = createAsk(database)
  const head = JSON.parse(ask<{ head: string }>('SELECT head FROM meta', [])[0]!.head) as CodeSystemHead
  const tables: Tables = {
    ask,
    count: ask<{ n: number }>('SELECT coalesce(max(pos) + 1, 0) AS n FROM concept', [])[0]!.n,
    isHierarchical: ask('SELECT 1 FROM parent LIMIT 1', []).length > 0,
    positionOf: (code) => findPosition(ask, code, head.caseSensitive),
  }
  return {
    ...head,
    count: tables.count,
    isHierarchical: tables.isHierarchical,
    async concept(code) {
      const pos = tables.positionOf(code)
      return pos === undefined ? undefined : toConcept(ask, recordAt(ask, pos))
    },
    selects: async (selection, code) => holdsFor(tables, selection, code),
    select: (selection, offset, limit) => selectPage(tables, selection, { offset, limit }),
    total: (selection) => countSelection(tables, selection),
    closure: async (code, direction, limit) => listClosure(tables, code, direction, limit + 1),
    subsumes: async (ancestor, code) => subsumes(tables, ancestor, code),
    close: () => database.close(),
  }
}

/** Statements differ by the kinds of filters alone: what they look for is bound. */
function createAsk(database: DatabaseSync): Ask {
  const statements = new Map<string, StatementSync>()
  return <Row>(sql: string, values: readonly Value[]) => {
    const statement = statements.get(sql) ?? database.prepare(sql)
    statements.set(sql, statement)
    return statement.all(...values) as unknown as Row[]
  }
}

function findPosition(ask: Ask, code: string, caseSensitive: boolean): number | undefined {
  const [exact] = ask<{ pos: number }>('SELECT pos FROM concept WHERE code = ?', [code])
  if (exact || caseSensitive) return exact?.pos
  const folded = 'SELECT pos FROM concept WHERE folded = ? ORDER BY pos DESC LIMIT 1'
  return ask<{ pos: number }>(folded, [code.toLowerCase()])[0]?.pos
}

function subsumes({ ask, positionOf }: Tables, ancestor: string, code: string): boolean {
  const [above, pos] = [positionOf(ancestor), positionOf(code)]
  if (above === undefined || pos === undefined) return false
  return above === pos || ask('SELECT 1 FROM closure WHERE above = ? AND pos = ?', [above, pos]).length > 0
}
