// A resource as the bytes that are stored and served. https://hl7.org/fhir/R4/resource.html#Meta
import { stringifyJson } from './json.ts'
import { FhirError } from './outcome.ts'
import { decimalText, isNumber } from './primitives.ts'
import type { Resource } from './resource.ts'

/** UTF-8 JSON in which the store writes `YYYY-MM-DDTHH:mm:ss.sssZ` (UTC, 24 bytes) at byte `stampAt`. */
export interface BlankDocument {
  readonly document: Uint8Array
  readonly stampAt: number
}

/** Bytes of `meta.lastUpdated` as we write it. */
export const STAMP_LENGTH = 24

const BLANK = ' '.repeat(STAMP_LENGTH)

/**
 * Returns the document of version `versionId`: resourceType, id, meta (versionId, a blank lastUpdated, then the rest of
 * meta), then the other elements as given. A versionId and lastUpdated that the client sent are dropped.
 * Throws FhirError `structure` where resourceType, id or meta is not what it must be.
 */
export function buildDocument(resource: Resource, versionId: string): BlankDocument {
  const { resourceType, id, meta, ...elements } = resource
  if (typeof resourceType !== 'string') throw new FhirError('structure', 'resourceType must be a string')
  if (id !== undefined && typeof id !== 'string') throw new FhirError('structure', 'id must be a string')
  if (meta !== undefined && !isElement(meta)) throw new FhirError('structure', 'meta must be an object')
  const start = `{"resourceType":${JSON.stringify(resourceType)}`
  const name = id === undefined ? '' : `,"id":${JSON.stringify(id)}`
  const head = `${start}${name},"meta":{"versionId":${JSON.stringify(versionId)},"lastUpdated":"`
  const text = `${head}${BLANK}"${rest(givenMeta(meta ?? {}))}${rest(elements)}`
  return { document: Buffer.from(text), stampAt: Buffer.byteLength(head) }
}

/** Returns a copy of `blank` with `lastUpdated` (ms) filled in: what a store does at commit. */
export function stampDocument(blank: BlankDocument, lastUpdated: number): Uint8Array {
  const document = Uint8Array.from(blank.document)
  document.set(Buffer.from(new Date(lastUpdated).toISOString()), blank.stampAt)
  return document
}

/**
 * True where an update would change nothing, so that it makes no version: equal but for meta.versionId, meta.lastUpdated
 * and the order of properties; numbers by their text (`1.0` is not `1.00`). https://hl7.org/fhir/R4/http.html#update
 */
export function sameContent(a: Resource, b: Resource): boolean {
  const { meta: metaA = {}, ...elementsA } = a
  const { meta: metaB = {}, ...elementsB } = b
  return sameValue(givenMeta(metaA), givenMeta(metaB)) && sameValue(elementsA, elementsB)
}

// What of meta is the client's: all but versionId and lastUpdated with their companions.
function givenMeta(meta: unknown): unknown {
  if (!isElement(meta)) return meta
  const { versionId, lastUpdated, _versionId, _lastUpdated, ...given } = meta
  return given
}

// The properties of `object` as the end of an object that is already open.
function rest(object: unknown): string {
  const text = stringifyJson(object)
  return text.length === 2 ? '}' : `,${text.slice(1)}`
}

/** True of equal JSON values: numbers by their text, objects whatever the order of their properties. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (isNumber(a)) return isNumber(b) && decimalText(a) === decimalText(b)
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => sameValue(item, b[i]))
  if (!isElement(a) || !isElement(b)) return false
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && sameValue(a[name], b[name]))
  )
}

function isElement(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isNumber(value)
}
