// Which resource each entry of a transaction is about, before anything is written. https://hl7.org/fhir/R4/http.html#trules
import { randomUUID } from 'node:crypto'
import type { Plan, SearchPlan } from '../access/plan.ts'
import { FhirError } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Version } from '../store/store.ts'
import { atEntry, type Entry } from './bundle-entry.ts'
import { planCriteria, tooMany } from './conditional.ts'
import type { Create, Delete, PatchInteraction, Update } from './interaction.ts'
import { createPending } from './pending.ts'
import { absent } from './read.ts'
import { assertFree, assertSameId } from './update.ts'
import type { Writing } from './write.ts'

export type Write = Create | Update | PatchInteraction | Delete

export interface WriteEntry extends Entry {
  readonly asked: Write
}

/** What an entry is about, and which condition must still hold when it is written. */
export interface Identity {
  readonly entry: WriteEntry
  readonly type: string
  /** Undefined for a delete whose criteria match nothing. */
  readonly id?: string
  /** The criteria with what they match: a resource that stands, one of an earlier entry, or nothing. */
  readonly condition?: {
    readonly plan: Plan<SearchPlan>
    readonly found: 'nothing' | 'standing' | 'pending'
    /** Of a resource that stands. */
    readonly version?: Version
  }
}

/** The identities of a transaction as they are found out, entry by entry, each seeing those before it. */
export interface Identities {
  /** Returns what the entry is about. Throws FhirError, with the entry's place, where its criteria or target are refused. */
  identify(entry: WriteEntry): Promise<Identity>
  /** Returns the one resource that `criteria` match once everything is written. */
  resolve(type: string, criteria: string): Promise<{ readonly plan: Plan<SearchPlan>; readonly ref: string }>
}

/** Returns the identities of one transaction, empty at first. */
export function createIdentities(writing: Writing): Identities {
  const pending = createPending(
    (resource) => writing.context.indexFor(resource, writing.policy.access.source).entries,
  )
  let masked = 0
  const targets = new Map<string, number>()

  async function match(type: string, criteria: string) {
    // What stands but is to be changed or deleted is judged by what it will be.
    const plan = await planCriteria(writing, type, criteria, 2 + masked)
    const { matches } = await writing.reader.search(plan)
    const standing = matches.filter((each) => !pending.has(type, each.id))
    const coming = pending.select(plan, type)
    if (standing.length + coming.length > 1) throw tooMany(type)
    const [version] = standing
    const id = version?.id ?? coming[0]
    const found = version ? ('standing' as const) : id ? ('pending' as const) : ('nothing' as const)
    return { plan, found, version, id }
  }

  function target(entry: WriteEntry, type: string, id: string, body: Resource | null | 'patched'): void {
    const ref = `${type}/${id}`
    const other = targets.get(ref)
    if (other !== undefined)
      throw new FhirError('invalid', `this and Bundle.entry[${other}] are about the same resource`)
    targets.set(ref, entry.index)
    // What a patch makes is known only later: criteria of other entries see what stands.
    if (body === 'patched') return
    pending.add(type, id, body)
    // A new id masks nothing that stands.
    if (entry.asked.kind !== 'create') masked++
  }

  async function identify(entry: WriteEntry): Promise<Identity> {
    const { asked } = entry
    switch (asked.kind) {
      case 'create':
        return identifyCreate(entry, asked)
      case 'update':
        return identifyUpdate(entry, asked)
      case 'patch':
      case 'delete':
        return identifyChange(entry, asked)
    }
  }

  async function identifyCreate(
    entry: WriteEntry,
    { type, resource, ifNoneExist }: Create,
  ): Promise<Identity> {
    const condition = ifNoneExist === undefined ? undefined : await match(type, ifNoneExist)
    const id = condition?.id ?? randomUUID()
    if (!condition?.id) target(entry, type, id, resource)
    return { entry, type, id, condition }
  }

  async function identifyUpdate(entry: WriteEntry, asked: Update): Promise<Identity> {
    const { type, resource } = asked
    const condition =
      asked.target.criteria === undefined ? undefined : await match(type, asked.target.criteria)
    if (condition?.id) assertSameId(resource, condition.id)
    else if (condition && resource.id !== undefined) await assertFree(writing, resource)
    const id = asked.target.id ?? condition?.id ?? resource.id ?? randomUUID()
    target(entry, type, id, resource)
    return { entry, type, id, condition }
  }

  async function identifyChange(entry: WriteEntry, asked: PatchInteraction | Delete): Promise<Identity> {
    const { type } = asked
    const condition =
      asked.target.criteria === undefined ? undefined : await match(type, asked.target.criteria)
    const id = asked.target.id ?? condition?.id
    if (id === undefined && asked.kind === 'patch') throw absent(type)
    if (id !== undefined) target(entry, type, id, asked.kind === 'delete' ? null : 'patched')
    return { entry, type, id, condition }
  }

  return {
    async identify(entry) {
      try {
        return await identify(entry)
      } catch (error) {
        throw error instanceof FhirError ? atEntry(entry.index, error) : error
      }
    },
    async resolve(type, criteria) {
      const { plan, id } = await match(type, criteria)
      if (id === undefined)
        throw new FhirError('version-mismatch', `The conditional reference matches no ${type}`)
      return { plan, ref: `${type}/${id}` }
    },
  }
}
