// The code systems of a store: a file each beside it, told by records that come last and go first. https://hl7.org/fhir/R4/codesystem.html
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
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

interface SystemRow {
  readonly url: string
  readonly version?: string
  readonly count: number
  readonly file: string
}

const COLLECTION = 'code-system'
const LOOK_MS = 250

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
  return {
    async find(canonical) {
      const url = cutVersion(canonical)
      const version = canonical.slice(url.length + 1)
      const found = (await list())
        .filter((row) => row.url === url && (version === '' || fitsVersion(row.version, version)))
        .sort((a, b) => compareVersions(b.version, a.version))[0]
      return found && sourceOf(found)
    },
    list: async () =>
      (await list()).map(({ url, version, count }) => ({
        url,
        count,
        ...(version !== undefined && { version }),
      })),
    async load(head, concepts, onProgress) {
      forget()
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

  function discard({ file }: SystemRow): void {
    open.get(file)?.close()
    open.delete(file)
    rmSync(join(folder, file), { force: true })
  }
}

function keyOf({ url, version }: { readonly url: string; readonly version?: string }): string {
  return version === undefined ? url : `${url}|${version}`
}

// What a load that was cut off left behind is named `.part`, and is swept by the next one.
async function build(
  folder: string,
  head: CodeSystemHead,
  concepts: AsyncIterable<ConceptRow> | Iterable<ConceptRow>,
  onProgress?: (done: number) => void,
): Promise<{ readonly name: string; readonly count: number }> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const left of readdirSync(folder))
    if (left.endsWith('.part')) rmSync(join(folder, left), { force: true })
  const name = `${randomUUID()}.db`
  const part = join(folder, `${name}.part`)
  try {
    const count = await buildConcepts(part, head, concepts, onProgress)
    renameSync(part, join(folder, name))
    return { name, count }
  } catch (error) {
    rmSync(part, { force: true })
    throw error
  }
}
