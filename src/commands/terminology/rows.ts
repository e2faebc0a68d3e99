// The rows of a table as concepts; what is wrong with a row is told with its line, and then none is of use. https://www.rfc-editor.org/rfc/rfc4180
import { parse } from 'csv-parse'
import type { ConceptRow } from '../../fhir/code-system.ts'
import { FhirError, type Issue } from '../../fhir/outcome.ts'
import { type Columns, findColumns, type Mapping } from './columns.ts'

/** Where the row stands that was given last. */
export interface Place {
  line: number | undefined
}

interface Record {
  readonly record: readonly string[]
  readonly info: { readonly lines: number }
}

const MAX_RECORD = 1_048_576
/** Rows at fault of which each is told. */
const MAX_TOLD = 20

/** Returns a place at no row. */
export function createPlace(): Place {
  return { line: undefined }
}

/**
 * Yields the concepts of the table that `texts` make. Throws FhirError `invalid`: at once for a column that is not there or text that
 * is no table, and after the last row for all rows that have no code, one that does not fit, or too few or too many fields.
 */
export async function* readRows(
  texts: AsyncIterable<string>,
  delimiter: string,
  mapping: Mapping,
  place: Place,
): AsyncGenerator<ConceptRow> {
  const faults = createFaults()
  const seen = new Set<string>()
  let columns: Columns | undefined
  let width = 0
  for await (const { record, info } of parseTable(texts, delimiter)) {
    if (!columns) {
      columns = findColumns(mapping, record)
      width = record.length
      if (mapping.hasHeader) continue
    }
    place.line = info.lines
    const row = toRow(columns, mapping, record)
    if (mapping.skipRepeated && (row.code === '' || seen.has(row.code))) continue
    const fault = faultOf(row, record, width, mapping)
    if (fault !== undefined) faults.add(info.lines, fault)
    // Nothing will come of it: the rest is only read for its faults.
    if (faults.count > 0) continue
    if (mapping.skipRepeated) seen.add(row.code)
    yield row
  }
  place.line = undefined
  faults.assertNone()
}

async function* parseTable(texts: AsyncIterable<string>, delimiter: string): AsyncGenerator<Record> {
  const parser = parse({
    delimiter,
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
    info: true,
    max_record_size: MAX_RECORD,
  })
  feed(texts, parser)
  try {
    yield* parser as AsyncIterable<Record>
  } catch (error) {
    const code = (error as { code?: unknown }).code
    if (typeof code === 'string' && code.startsWith('CSV_'))
      throw new FhirError('invalid', `The table cannot be read: ${(error as Error).message}`)
    throw error
  }
}

// A failure to read is told where the rows are asked for; whoever stops asking stops the reading.
function feed(texts: AsyncIterable<string>, parser: ReturnType<typeof parse>): void {
  const run = async () => {
    for await (const text of texts) {
      if (!parser.write(text))
        await new Promise<void>((resolve) => {
          parser.once('drain', resolve)
          parser.once('close', resolve)
        })
      if (parser.destroyed) return
    }
    parser.end()
  }
  run().catch((error: Error) => parser.destroy(error))
}

function faultOf(
  { code }: ConceptRow,
  record: readonly string[],
  width: number,
  { pattern }: Mapping,
): string | undefined {
  const isLonger = record.slice(width).some((field) => field !== '')
  if (record.length < width || isLonger) return `has ${record.length} fields and not ${width}`
  if (code === '') return 'has no code'
  if (pattern && !pattern.test(code)) return `has ${JSON.stringify(code.slice(0, 40))} where a code should be`
  return record.some((field) => CONTROLS.test(field)) ? 'holds control characters' : undefined
}

const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/

interface Faults {
  readonly count: number
  add(line: number, text: string): void
  assertNone(): void
}

function createFaults(): Faults {
  const issues: Issue[] = []
  let count = 0
  return {
    get count() {
      return count
    },
    add(line, text) {
      count++
      if (issues.length < MAX_TOLD)
        issues.push({ severity: 'error', code: 'invalid', diagnostics: `Line ${line} ${text}` })
    },
    assertNone() {
      if (count === 0) return
      const more =
        count > issues.length ? [`and ${(count - issues.length).toLocaleString('en')} rows more`] : []
      const lines = [...issues.map(({ diagnostics }) => diagnostics), ...more]
      throw new FhirError('invalid', lines.join('\n'), issues)
    },
  }
}

function toRow(columns: Columns, mapping: Mapping, record: readonly string[]): ConceptRow {
  const at = (column: number | undefined) =>
    column === undefined ? undefined : record[column]?.trim() || undefined
  const [display, definition] = [at(columns.display), at(columns.definition)]
  return {
    code: (at(columns.code) ?? '').slice(0, mapping.codeLength),
    designations: columns.designations.flatMap(([language, column]) => {
      const value = at(column)
      return value === undefined ? [] : [{ language, value }]
    }),
    properties: columns.properties.flatMap(([code, column]) => {
      const value = at(column)
      return value === undefined ? [] : [{ code, type: 'string' as const, value }]
    }),
    parents:
      at(columns.parent)
        ?.split('|')
        .map((parent) => parent.trim())
        .filter((parent) => parent !== '') ?? [],
    inactive: mapping.inactive?.values.includes(at(columns.inactive) ?? '') ?? false,
    abstract: false,
    ...(display !== undefined && { display }),
    ...(definition !== undefined && { definition }),
  }
}
