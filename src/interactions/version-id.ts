// Version ids: 64 random bits, so that none tells how many versions there are or were. https://hl7.org/fhir/R4/resource.html#Meta
import { randomFillSync } from 'node:crypto'

const BYTES = 8
const pool = Buffer.alloc(512 * BYTES)
let at = pool.length

/** Returns a new version id, 16 hexadecimal digits. */
export function newVersionId(): string {
  if (at === pool.length) {
    // One call for many ids: each costs as much as all of them.
    randomFillSync(pool)
    at = 0
  }
  at += BYTES
  return pool.toString('hex', at - BYTES, at)
}
