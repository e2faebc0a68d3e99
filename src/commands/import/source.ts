// Reads a file of resources: NDJSON line by line in constant memory, or one JSON document; plain or gzip, told by its bytes.
import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs'
import { createGunzip } from 'node:zlib'

/** One resource as it stands in a file; `line` counts from 1. */
export interface SourceLine {
  readonly line: number
  readonly bytes: Uint8Array
  /** Bytes of the file (compressed, if it is) read so far: what a progress bar shows. */
  readonly position: number
}

export interface Source {
  readonly file: string
  readonly size: number
  /** Changes when the file does: an import resumes only on the same file. */
  readonly fingerprint: string
  readonly gzip: boolean
}

const CHUNK_BYTES = 1 << 20
const NEWLINE = 0x0a

/** Looks at a file without reading it. Throws what the file system throws where it cannot be read. */
export function openSource(file: string): Source {
  const { size, mtimeMs } = statSync(file)
  const magic = Buffer.alloc(2)
  const descriptor = openSync(file, 'r')
  readSync(descriptor, magic, 0, 2, 0)
  closeSync(descriptor)
  return { file, size, fingerprint: `${size}-${mtimeMs}`, gzip: magic[0] === 0x1f && magic[1] === 0x8b }
}

async function* readChunks(source: Source): AsyncGenerator<{ chunk: Buffer; position: number }> {
  const raw = createReadStream(source.file, { highWaterMark: CHUNK_BYTES })
  const bytes = source.gzip ? raw.pipe(createGunzip({ chunkSize: CHUNK_BYTES })) : raw
  raw.on('error', (error) => bytes.destroy(error))
  for await (const chunk of bytes) yield { chunk: chunk as Buffer, position: raw.bytesRead }
}

const isBlank = (bytes: Uint8Array) => bytes.every((byte) => byte === 0x20 || byte === 0x0d || byte === 0x09)

/** Yields the lines that hold something. A line longer than memory allows ends the walk with an error of Node's own. */
export async function* readLines(source: Source): AsyncGenerator<SourceLine> {
  let held: Buffer[] = []
  let line = 0
  let position = 0
  const finish = (last: Buffer): SourceLine | undefined => {
    line++
    const bytes = held.length === 0 ? last : Buffer.concat([...held, last])
    held = []
    return isBlank(bytes) ? undefined : { line, bytes, position }
  }
  for await (const read of readChunks(source)) {
    position = read.position
    let from = 0
    for (let to = read.chunk.indexOf(NEWLINE); to >= 0; to = read.chunk.indexOf(NEWLINE, from)) {
      const found = finish(read.chunk.subarray(from, to))
      from = to + 1
      if (found) yield found
    }
    if (from < read.chunk.length) held.push(read.chunk.subarray(from))
  }
  const found = held.length > 0 ? finish(Buffer.alloc(0)) : undefined
  if (found) yield found
}

/** Returns the whole file, unpacked. */
export async function readWhole(source: Source): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const { chunk } of readChunks(source)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** True where the file holds one JSON value to a line: by its name, or because its first line is a value of its own. */
export async function isNdjson(source: Source): Promise<boolean> {
  if (/\.(ndjson|jsonl)(\.gz)?$/i.test(source.file)) return true
  for await (const { bytes } of readLines(source)) {
    const first = Buffer.from(bytes).toString('utf8').trim()
    if (!first.endsWith('}')) return false
    try {
      return (JSON.parse(first) as { resourceType?: string }).resourceType !== 'Bundle'
    } catch {
      return false
    }
  }
  return false
}
