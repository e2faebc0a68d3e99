// Page links: where a walk stands, sealed for the one who walks. https://hl7.org/fhir/R4/http.html#paging
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { FhirError } from '../fhir/outcome.ts'

/** What a link is bound to: whoever follows it must bring exactly this. */
export interface PageBinding {
  readonly subject: string
  readonly client: string
  readonly purpose: string
  /** Interaction, type and parameters of the walk, in order. */
  readonly query: string
}

const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * Returns `cursor` (plain JSON) as base64url text that only `openPage` with the same `key` (32 bytes) and an equal binding
 * turns back, before `expiresAt` (ms). The binding itself is not inside: it is what the seal is checked against.
 */
export function sealPage(key: Uint8Array, binding: PageBinding, cursor: unknown, expiresAt: number): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(digest(binding))
  const sealed = cipher.update(JSON.stringify({ cursor, expiresAt }), 'utf8')
  return Buffer.concat([nonce, sealed, cipher.final(), cipher.getAuthTag()]).toString('base64url')
}

/**
 * Returns the cursor within `link`. Throws FhirError `bad-link` where it was altered, sealed by another key or bound to
 * anything else than `binding` (which of these is not told), `expired` where `now` (ms) is not before its end.
 */
export function openPage(key: Uint8Array, binding: PageBinding, link: string, now: number): unknown {
  const { cursor, expiresAt } = JSON.parse(decipher(key, binding, link)) as {
    cursor: unknown
    expiresAt: number
  }
  if (now >= expiresAt) throw new FhirError('expired', 'This page link has expired: search again')
  return cursor
}

function decipher(key: Uint8Array, binding: PageBinding, link: string): string {
  const bytes = Buffer.from(link, 'base64url')
  // Buffer skips what is not base64url, so that one link could be spelled in many ways.
  if (bytes.length <= NONCE_BYTES + TAG_BYTES || bytes.toString('base64url') !== link) throw badLink()
  const opener = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES))
    .setAAD(digest(binding))
    .setAuthTag(bytes.subarray(-TAG_BYTES))
  try {
    return opener.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + opener.final('utf8')
  } catch {
    throw badLink()
  }
}

function badLink(): FhirError {
  return new FhirError('bad-link', 'This page link is not one that this server gave to you for this search')
}

function digest({ subject, client, purpose, query }: PageBinding): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([subject, client, purpose, query]))
    .digest()
}
