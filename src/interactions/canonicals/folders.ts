// The definitions in the folders of profiles/: found at start, read when they are asked for. https://hl7.org/fhir/R4/profilelist.html
import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { CanonicalRow } from '../../fhir/canonicals.ts'
import { readPackage } from '../../fhir/package/read.ts'

export interface FolderRow extends CanonicalRow {
  readonly file: string
}

/** Returns one row for each definition of each folder. Throws FhirError `invalid`, naming the file, for what cannot be read. */
export function readFolders(folders: readonly string[]): readonly FolderRow[] {
  return folders.flatMap((folder) =>
    [...readPackage(folder).definitions()].map(({ name, type, resource }) => ({
      type,
      url: resource.url,
      ...(typeof resource['version'] === 'string' && { version: resource['version'] }),
      source: `profiles/${basename(folder)}`,
      file: join(folder, name),
    })),
  )
}

/** Returns the folders beneath `root`, which need not be there. */
export function listFolders(root: string): readonly string[] {
  if (!existsSync(root)) return []
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(root, name))
    .sort()
}
