// Definitions beside R4's own, from wherever they come: folders of profiles/, packages in the store, and what was posted. https://hl7.org/fhir/R4/references.html#canonical
import { readFileSync } from 'node:fs'
import type { Policy } from '../access/policy.ts'
import type { CanonicalRow, Canonicals, CanonicalType } from '../fhir/canonicals.ts'
import { parseJson } from '../fhir/json.ts'
import { compareVersions, fitsVersion } from '../fhir/package/version.ts'
import { createShelf } from '../fhir/profile/shelf.ts'
import type { Resource } from '../fhir/resource.ts'
import { cutVersion } from '../fhir/value-set.ts'
import type { Store } from '../store/store.ts'
import { type FolderRow, readFolders } from './canonicals/folders.ts'
import { PACKAGES, type PackageRecord, RESOURCES } from './canonicals/packages.ts'
import { POSTED, type PostedRow } from './canonicals/posted.ts'

/** How often another process is looked for that may have brought a definition. */
const LOOK_MS = 250
const MAX_KEPT = 300

export interface OpenCanonicals extends Canonicals {
  /** Resolves once what another process had brought a quarter of a second ago is known; undefined where nothing has to be waited for. */
  follow(): Promise<void> | undefined
  /** Reads again what there is: after this process has changed it. */
  refresh(): Promise<void>
}

/** Where a definition's text lies. */
type Place =
  | { readonly kind: 'folder'; readonly file: string }
  | { readonly kind: 'package'; readonly key: string }
  | { readonly kind: 'posted'; readonly id: string }

type Row = CanonicalRow & { readonly place: Place }

/** Of the same version the later one is meant: what is posted goes before packages, those before folders. */
const RANK = { folder: 0, package: 1, posted: 2 } as const

/**
 * Returns the definitions of `folders`, of the packages in `store` and of what was posted to it; `policyFor` is asked when a
 * posted one is first read. Throws FhirError `invalid`, naming the file, for a folder that cannot be read.
 */
export async function openCanonicals(
  store: Store,
  folders: readonly string[],
  policyFor: () => Promise<Policy>,
): Promise<OpenCanonicals> {
  const own = readFolders(folders).map(fromFolder)
  const kept = createShelf<Resource>(MAX_KEPT)
  let rows: ReadonlyMap<string, readonly Row[]> = new Map()
  let [seen, generation] = ['', 0]
  const refresh = async () => {
    const packages = (await store.records.list(PACKAGES)).map(({ value }) => value as PackageRecord)
    const posted = (await store.records.list(POSTED)).map(({ key, value, ...rest }) => ({
      key,
      value,
      ...rest,
    }))
    const now = JSON.stringify([
      packages.map(({ name, version, at }) => [name, version, at]),
      posted.map(({ key, value }) => [key, value]),
    ])
    if (now === seen) return
    seen = now
    kept.clear()
    rows = toIndex([
      ...own,
      ...packages.flatMap(fromPackage),
      ...posted.map(({ value }) => fromPosted(value as PostedRow)),
    ])
    generation++
  }
  let [lookedAt, epoch] = [performance.now(), store.epoch()]
  let looking: Promise<void> | undefined
  const look = async (now: number) => {
    try {
      await refresh()
      epoch = now
    } catch {
      // The store is closing, or the next use tries again.
    } finally {
      looking = undefined
    }
  }
  const follow = (): Promise<void> | undefined => {
    if (looking || performance.now() - lookedAt < LOOK_MS) return looking
    lookedAt = performance.now()
    const now = readEpoch(store)
    if (now !== undefined && now !== epoch) looking = look(now)
    return looking
  }
  const choose = (type: CanonicalType, canonical: string): Row | undefined => {
    void follow()
    const url = cutVersion(canonical)
    const version = canonical.slice(url.length + 1)
    const found = rows.get(`${type} ${url}`) ?? []
    return version === '' ? found[0] : found.find((row) => fitsVersion(row.version, version))
  }
  await refresh()
  return {
    async find(type, canonical) {
      await follow()
      const row = choose(type, canonical)
      if (!row) return undefined
      const key = JSON.stringify(row.place)
      const known = kept.get(key)
      if (known) return known
      const resource = await readPlace(store, policyFor, row)
      if (resource) kept.put(key, resource)
      return resource
    },
    has: (type, canonical) => choose(type, canonical) !== undefined,
    list: (type) => [...rows.values()].flat().filter((row) => row.type === type),
    get generation() {
      void follow()
      return generation
    },
    follow,
    refresh,
  }
}

// A store that is closing has none.
function readEpoch(store: Store): number | undefined {
  try {
    return store.epoch()
  } catch {
    return undefined
  }
}

// By type and url, the newest first.
function toIndex(all: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  const groups = Map.groupBy(all, ({ type, url }) => `${type} ${url}`)
  for (const group of groups.values())
    group.sort((a, b) => compareVersions(b.version, a.version) || RANK[b.place.kind] - RANK[a.place.kind])
  return groups
}

function fromFolder({ file, ...row }: FolderRow): Row {
  return { ...row, place: { kind: 'folder', file } }
}

function fromPackage({ name, version, index }: PackageRecord): readonly Row[] {
  const source = `${name}#${version}`
  return index.map(({ key, ...row }): Row => ({ ...row, source, place: { kind: 'package', key } }))
}

function fromPosted({ type, id, url, version }: PostedRow): Row {
  return {
    type,
    url,
    ...(version !== undefined && { version }),
    source: `${type}/${id}`,
    place: { kind: 'posted', id },
  }
}

async function readPlace(
  store: Store,
  policyFor: () => Promise<Policy>,
  { type, place }: Row,
): Promise<Resource | undefined> {
  switch (place.kind) {
    case 'folder':
      return parseJson(readFileSync(place.file)) as Resource
    case 'package': {
      const row = await store.records.get(RESOURCES, place.key)
      return row && (parseJson(String(row.value)) as Resource)
    }
    case 'posted': {
      const policy = await policyFor()
      const version = await store.read(policy.readPlan(type, place.id))
      return version?.document && (parseJson(version.document) as Resource)
    }
  }
}
