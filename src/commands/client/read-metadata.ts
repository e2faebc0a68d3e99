// A file of client metadata; what is in it is checked where every client is.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** Returns what the file holds; throws RangeError where it cannot be read or is no JSON. */
export function readMetadata(file: string): unknown {
  try {
    return JSON.parse(readFileSync(resolve(file), 'utf8'))
  } catch (error) {
    throw new RangeError(`The file cannot be read: ${(error as Error).message}`)
  }
}
