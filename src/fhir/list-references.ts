// Which of our own resources a stored document refers to, told from its bytes. https://hl7.org/fhir/R4/references.html#literal
import { type Ground, toEntryKey, toKey } from './prune/scope.ts'

const MARK = Buffer.from('"reference":"')
const HOLDERS = ['"resourceType":"Bundle"', '"resourceType":"Parameters"'].map((text) => Buffer.from(text))
const PATIENT = Buffer.from('Patient/')
const QUOTE = 0x22

/**
 * Returns the `Type/id`, each once, of our own personal resources (never a Patient) to which `document` refers by a literal
 * reference, or which an entry of it shows: at least all with which `prune` can be asked about. `document` is JSON as
 * `stringifyJson` writes it, without white space; about a microsecond per kilobyte.
 */
export function listReferences(
  document: Uint8Array,
  isPersonal: (type: string) => boolean,
  baseUrl?: string,
): readonly string[] {
  const bytes = Buffer.from(document.buffer, document.byteOffset, document.byteLength)
  const ground = { isPersonal, ...(baseUrl !== undefined && { baseUrl }) }
  const keys = new Set<string>()
  // Quotes in a string are escaped, so that the mark, whole, only stands where a property begins.
  for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at)) {
    at += MARK.length
    if (bytes[at] === 0x23 || startsWith(bytes, PATIENT, at)) continue
    const key = toKey(ground, bytes.toString('latin1', at, bytes.indexOf(QUOTE, at)))
    if (key !== undefined) keys.add(key)
  }
  if (HOLDERS.some((holder) => bytes.includes(holder))) addEntries(JSON.parse(bytes.toString()), ground, keys)
  return [...keys]
}

function startsWith(bytes: Buffer, mark: Buffer, at: number): boolean {
  for (let i = 0; i < mark.length; i++) if (bytes[at + i] !== mark[i]) return false
  return true
}

function addEntries(value: object, ground: Omit<Ground, 'definitions'>, keys: Set<string>): void {
  if ('resource' in value) {
    const key = toEntryKey(ground, value as Record<string, unknown>)
    if (key !== undefined) keys.add(key)
  }
  for (const child of Object.values(value))
    if (typeof child === 'object' && child !== null) addEntries(child, ground, keys)
}
