// The operations of the folder against their definitions. https://hl7.org/fhir/R4/operationdefinition.html
import { readFileSync } from 'node:fs'
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

const own = JSON.parse(
  readFileSync(new URL('../../profiles/musubi/OperationDefinition-reindex.json', import.meta.url), 'utf8'),
) as Defined
const defined: readonly Defined[] = [...loadDefinitions().operationDefinitions, own]

t.test('each operation is one of R4 or of ours, at the levels and types of its definition', async (t) => {
  const operations = await loadOperations()
  t.same(operations.map(({ code }) => code).sort(), [
    'everything',
    'everything',
    'lastn',
    'meta',
    'meta-add',
    'meta-delete',
    'reindex',
    'stats',
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
  t.same(writing.map(({ code }) => code).sort(), ['meta-add', 'meta-delete', 'reindex'])
})
