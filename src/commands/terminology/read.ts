// A file of concepts, a FHIR CodeSystem or a table, as rows to load. https://www.rfc-editor.org/rfc/rfc4180
import { createReadStream, readFileSync, statSync } from 'node:fs'
import { createGunzip, gunzipSync } from 'node:zlib'
import type { CodeSystemHead, ConceptRow } from '../../fhir/code-system.ts'
import { parseJson } from '../../fhir/json.ts'
import { FhirError } from '../../fhir/outcome.ts'
import type { Resource } from '../../fhir/resource.ts'
import { createSource } from '../../fhir/terminology/source.ts'
import { FORMATS, type Mapping } from './columns.ts'
import { createPlace, type Place, readRows } from './rows.ts'

export { FORMATS } from './columns.ts'

/** A FHIR CodeSystem is read as a whole; a table may be as large as it likes. */
const MAX_JSON_BYTES = 256 * 1024 * 1024

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
  /** Where in a table the row stands that was given last; undefined before the first and after the last. */
  line(): number | undefined
}

/** Resolves to what a file holds; throws FhirError `invalid`, or RangeError for options that do not fit it. */
export async function readConcepts(file: string, options: Options): Promise<ReadFile> {
  const stats = statSync(file, { throwIfNoEntry: false })
  if (!stats?.isFile()) throw new FhirError('invalid', 'There is no such file')
  if (!/\.(?:json|csv|tsv|txt)(?:\.gz)?$/i.test(file))
    throw new RangeError(
      'the name of the file must end in .json, .csv, .tsv or .txt, or one of these and .gz',
    )
  const read = /\.json(?:\.gz)?$/i.test(file)
    ? await readCodeSystem(file, stats.size, options)
    : readTable(file, stats.size, options)
  if (!/^[a-z][a-z0-9+.-]*:[^\s|#]+$/i.test(read.head.url))
    throw new RangeError(
      `${JSON.stringify(read.head.url)} is no url of a code system: give --url, and the version by --version`,
    )
  return read
}

function isGzip(file: string): boolean {
  return /\.gz$/i.test(file)
}

async function readCodeSystem(file: string, size: number, options: Options): Promise<ReadFile> {
  const resource = parseJson(readWhole(file, size)) as Partial<Resource> | null
  if (resource?.resourceType !== 'CodeSystem') throw new FhirError('invalid', 'The file holds no CodeSystem')
  assertConcepts(resource['concept'])
  const source = createSource({
    ...resource,
    ...(options.url !== undefined && { url: options.url }),
    ...(options.version !== undefined && { version: options.version }),
    ...(options.name !== undefined && { name: options.name }),
  } as Resource)
  if (source.url === 'undefined') throw new RangeError('the code system has no url: give --url')
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
    line: () => undefined,
  }
}

function readWhole(file: string, size: number): Uint8Array {
  const tooLarge = () =>
    new FhirError(
      'too-large',
      `A CodeSystem of more than ${MAX_JSON_BYTES / 1024 / 1024} MiB cannot be read; a table can`,
    )
  if (size > MAX_JSON_BYTES) throw tooLarge()
  const bytes = readFileSync(file)
  if (!isGzip(file)) return bytes
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_JSON_BYTES })
  } catch (error) {
    throw error instanceof RangeError ? tooLarge() : toGzipError(error)
  }
}

function toGzipError(error: unknown): unknown {
  const code = (error as { code?: unknown }).code
  return code === 'Z_BUF_ERROR' || code === 'Z_DATA_ERROR'
    ? new FhirError('invalid', `The file is no whole gzip file: ${(error as Error).message}`)
    : error
}

// What a resource in memory would pass over: https://hl7.org/fhir/R4/codesystem.html#invs csd-1
function assertConcepts(concepts: unknown): void {
  const seen = new Set<string>()
  const walk = (list: unknown, path: string): void => {
    if (list === undefined) return
    if (!Array.isArray(list)) throw new FhirError('invalid', `${path} is no list`)
    for (const [n, each] of list.entries()) {
      const { code, concept } = (each ?? {}) as { code?: unknown; concept?: unknown }
      if (typeof code !== 'string') throw new FhirError('invalid', `${path}[${n}] has no code`)
      if (seen.has(code))
        throw new FhirError('invalid', `The code ${JSON.stringify(code)} comes twice: ${path}[${n}]`)
      seen.add(code)
      walk(concept, `${path}[${n}].concept`)
    }
  }
  walk(concepts, 'CodeSystem.concept')
}

function given(texts: { version?: string; name?: string; title?: string }): Partial<CodeSystemHead> {
  return Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== undefined))
}

function readTable(file: string, size: number, options: Options): ReadFile {
  const format = Object.hasOwn(FORMATS, options.format ?? '') ? FORMATS[options.format!] : undefined
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
  const delimiter = /\.(?:tsv|txt)(?:\.gz)?$/i.test(file) ? '\t' : ','
  const bytes = isGzip(file) ? raw.pipe(createGunzip()) : raw
  raw.on('error', (error) => bytes.destroy(error))
  const texts = decode(bytes, options.encoding ?? format?.encoding ?? 'utf-8')
  const place: Place = createPlace()
  return {
    head,
    concepts: readRows(texts, delimiter, mapping, place),
    size,
    position: () => raw.bytesRead,
    line: () => place.line,
  }
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
    throw toGzipError(error)
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
    // Of other columns than the format's nothing is known.
    ...(own?.pattern && code === own.code && { pattern: own.pattern }),
    ...(own?.codeLength !== undefined && code === own.code && { codeLength: own.codeLength }),
  }
}

function toInactive(text: string): Mapping['inactive'] {
  const [column, value] = pair(text, 'inactive')
  return { column, values: [value] }
}
