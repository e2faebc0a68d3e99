// The code systems of a store: a file each beside it, told by records that come last and go first. https://hl7.org/fhir/R4/codesystem.html
import { randomUUID } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import type {
  CodeSystemHead,
  CodeSystemSource,
  CodeSystemStore,
  ConceptRow,
} from '../../../fhir/code-system.ts'
import { compareVersions, fitsVersion } from '../../../fhir/package/version.ts'
import { cutVersion } from '../../../fhir/value-set.ts'
import type { Records } from '../../store.ts'
import { buildConcepts } from './build.ts'
import { type OpenSource, openSource } from './source.ts'

/** The record of one code system; `file` is its name in the folder. */
export interface SystemRow {
  readonly url: string
  readonly version?: string
  readonly count: number
  readonly file: string
}

export const COLLECTION = 'code-system'
const LOOK_MS = 250
/** A file that no record names and nobody has written to for so long was left behind by a process that ended. */
const LEFT_BEHIND_MS = 600_000

/** Returns the code systems kept in `folder` and told by `records`; `epoch` grows when another process may have changed them. */
export function openCodeSystems(
  folder: string,
  records: Records,
  epoch: () => number,
): CodeSystemStore & { close(): void } {
  const open = new Map<string, OpenSource>()
  let rows: readonly SystemRow[] | undefined
  let [seen, lookedAt] = [0, 0]
  const list = async (): Promise<readonly SystemRow[]> => {
    const now = performance.now()
    if (rows && now - lookedAt < LOOK_MS) return rows
    lookedAt = now
    const at = epoch()
    if (rows && at === seen) return rows
    seen = at
    rows = (await records.list(COLLECTION))
      .map(({ value }) => value as SystemRow)
      .filter(({ file }) => existsSync(join(folder, file)))
    for (const file of open.keys()) if (!rows.some((row) => row.file === file)) open.delete(file)
    return rows
  }
  const forget = () => {
    rows = undefined
  }
  const sourceOf = ({ file }: SystemRow): CodeSystemSource => {
    const known = open.get(file)
    if (known) return known
    const source = openSource(join(folder, file))
    open.set(file, source)
    return source
  }
  const findRow = async (canonical: string): Promise<SystemRow | undefined> => {
    const url = cutVersion(canonical)
    const version = canonical.slice(url.length + 1)
    return (await list())
      .filter((row) => row.url === url && (version === '' || fitsVersion(row.version, version)))
      .sort((a, b) => compareVersions(b.version, a.version))[0]
  }
  return {
    async find(canonical) {
      const found = await findRow(canonical)
      if (!found || open.has(found.file) || existsSync(join(folder, found.file)))
        return found && sourceOf(found)
      // Another process has put a new one in its place since the records were read.
      forget()
      const again = await findRow(canonical)
      return again && sourceOf(again)
    },
    list: async () =>
      (await list()).map(({ url, version, count }) => ({
        url,
        count,
        ...(version !== undefined && { version }),
      })),
    async load(head, concepts, onProgress) {
      await sweep(folder, records)
      const file = await build(folder, head, concepts, onProgress)
      const old = (await records.get(COLLECTION, keyOf(head)))?.value as SystemRow | undefined
      const { url, version } = head
      const value: SystemRow = {
        url,
        count: file.count,
        file: file.name,
        ...(version !== undefined && { version }),
      }
      await records.put({ collection: COLLECTION, key: keyOf(head), value })
      forget()
      if (old) discard(old)
      return file.count
    },
    async remove(url, version) {
      const row = (await records.get(COLLECTION, keyOf({ url, ...(version !== undefined && { version }) })))
        ?.value as SystemRow | undefined
      if (!row) return false
      await records.delete(COLLECTION, keyOf(row))
      forget()
      discard(row)
      return true
    },
    close: () => {
      for (const source of open.values()) source.close()
      open.clear()
    },
  }

  // Who is reading it reads on: its connection is closed when nobody holds the source any more.
  function discard({ file }: SystemRow): void {
    open.delete(file)
    remove(join(folder, file))
  }
}

function keyOf({ url, version }: { readonly url: string; readonly version?: string }): string {
  return version === undefined ? url : `${url}|${version}`
}

// Where a file cannot be removed because it is open, a later load sweeps it.
function remove(file: string): void {
  try {
    rmSync(file, { force: true })
  } catch {}
}

// What a process that was killed left behind: parts, journals, and files that no record came to name.
async function sweep(folder: string, records: Records): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const kept = new Set((await records.list(COLLECTION)).map(({ value }) => (value as SystemRow).file))
  for (const name of readdirSync(folder)) {
    const stats = statSync(join(folder, name), { throwIfNoEntry: false })
    // Another load may be at work: its part is being written to, and its file gets its record in a moment.
    if (stats && !kept.has(name) && Date.now() - stats.mtimeMs > LEFT_BEHIND_MS) remove(join(folder, name))
  }
}

async function build(
  folder: string,
  head: CodeSystemHead,
  concepts: AsyncIterable<ConceptRow> | Iterable<ConceptRow>,
  onProgress?: (done: number) => void,
): Promise<{ readonly name: string; readonly count: number }> {
  const name = `${randomUUID()}.db`
  const part = join(folder, `${name}.part`)
  try {
    closeSync(openSync(part, 'wx', 0o600))
    const count = await buildConcepts(part, head, concepts, onProgress)
    flush(part)
    renameSync(part, join(folder, name))
    if (process.platform !== 'win32') flush(folder)
    return { name, count }
  } catch (error) {
    rmSync(part, { force: true })
    rmSync(`${part}-journal`, { force: true })
    throw error
  }
}

// The record that names the file is on the disk when it is acknowledged: the file must be there before it.
function flush(path: string): void {
  const descriptor = openSync(path, process.platform === 'win32' ? 'r+' : 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
