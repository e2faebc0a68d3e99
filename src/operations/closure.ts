// $closure: what lies above what, among the codes that a client has met so far. https://hl7.org/fhir/R4/conceptmap-operation-closure.html
import { FhirError } from '../fhir/outcome.ts'
import type { Coding, Resource } from '../fhir/resource.ts'
import type { AppContext } from '../interactions/context.ts'
import type { Operation, OperationInput } from '../interactions/operation.ts'
import type { Result } from '../interactions/result.ts'
import { readInputs, readText } from './input/parameters.ts'
import { findCodeSystem, TEXT } from './terminology/given.ts'

export const operation: Operation = {
  code: 'closure',
  definition: 'http://hl7.org/fhir/OperationDefinition/ConceptMap-closure',
  levels: ['system'],
  types: ['ConceptMap'],
  affectsState: true,
  run,
}

/** A code in a table, and the version with which it came. */
interface Entry {
  readonly system: string
  readonly code: string
  readonly version: number
}

/** A named table of one client. */
interface Table {
  readonly version: number
  readonly entries: readonly Entry[]
}

const COLLECTION = 'closure'
const MAX_ENTRIES = 5_000

async function run(context: AppContext, input: OperationInput): Promise<Result> {
  const inputs = readInputs(context, input, {
    name: TEXT,
    concept: { max: '*', value: 'element' },
    version: TEXT,
  })
  const name = readText(inputs, 'name')
  if (name === undefined) throw new FhirError('invalid', 'The parameter name is missing')
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(name))
    throw new FhirError('invalid', 'name must be 1 to 64 characters of A-Z, a-z, 0-9, ".", "_" and "-"')
  const owner = input.policy.principal.subject
  const [codings, version] = [inputs('concept') as readonly Coding[], readText(inputs, 'version')]
  if (version !== undefined && codings.length > 0)
    throw new FhirError('invalid', 'Give either concepts or a version to go on from')
  const key = `${owner} ${name}`
  const known = (await context.store.records.get(COLLECTION, key))?.value as Table | undefined
  if (version !== undefined) return replay(context, { name, table: required(known, name), after: version })
  const table =
    codings.length === 0 ? { version: 0, entries: [] } : await extend(context, required(known, name), codings)
  await context.store.records.put({ collection: COLLECTION, key, owner, value: table })
  return toResult(context, { name, table, after: table.version - 1 })
}

function required(table: Table | undefined, name: string): Table {
  if (table) return table
  throw new FhirError(
    'not-found',
    `There is no closure table "${name}": call $closure with its name alone first`,
  )
}

async function extend(context: AppContext, table: Table, codings: readonly Coding[]): Promise<Table> {
  const version = table.version + 1
  const known = new Set(table.entries.map(({ system, code }) => `${system}|${code}`))
  const added: Entry[] = []
  for (const { system, code } of codings) {
    if (system === undefined || code === undefined)
      throw new FhirError('invalid', 'Each concept needs system and code')
    const concept = await (await findCodeSystem(context, system)).concept(code)
    if (!concept)
      throw new FhirError(
        'not-found',
        `The code system ${system} has no code ${JSON.stringify(code.slice(0, 64))}`,
      )
    if (known.has(`${system}|${concept.code}`)) continue
    known.add(`${system}|${concept.code}`)
    added.push({ system, code: concept.code, version })
  }
  if (known.size > MAX_ENTRIES)
    throw new FhirError('too-costly', `A closure table may have ${MAX_ENTRIES} concepts`)
  return { version, entries: [...table.entries, ...added] }
}

interface Asked {
  readonly name: string
  readonly table: Table
  /** What came later than this version is told. */
  readonly after: number
}

function replay(
  context: AppContext,
  asked: Omit<Asked, 'after'> & { readonly after: string },
): Promise<Result> {
  if (!/^\d{1,9}$/.test(asked.after))
    throw new FhirError('invalid', 'version must be one that $closure has answered with')
  return toResult(context, { ...asked, after: Number(asked.after) })
}

async function toResult(context: AppContext, { name, table, after }: Asked): Promise<Result> {
  const bySystem = Map.groupBy(table.entries, ({ system }) => system)
  const group: object[] = []
  for (const [system, entries] of bySystem) {
    const element = await relate(context, system, entries, after)
    if (element.length > 0) group.push({ source: system, target: system, element })
  }
  const resource: Resource = {
    resourceType: 'ConceptMap',
    id: name,
    version: String(table.version),
    name,
    status: 'active',
    experimental: true,
    date: new Date().toISOString(),
    ...(group.length > 0 && { group }),
  }
  return { kind: 'resource', resource }
}

// Every pair of which one came after `after`, from the code below to the codes above it.
async function relate(
  context: AppContext,
  system: string,
  entries: readonly Entry[],
  after: number,
): Promise<readonly object[]> {
  const source = await findCodeSystem(context, system)
  const elements: object[] = []
  for (const low of entries) {
    const target: object[] = []
    for (const high of entries) {
      if (high === low || (low.version <= after && high.version <= after)) continue
      if (await source.subsumes(high.code, low.code))
        target.push({ code: high.code, equivalence: 'subsumes' })
    }
    if (target.length > 0) elements.push({ code: low.code, target })
  }
  return elements
}
