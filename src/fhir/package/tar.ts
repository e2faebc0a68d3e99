// The files of a tar archive in memory. https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06
import { FhirError } from '../outcome.ts'

export interface TarEntry {
  /** With slashes, as the archive has it; nothing is ever written under it. */
  readonly name: string
  readonly bytes: Uint8Array
}

const BLOCK = 512
const MAX_ENTRIES = 50_000

/** Yields the plain files of an archive in order; throws FhirError `invalid` for what is no tar archive. */
export function* readTar(archive: Uint8Array): Generator<TarEntry> {
  let longName: string | undefined
  let entries = 0
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const header = archive.subarray(at, at + BLOCK)
    if (header.every((byte) => byte === 0)) return
    assertHeader(header)
    if (++entries > MAX_ENTRIES) throw refuse('it has too many entries')
    const size = readOctal(header, 124, 12)
    const body = archive.subarray(at + BLOCK, at + BLOCK + size)
    if (body.length < size) throw refuse('it ends within a file')
    const kind = String.fromCharCode(header[156]!)
    if (kind === 'x') longName = readPaxName(body) ?? longName
    else if (kind === 'L') longName = cut(body)
    else {
      if (kind === '0' || kind === '\0') yield { name: longName ?? readName(header), bytes: body }
      longName = undefined
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
  }
}

function refuse(why: string): FhirError {
  return new FhirError('invalid', `This is no tar archive that can be read: ${why}`)
}

// The sum of all bytes, with spaces in the place of the sum.
function assertHeader(header: Uint8Array): void {
  let sum = 0
  for (let at = 0; at < BLOCK; at++) sum += at >= 148 && at < 156 ? 0x20 : header[at]!
  if (sum !== readOctal(header, 148, 8)) throw refuse('a header has a wrong checksum')
}

function readOctal(header: Uint8Array, from: number, length: number): number {
  const text = cut(header.subarray(from, from + length)).trim()
  if (!/^[0-7]*$/.test(text)) throw refuse('a number is not octal')
  return text === '' ? 0 : Number.parseInt(text, 8)
}

function readName(header: Uint8Array): string {
  const [name, prefix] = [cut(header.subarray(0, 100)), cut(header.subarray(345, 500))]
  const isUstar = cut(header.subarray(257, 263)).startsWith('ustar')
  return isUstar && prefix !== '' ? `${prefix}/${name}` : name
}

function readPaxName(body: Uint8Array): string | undefined {
  return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(new TextDecoder().decode(body))?.[1]
}

// Up to the first zero byte.
function cut(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end))
}
