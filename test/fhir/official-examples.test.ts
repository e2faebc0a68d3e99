// Every official example is accepted, but for those that break R4 themselves. https://hl7.org/fhir/R4/validation.html
import t from 'tap'
import { BROKEN } from '../support/broken-examples.ts'
import { examplesMissing, officialExamples, syntheaBundles, syntheaMissing } from '../support/examples.ts'
import { openTestValidation } from '../support/validation.ts'

t.test(
  'of the official examples only those that break R4 are refused',
  { skip: examplesMissing },
  async (t) => {
    const validate = openTestValidation()
    const refused: Record<string, string | undefined> = {}
    let read = 0
    for (const { file, resource } of officialExamples()) {
      read++
      const [issue] = await validate(resource, { level: 'errors' })
      if (issue) refused[file] = issue.expression?.[0]
    }
    t.equal(read, 5306)
    t.same(refused, Object.fromEntries(Object.entries(BROKEN).map(([file, row]) => [file, row.expression])))
  },
)

t.test('every resource of the Synthea bundles is accepted', { skip: syntheaMissing }, async (t) => {
  const validate = openTestValidation()
  let read = 0
  for (const { file, resource } of syntheaBundles()) {
    read++
    for (const { resource: one } of resource['entry'] as readonly { resource: unknown }[])
      t.same(await validate(one, { level: 'errors' }), [])
    t.same(await validate(resource, { level: 'errors' }), [], file)
  }
  t.ok(read > 0)
})
