// The administrative policy is data: what the file says is what decides.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { isUniversal, readClasses, toReach, toTypeClass } from '../../src/access/directory.ts'
import { loadDefinitions } from '../../src/fhir/definitions.ts'

const FILE = new URL('../../profiles/musubi/policy/administrative.json', import.meta.url)
const file = JSON.parse(readFileSync(FILE, 'utf8'))
const { classes } = file

t.test(
  "every type of the policy is one of R4, and of none in a person's compartment is it said that all may read",
  async (t) => {
    const definitions = loadDefinitions()
    for (const [name, { read, types }] of Object.entries<{ read: string; types: string[] }>(classes))
      for (const type of types) {
        t.ok(definitions.isResourceType(type), type)
        t.equal(toTypeClass(type), name)
        if (read === 'everybody' || read === 'shared')
          t.notOk(definitions.compartment('Patient', type)?.length, `${type} is personal`)
      }
  },
)

t.test('whoever reads and writes by the file does so in the server', async (t) => {
  t.equal(toReach('ValueSet', 's'), classes.definition.read)
  t.equal(toReach('Organization', 'r'), classes.directory.read)
  t.equal(toReach('Organization', 'u'), classes.directory.write)
  t.equal(toReach('Observation', 'd'), classes.personal.write)
  t.equal(toReach('Nonsense', 'r'), 'record', 'what is not known is personal')
  t.strictSame(['Organization', 'ValueSet', 'AuditEvent', 'Task'].map(isUniversal), [
    true,
    true,
    false,
    false,
  ])
})

const WRONG: Readonly<Record<string, object>> = {
  'a class is missing': { ...classes, personal: undefined },
  'a class is unknown': { ...classes, secret: classes.personal },
  'a reach is unknown': { ...classes, directory: { ...classes.directory, read: 'friends' } },
  'a type is in two classes': { ...classes, personal: { ...classes.personal, types: ['Organization'] } },
}

t.test('a policy that is not right is not taken', async (t) => {
  t.doesNotThrow(() => readClasses(file))
  for (const [name, wrong] of Object.entries(WRONG))
    t.throws(() => readClasses({ classes: wrong }), TypeError, name)
})
