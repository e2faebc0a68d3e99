// The operations are the files of this folder: a new one is a new file, and no list to edit. https://hl7.org/fhir/R4/operations.html
import { readdir } from 'node:fs/promises'
import type { Operation } from '../interactions/operation.ts'

const FOLDER = import.meta.dirname

/** Returns every operation that is served, in the order of the file names. Folders hold what operations are made of. */
export async function loadOperations(): Promise<readonly Operation[]> {
  const files = await readdir(FOLDER)
  const names = files.filter((file) => file.endsWith('.ts') && file !== 'load.ts').sort()
  return Promise.all(
    names.map(async (name) => ((await import(`./${name}`)) as { readonly operation: Operation }).operation),
  )
}
