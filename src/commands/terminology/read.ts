// A file of concepts, a FHIR CodeSystem or a table, as rows to load. https://www.rfc-editor.org/rfc/rfc4180
import { createReadStream, readFileSync, statSync } from 'node:fs'
import { createGunzip, gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse'
import type { CodeSystemHead, ConceptRow } from '../../fhir/code-system.ts'
import { parseJson } from '../../fhir/json.ts'
import { FhirError } from '../../fhir/outcome.ts'
import type { Resource } from '../../fhir/resource.ts'
import { createSource } from '../../fhir/terminology/source.ts'
import { type Columns, FORMATS, findColumns, type Mapping } from './columns.ts'

export { FORMATS } from './columns.ts'

/** What the command line says of the file. */
export interface Options {
  readonly format?: string
  readonly url?: string
  readonly version?: string
  readonly name?: string
  readonly code?: string
  readonly display?: string
  readonly parent?: string
  readonly definition?: string
  readonly inactive?: string
  readonly property?: readonly string[]
  readonly designation?: readonly string[]
  readonly encoding?: string
  readonly 'case-insensitive'?: boolean
  readonly 'no-header'?: boolean
}

export interface ReadFile {
  readonly head: CodeSystemHead
  readonly concepts: AsyncIterable<ConceptRow> | Iterable<ConceptRow>
  readonly size: number
  /** Bytes read so far. */
  position(): number
}

/** Resolves to what a file holds; throws FhirError `invalid`, or RangeError for options that do not fit it. */
export async function readConcepts(file: string, options: Options): Promise<ReadFile> {
  const stats = statSync(file, { throwIfNoEntry: false })
  if (!stats?.isFile()) throw new FhirError('invalid', 'There is no such file')
  const name = file.replace(/\.gz$/, '')
  return name.endsWith('.json')
    ? readCodeSystem(file, stats.size, options)
    : readTable(file, stats.size, options)
}

async function readCodeSystem(file: string, size: number, options: Options): Promise<ReadFile> {
  const bytes = readFileSync(file)
  const resource = parseJson(file.endsWith('.gz') ? gunzipSync(bytes) : bytes) as Resource
  if (resource.resourceType !== 'CodeSystem') throw new FhirError('invalid', 'The file holds no CodeSystem')
  const source = createSource({
    ...resource,
    ...(options.url !== undefined && { url: options.url }),
    ...(options.version !== undefined && { version: options.version }),
  })
  if (!/^[a-z][a-z0-9+.-]*:/i.test(source.url)) throw new RangeError('the code system has no url: give --url')
  if (source.content !== 'complete' && source.content !== 'fragment')
    throw new FhirError(
      'invalid',
      `The CodeSystem says of its content: ${source.content}; its codes are not in it`,
    )
  const { url, version, name, title, caseSensitive, content, properties } = source
  const head = { url, caseSensitive, content, properties, ...given({ version, name, title }) }
  return {
    head,
    concepts: await source.select({ filters: [] }, 0, Number.MAX_SAFE_INTEGER),
    size,
    position: () => size,
  }
}

function given(texts: { version?: string; name?: string; title?: string }): Partial<CodeSystemHead> {
  return Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== undefined))
}

function readTable(file: string, size: number, options: Options): ReadFile {
  const format = options.format === undefined ? undefined : FORMATS[options.format]
  if (options.format !== undefined && !format)
    throw new RangeError(`--format must be one of ${Object.keys(FORMATS).join(', ')}`)
  const mapping = toMapping(options, format)
  const url = options.url ?? format?.url
  if (url === undefined) throw new RangeError('a table needs --url (or a --format that has one)')
  const raw = createReadStream(file)
  const head: CodeSystemHead = {
    url,
    caseSensitive: !(options['case-insensitive'] ?? format?.caseInsensitive ?? false),
    content: 'complete',
    properties: mapping.properties.map(([code]) => ({ code, type: 'string' })),
    ...given({
      ...(options.version !== undefined && { version: options.version }),
      ...((options.name ?? format?.name) !== undefined && { name: (options.name ?? format?.name)! }),
    }),
  }
  const delimiter = /\.(?:tsv|txt)(?:\.gz)?$/.test(file) ? '\t' : ','
  const bytes = file.endsWith('.gz') ? raw.pipe(createGunzip()) : raw
  raw.on('error', (error) => bytes.destroy(error))
  const texts = decode(bytes, options.encoding ?? format?.encoding ?? 'utf-8')
  return { head, concepts: readRows(texts, delimiter, mapping), size, position: () => raw.bytesRead }
}

async function* decode(bytes: AsyncIterable<Uint8Array>, encoding: string): AsyncGenerator<string> {
  let decoder: TextDecoder
  try {
    decoder = new TextDecoder(encoding, { fatal: true })
  } catch {
    throw new RangeError(`--encoding ${encoding} is not known`)
  }
  try {
    for await (const chunk of bytes) yield decoder.decode(chunk, { stream: true })
    yield decoder.decode()
  } catch (error) {
    if (error instanceof TypeError)
      throw new FhirError('invalid', `The file is not ${encoding}: give --encoding`)
    throw error
  }
}

function pair(text: string, option: string): readonly [string, string] {
  const at = text.indexOf('=')
  if (at <= 0) throw new RangeError(`--${option} must be NAME=COLUMN`)
  return [text.slice(0, at), text.slice(at + 1)]
}

function toMapping(options: Options, format: (typeof FORMATS)[string] | undefined): Mapping {
  const own = format?.mapping
  const code = options.code ?? own?.code
  if (code === undefined) throw new RangeError('a table needs --code (or a --format)')
  const inactive = options.inactive === undefined ? own?.inactive : toInactive(options.inactive)
  const display = options.display ?? own?.display
  const parent = options.parent ?? own?.parent
  const definition = options.definition ?? own?.definition
  return {
    code,
    properties: options.property?.map((each) => pair(each, 'property')) ?? own?.properties ?? [],
    designations: options.designation?.map((each) => pair(each, 'designation')) ?? own?.designations ?? [],
    hasHeader: !options['no-header'],
    skipRepeated: own?.skipRepeated ?? false,
    ...(display !== undefined && { display }),
    ...(parent !== undefined && { parent }),
    ...(definition !== undefined && { definition }),
    ...(inactive && { inactive }),
  }
}

function toInactive(text: string): Mapping['inactive'] {
  const [column, value] = pair(text, 'inactive')
  return { column, values: [value] }
}

async function* readRows(
  texts: AsyncIterable<string>,
  delimiter: string,
  mapping: Mapping,
): AsyncGenerator<ConceptRow> {
  const parser = parse({
    delimiter,
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
    info: true,
    max_record_size: 1_048_576,
  })
  feed(texts, parser)
  let columns: Columns | undefined
  const seen = new Set<string>()
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: readonly string[]
      info: { lines: number }
    }>) {
      if (!columns) {
        columns = findColumns(mapping, record)
        if (mapping.hasHeader) continue
      }
      const row = toRow(columns, mapping, record)
      if (row.code === '') throw new FhirError('invalid', `Line ${info.lines} has no code`)
      if (mapping.skipRepeated && seen.has(row.code)) continue
      if (mapping.skipRepeated) seen.add(row.code)
      yield row
    }
  } catch (error) {
    const code = (error as { code?: unknown }).code
    if (typeof code === 'string' && code.startsWith('CSV_'))
      throw new FhirError('invalid', `The table cannot be read: ${(error as Error).message}`)
    throw error
  }
}

// A failure to read is told where the rows are asked for.
function feed(texts: AsyncIterable<string>, parser: ReturnType<typeof parse>): void {
  const run = async () => {
    for await (const text of texts)
      if (!parser.write(text)) await new Promise((resolve) => parser.once('drain', resolve))
    parser.end()
  }
  run().catch((error: Error) => parser.destroy(error))
}

function toRow(columns: Columns, { inactive }: Mapping, record: readonly string[]): ConceptRow {
  const at = (column: number | undefined) =>
    column === undefined ? undefined : record[column]?.trim() || undefined
  const [display, definition] = [at(columns.display), at(columns.definition)]
  return {
    code: at(columns.code) ?? '',
    designations: columns.designations.flatMap(([language, column]) => {
      const value = at(column)
      return value === undefined ? [] : [{ language, value }]
    }),
    properties: columns.properties.flatMap(([code, column]) => {
      const value = at(column)
      return value === undefined ? [] : [{ code, type: 'string' as const, value }]
    }),
    parents: at(columns.parent)?.split('|') ?? [],
    inactive: inactive?.values.includes(at(columns.inactive) ?? '') ?? false,
    abstract: false,
    ...(display !== undefined && { display }),
    ...(definition !== undefined && { definition }),
  }
}
