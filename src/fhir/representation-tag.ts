// The entity tag of what a reader is shown of a resource, where that is less than all. https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3
import { createHash } from 'node:crypto'

const HEAD = /^\{"resourceType":"[A-Za-z]+"(?:,"id":"[^"]*")?,"meta":\{/
const STAMPS = /^"versionId":"[^"]*","lastUpdated":"[^"]*",?/
/** Longer than any head: two ids of 64 characters and a few names. */
const HEAD_LENGTH = 400
const DIGITS = 32

/**
 * Returns 32 hexadecimal digits, a FHIR id (a versionId has 16), that stand for the shown JSON `bytes`: the value of a weak
 * entity tag. It says nothing that the bytes do not. `meta.versionId` and `meta.lastUpdated` do not count, so that it stays the
 * same while only what is hidden changes: an If-Match with it is met where the version that stands is shown alike.
 */
export function representationTag(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, HEAD_LENGTH)).toString('latin1')
  const head = HEAD.exec(start)?.[0].length ?? 0
  const stamps = head === 0 ? 0 : (STAMPS.exec(start.slice(head))?.[0].length ?? 0)
  const hash = createHash('sha256')
    .update(bytes.subarray(0, head))
    .update(bytes.subarray(head + stamps))
  return hash.digest('hex').slice(0, DIGITS)
}
