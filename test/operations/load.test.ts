// The operations of the folder against their definitions. https://hl7.org/fhir/R4/operationdefinition.html
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { loadOperations } from '../../src/operations/load.ts'

interface Defined {
  readonly code: string
  readonly url: string
  readonly system: boolean
  readonly type: boolean
  readonly instance: boolean
  readonly affectsState?: boolean
  readonly resource?: readonly string[]
}

const FOLDER = new URL('../../profiles/musubi/', import.meta.url)
const own = readdirSync(FOLDER)
  .filter((name) => name.startsWith('OperationDefinition-'))
  .map((name) => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as Defined)
const defined: readonly Defined[] = [...loadDefinitions().operationDefinitions, ...own]

t.test('each operation is one of R4 or of ours, at the levels and types of its definition', async (t) => {
  const operations = await loadOperations()
  t.same(operations.map(({ code }) => code).sort(), [
    'closure',
    'diff',
    'effective-access',
    'end-delegation',
    'everything',
    'everything',
    'expand',
    'explain-access',
    'lastn',
    'lookup',
    'meta',
    'meta-add',
    'meta-delete',
    'provision-records',
    'reindex',
    'revoke-consent',
    'simulate-consent',
    'stats',
    'subsumes',
    'translate',
    'validate',
    'validate-code',
    'validate-code',
  ])
  for (const { code, definition, levels, types } of operations) {
    const of = defined.find(({ url }) => url === definition)
    t.equal(of?.code, code, definition)
    for (const level of ['system', 'type', 'instance'] as const)
      t.equal(levels.includes(level), of?.[level], level)
    const [first] = of?.resource ?? []
    t.same(
      types ?? (first === undefined ? undefined : ['Resource']),
      first === undefined ? undefined : of?.resource,
    )
  }
})

t.test('what writes is told apart from what only reads', async (t) => {
  const writing = (await loadOperations()).filter(({ affectsState }) => affectsState)
  t.same(writing.map(({ code }) => code).sort(), [
    'closure',
    'end-delegation',
    'meta-add',
    'meta-delete',
    'reindex',
    'revoke-consent',
  ])
})
