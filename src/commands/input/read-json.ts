// A file that the operator has written; what is in it is checked by who needs it.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** Returns the JSON that a file holds; throws RangeError where it cannot be read or is no JSON. */
export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(resolve(file), 'utf8'))
  } catch (error) {
    // What a parser says may repeat a piece of the file, and with it of a secret.
    const reason = error instanceof SyntaxError ? 'it is not JSON' : (error as Error).message
    throw new RangeError(`The file cannot be read: ${reason}`)
  }
}
