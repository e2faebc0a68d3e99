// Bundles of stored versions, put together from their bytes as they lie. https://hl7.org/fhir/R4/bundle.html#searchset
import type { BundleLink, BundleType } from '../fhir/bundle.ts'
import type { Definitions } from '../fhir/definitions.ts'
import { parseJson, stringifyJson } from '../fhir/json.ts'
import { applyMask, type Mask } from '../fhir/mask.ts'
import { type Issue, toOutcome } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Version } from '../store/store.ts'
import { createPacer } from './pace.ts'
import { toEntityTag } from './precondition.ts'
import type { Piece, Stored } from './result.ts'

export interface PageHead {
  readonly type: BundleType
  readonly total?: number
  readonly link: readonly BundleLink[]
}

/** Returns the Bundle whose entries are these, each the pieces of one JSON object. */
export function joinBundle(head: PageHead, entries: readonly (readonly Piece[])[]): readonly Piece[] {
  const total = head.total === undefined ? '' : `,"total":${head.total}`
  const link = head.link.length === 0 ? '' : `,"link":${JSON.stringify(head.link)}`
  const pieces: Piece[] = [`{"resourceType":"Bundle","type":"${head.type}"${total}${link}`]
  for (const [index, entry] of entries.entries()) pieces.push(index === 0 ? ',"entry":[' : ',', ...entry)
  pieces.push(entries.length === 0 ? '}' : ']}')
  return pieces
}

/** True of a mask that shows less than the whole resource. */
export function isMasking(mask: Mask | undefined): mask is Mask {
  return mask !== undefined && (mask.elements !== undefined || (mask.summary ?? 'false') !== 'false')
}

/** Returns the bytes of a document, or what `mask` leaves of it. */
export function showDocument(document: Uint8Array, mask: Mask | undefined, definitions: Definitions): Piece {
  if (!isMasking(mask)) return document
  return stringifyJson(applyMask(parseJson(document) as Resource, mask, definitions))
}

export interface SearchEntries {
  readonly matches: readonly Version[]
  readonly included: readonly Version[]
  /** Warnings of the search, told in an entry of their own. */
  readonly issues: readonly Issue[]
  readonly mask?: Mask
}

/** Returns the entries of a searchset: matches, then what they include, then an outcome where there is something to say. */
export async function toSearchEntries(
  baseUrl: string,
  definitions: Definitions,
  { matches, included, issues, mask }: SearchEntries,
): Promise<readonly (readonly Piece[])[]> {
  const pace = createPacer()
  const entries: (readonly Piece[])[] = []
  const add = async (versions: readonly Version[], mode: 'match' | 'include') => {
    for (const version of versions) {
      if (isMasking(mask)) await pace()
      const head = `{"fullUrl":"${baseUrl}/${version.type}/${version.id}","resource":`
      const shown = showDocument(version.document!, mask, definitions)
      entries.push([head, shown, `,"search":{"mode":"${mode}"}}`])
    }
  }
  await add(matches, 'match')
  await add(included, 'include')
  if (issues.length > 0)
    entries.push([`{"resource":${JSON.stringify(toOutcome(issues))},"search":{"mode":"outcome"}}`])
  return entries
}

const STATUS = { POST: '201 Created', PUT: '200 OK', PATCH: '200 OK', DELETE: '204 No Content' } as const

/** Returns the entry of one version in a history; a deletion has no resource. */
export function toHistoryEntry(
  baseUrl: string,
  definitions: Definitions,
  version: Version,
  mask: Mask | undefined,
): readonly Piece[] {
  const { type, id, method, versionId, tag, lastUpdated, document } = version
  const head = `{"fullUrl":"${baseUrl}/${type}/${id}"`
  const request = JSON.stringify({ method, url: method === 'POST' ? type : `${type}/${id}` })
  const response = JSON.stringify({
    status: STATUS[method],
    etag: toEntityTag(tag ?? versionId),
    lastModified: new Date(lastUpdated).toISOString(),
  })
  const tail = `,"request":${request},"response":${response}}`
  if (document === undefined) return [head + tail]
  return [`${head},"resource":`, showDocument(document, mask, definitions), tail]
}

/** Returns the pieces of one resource by itself. */
export function toPieces(
  version: Stored,
  mask: Mask | undefined,
  definitions: Definitions,
): readonly Piece[] {
  return [showDocument(version.document, mask, definitions)]
}
