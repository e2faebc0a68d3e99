// Two servers for one requester: one holds a whole world, the other what the requester may see of it and nothing else.
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { Change, Plan, SEAL } from '../../../src/access/plan.ts'
import { createApp, createContext } from '../../../src/app.ts'
import { loadConfig } from '../../../src/config.ts'
import { CONFIDENTIALITY_PARAM, REF_PARAM, SOURCE_PARAM } from '../../../src/consent/facet-params.ts'
import { toFacetEntries } from '../../../src/consent/facets-of.ts'
import type { Standing } from '../../../src/consent/standing.ts'
import { buildDocument } from '../../../src/fhir/document.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import type { AppContext } from '../../../src/interactions/context.ts'
import { ALL, type IndexEntry, PATIENT_PARAM } from '../../../src/search/query.ts'
import { mintToken } from '../../../src/smart/token.ts'
import { openStore } from '../../../src/store/open.ts'
import type { Store } from '../../../src/store/store.ts'
import { createFacetsOf, openOracle, type Sees, standingOf } from './oracle.ts'
import { GOVERNANCE, recordGovernance } from './policies.ts'
import type { Viewer } from './principals.ts'
import { type Item, refOf } from './world.ts'

/** In memory where there is such a place: what is lost with the machine need not wait for a disk. */
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

const { vocabulary } = GOVERNANCE

export interface Server {
  readonly app: FastifyInstance
  readonly store: Store
  readonly context: AppContext
  /** Of the viewer's token. */
  readonly authorization: string
  close(): Promise<void>
}

/** Something done to every plan on its way to the store: how a test breaks one place where the policy is folded in. */
export type Fault = (store: Store, sees: (resource: Resource) => boolean) => Store

/** Opens an empty server for a viewer. Nobody may choose ids: to those who may, a 404 tells that an id is taken (W1). */
export async function openViewed(
  viewer: Viewer,
  wrap: (store: Store) => Store = (store) => store,
): Promise<Server> {
  const folder = mkdtempSync(join(MEMORY, 'musubi-test-'))
  const config = loadConfig({
    MUSUBI_STORE: `sqlite:${folder}`,
    MUSUBI_ID_ORGANIZATIONS: 'Organization/nobody',
  })
  const store = await openStore(config.store)
  const app = await createApp(config, wrap(store), { write: () => undefined })
  await recordGovernance(store)
  const { token, row: tokenRow } = mintToken(viewer.grant)
  await store.records.add(tokenRow)
  return {
    app,
    store,
    context: await createContext(config, store),
    authorization: `Bearer ${token}`,
    async close() {
      await app.close()
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Returns the version id that the nth version of a resource has in every server. */
export function versionIdOf(ref: string, n: number): string {
  return createHash('sha256').update(`${ref} ${n}`).digest('hex').slice(0, 16)
}

type Make = (
  resource: Resource,
  source: string,
  standing: Standing | undefined,
) => {
  readonly entries: readonly IndexEntry[]
  readonly standing?: Standing
}

function createMake(context: AppContext): Make {
  const facetsOf = createFacetsOf(context)
  return (resource, source, standing) => {
    const entries = context.indexer(resource)
    return { entries: [...entries, ...toFacetEntries(facetsOf(resource, source))], standing }
  }
}

function toPut(resource: Resource, n: number, indexed: ReturnType<Make>): Change {
  const { resourceType: type, id = '' } = resource
  const versionId = versionIdOf(`${type}/${id}`, n)
  const document = buildDocument(resource, versionId)
  const method = n === 0 ? 'PUT' : 'PATCH'
  return new Change(SEAL, { kind: 'put', type, id, method, versionId, ...document, ...indexed, expect: {} })
}

function toRemoval({ versions }: Item): Change {
  const { resourceType: type, id = '' } = versions[0]!
  const versionId = versionIdOf(`${type}/${id}`, 9)
  return new Change(SEAL, { kind: 'delete', type, id, versionId, expect: {} })
}

// What it refers to, and of a Provenance who made what (M17).
const GOVERNING_PARAMS: ReadonlySet<string> = new Set([REF_PARAM, 'agent', 'target'])

/**
 * What stands in the place of something hidden that governs: nothing of it but what it puts on record and what it refers
 * to. It is in the record of somebody who has consented to nothing, and comes from nowhere: hidden from every viewer.
 */
function toPlaceholder(item: Item, n: number, make: Make, standing: Standing | undefined): Change {
  const { resourceType, id = '' } = item.versions[0]!
  const { entries } = make(item.versions.at(-1)!, item.source, undefined)
  const refs = item.deleted ? [] : entries.filter(({ param }) => GOVERNING_PARAMS.has(param))
  const hidden = (param: string, lo: string | number): IndexEntry => ({ param, lo, hi: lo })
  return toPut({ resourceType, id }, n, {
    entries: [
      ...refs,
      hidden(PATIENT_PARAM, 'Patient/nobody'),
      hidden(SOURCE_PARAM, 'Organization/nowhere'),
      hidden(CONFIDENTIALITY_PARAM, 5),
    ],
    standing,
  })
}

/**
 * Writes a world: all of it, or with `sees` what it lets through, version by version. Everything is written in the same
 * order, first versions first. What governs access (consents, delegations, relations, dates of birth, what a rule's data
 * names) must have its effect where it is hidden too: there a placeholder stands for it.
 */
export async function fill({ store, context }: Server, items: readonly Item[], sees?: Sees): Promise<void> {
  const make = createMake(context)
  const waves: Change[][] = [[], [], []]
  const governing = new Set(items.filter(isGoverning(items)).map(refOf))
  for (const item of items) addItem(waves, item, make, governing, sees)
  for (const wave of waves) if (wave.length > 0) await store.commit(wave)
}

function addItem(
  waves: Change[][],
  item: Item,
  make: Make,
  governing: ReadonlySet<string>,
  sees: Sees | undefined,
): void {
  const { versions, source, deleted } = item
  const last = versions.length - 1
  const standing = standingOf(vocabulary, item)
  const isSeen = (resource: Resource) => sees === undefined || sees(resource, source)
  if (!isSeen(versions[last]!)) {
    if (governing.has(refOf(item))) waves[0]!.push(toPlaceholder(item, 0, make, standing))
    return
  }
  for (const [n, version] of versions.entries()) {
    // When a resource was first made is said of it whatever of its past is hidden: the first place is kept.
    if (isSeen(version))
      waves[n]!.push(toPut(version, n, make(version, source, n === last ? standing : undefined)))
    else if (n === 0) waves[0]!.push(toPlaceholder(item, 0, make, undefined))
  }
  if (deleted) waves[2]!.push(toRemoval(item))
}

/** Returns the function that is true of what access depends on: what is on record, what the data of a rule names, who made what. */
export function isGoverning(items: readonly Item[]): (item: Item) => boolean {
  const consents = items.filter(({ versions }) => versions[0]!.resourceType === 'Consent')
  const text = JSON.stringify(consents.map(({ versions }) => versions))
  return (item) =>
    standingOf(vocabulary, item) !== undefined ||
    item.versions[0]!.resourceType === 'Provenance' ||
    text.includes(JSON.stringify({ reference: refOf(item) }))
}

export interface Pair {
  readonly whole: Server
  readonly part: Server
  /** `Type/id` of what is hidden in the whole. */
  readonly hidden: readonly string[]
  /** How many resources are not. */
  readonly visible: number
  /** Returns what is hidden as it stands now, meta apart, joined: whatever the viewer does, it stays the same. */
  hiddenContent(): Promise<string>
  /** Writes or deletes something hidden in the whole, as others do meanwhile: each time another. */
  disturb(): Promise<void>
  close(): Promise<void>
}

/** What is done to the hidden part of a world: nothing that a viewer may notice. */
export type Mutate = (items: readonly Item[], sees: Sees) => readonly Item[]

// Of what is hidden and governs nothing: in turn a new version, or a deletion.
function openDisturbance(
  { store, context }: Server,
  items: readonly Item[],
  sees: Sees,
): () => Promise<void> {
  const make = createMake(context)
  const governs = isGoverning(items)
  const hidden = items.filter((item) => !sees(item.versions.at(-1)!, item.source) && !governs(item))
  let turn = 0
  return async () => {
    const item = hidden[turn++ % hidden.length]
    if (!item) return
    const last = item.versions.at(-1)!
    const put = toPut(last, 10 + turn, make(last, item.source, undefined))
    await store.commit([put])
    if (turn % 3 === 0) await store.commit([toRemoval(item)])
  }
}

// Without meta: a label that reaches it from what it refers to (LI2) makes a version too, and is no writing of the viewer's.
async function contentAt(store: Store, ref: string): Promise<string> {
  const [type = '', id = ''] = ref.split('/')
  const plan = new Plan(SEAL, { kind: 'read', select: { type, where: ALL }, id })
  const document = (await store.read(plan))?.document
  return document ? JSON.stringify({ ...JSON.parse(Buffer.from(document).toString()), meta: undefined }) : ''
}

/** Opens both servers of a world for a viewer. */
export async function openPair(
  items: readonly Item[],
  viewer: Viewer,
  mutate: Mutate = (same) => same,
  fault?: Fault,
): Promise<Pair> {
  const part = await openViewed(viewer)
  const oracle = await openOracle(part.context, items, viewer)
  const mutated = mutate(items, oracle)
  const sees = await openOracle(part.context, mutated, viewer)
  const sourceOf = new Map(mutated.map((item) => [refOf(item), item.source]))
  const seesAt = (resource: Resource) =>
    sees(resource, sourceOf.get(`${resource.resourceType}/${resource.id}`) ?? '')
  const hidden = mutated.filter((item) => !sees(item.versions.at(-1)!, item.source)).map(refOf)
  const whole = await openViewed(viewer, fault && ((store) => fault(store, seesAt)))
  await fill(whole, mutated)
  await fill(part, items, oracle)
  return {
    whole,
    part,
    hidden,
    visible: mutated.length - hidden.length,
    disturb: openDisturbance(whole, mutated, sees),
    async hiddenContent() {
      const contents = await Promise.all(hidden.map((ref) => contentAt(whole.store, ref)))
      return contents.join(' ')
    },
    async close() {
      await whole.close()
      await part.close()
    },
  }
}
