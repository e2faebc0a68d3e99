// A store in memory, written to be obviously right: what every real one is compared with.
import { evaluate, type Indexed, type World } from '../../src/search/evaluate.ts'
import {
  type Axis,
  compareAxis,
  type Expr,
  type IndexEntry,
  type Selection,
  type SortKey,
} from '../../src/search/query.ts'

/** One version of one resource of the model; entries of a deletion are those of what it deleted. */
export interface ModelVersion extends Indexed {
  readonly versionId: string
  readonly deleted: boolean
  readonly rid: number
}

/** Every version ever written, oldest first. */
export interface Model {
  readonly versions: ModelVersion[]
  /** The newest version of each resource, deletions too, by `Type/id`. */
  readonly latest: Map<string, ModelVersion>
}

/** Returns a model of nothing. */
export function createModel(): Model {
  return { versions: [], latest: new Map() }
}

/** Adds a version (a deletion where `entries` is undefined; one of nothing is skipped) and returns it. */
export function write(
  model: Model,
  type: string,
  id: string,
  entries: readonly IndexEntry[] | undefined,
): ModelVersion | undefined {
  const before = model.latest.get(`${type}/${id}`)
  if (!entries && (!before || before.deleted)) return undefined
  const version = {
    type,
    id,
    versionId: `v${model.versions.length + 1}`,
    deleted: !entries,
    entries: entries ? [...entries, { param: '_id', lo: id, hi: id }] : before!.entries,
    rid: before?.rid ?? model.versions.length,
  }
  model.versions.push(version)
  model.latest.set(`${type}/${id}`, version)
  return version
}

// In the order in which the resources were first made.
function standing({ versions, latest }: Model, asOf: number): Map<string, ModelVersion> {
  if (asOf === versions.length) return latest
  return new Map(versions.slice(0, asOf).map((version) => [`${version.type}/${version.id}`, version]))
}

function toWorld(model: Model): World {
  const living = [...model.latest.values()].filter(({ deleted }) => !deleted)
  const byRef = new Map(living.map((version) => [`${version.type}/${version.id}`, version]))
  return {
    resolve: (ref) => byRef.get(ref),
    referrers: (type, param, ref) =>
      living.filter(
        (version) =>
          version.type === type && version.entries.some((entry) => entry.param === param && entry.lo === ref),
      ),
  }
}

/** True where `where` holds for `version` among the resources that are current now. */
export function holds(model: Model, where: Expr, version: Indexed): boolean {
  return evaluate(where, version.type, version.entries, toWorld(model))
}

/** Returns what `select` selects of the versions that stood at `asOf`, in the order of `sort`. */
export function search(
  model: Model,
  select: readonly Selection[],
  sort: readonly SortKey[] = [],
  asOf = model.versions.length,
): ModelVersion[] {
  const world = toWorld(model)
  return [...standing(model, asOf).values()]
    .filter((version) => !version.deleted)
    .filter((version) =>
      select.some(
        ({ type, where }) => type === version.type && evaluate(where, type, version.entries, world),
      ),
    )
    .sort((a, b) => compareVersions(sort, a, b))
}

function compareVersions(sort: readonly SortKey[], a: ModelVersion, b: ModelVersion): number {
  for (const key of sort) {
    const [x, y] = [sortValue(key, a), sortValue(key, b)]
    if (x === undefined && y === undefined) continue
    if (x === undefined) return 1
    if (y === undefined) return -1
    const order = compareAxis(x, y) * (key.descending ? -1 : 1)
    if (order !== 0) return order
  }
  return a.rid - b.rid
}

function sortValue({ param, descending }: SortKey, { entries }: Indexed): Axis | undefined {
  const values = entries.filter((entry) => entry.param === param).map(({ lo }) => lo)
  values.sort(compareAxis)
  return descending ? values.at(-1) : values[0]
}

/** Returns the ids, in order. */
export function ids(versions: readonly { readonly type: string; readonly id: string }[]): string[] {
  return versions.map(({ type, id }) => `${type}/${id}`)
}
