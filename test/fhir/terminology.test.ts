// The value sets and hierarchies that R4 ships. https://hl7.org/fhir/R4/valueset.html#compositions
import t from 'tap'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { compileTerminology } from '../../src/fhir/definitions-terminology.ts'
import { createTerminology } from '../../src/fhir/terminology.ts'
import { expandValueSet } from '../../src/fhir/value-set.ts'

const terminology = createTerminology(loadDefinitions())
const ACT_CODE = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'

t.test('a value set of a whole code system has its codes', async (t) => {
  const genders = await terminology.expand('http://hl7.org/fhir/ValueSet/administrative-gender')
  const system = 'http://hl7.org/fhir/administrative-gender'
  t.same(
    [...genders],
    ['male', 'female', 'other', 'unknown'].map((code) => ({ system, code })),
  )
  t.equal(genders.size, 4)
  t.ok(genders.has(system, 'male'))
  t.notOk(genders.has(system, 'Male'))
  t.notOk(genders.has('http://a.b', 'male'))
})

t.test('the version behind a value set is not looked at', async (t) => {
  t.equal((await terminology.expand('http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1')).size, 4)
})

t.test('codes listed one by one need no code system', async (t) => {
  const units = await terminology.expand('http://hl7.org/fhir/ValueSet/units-of-time')
  t.ok(units.has('http://unitsofmeasure.org', 'wk'))
})

t.test('a value set by is-a holds the concept and all beneath it', async (t) => {
  const encounters = await terminology.expand('http://terminology.hl7.org/ValueSet/v3-ActEncounterCode')
  t.ok(encounters.has(ACT_CODE, 'AMB'))
  t.ok(encounters.has(ACT_CODE, 'IMP'))
  t.notOk(encounters.has(ACT_CODE, '_ActAccountCode'))
})

t.test('a value set made of others holds theirs', async (t) => {
  const types = await terminology.expand('http://hl7.org/fhir/ValueSet/all-types')
  t.ok(types.has('http://hl7.org/fhir/resource-types', 'Patient'))
  t.ok(types.has('http://hl7.org/fhir/data-types', 'HumanName'))
})

t.test('a URL alone names all codes of a system, or those beneath one', async (t) => {
  const all = await terminology.expand(`${ACT_CODE}?fhir_vs`)
  t.ok(all.has(ACT_CODE, '_ActAccountCode'))
  const encounters = await terminology.expand(`${ACT_CODE}?fhir_vs=isa/_ActEncounterCode`)
  t.ok(encounters.has(ACT_CODE, 'AMB'))
  t.notOk(encounters.has(ACT_CODE, '_ActAccountCode'))
  for (const url of ['http://loinc.org/vs', 'http://a.b/unknown?fhir_vs', `${ACT_CODE}?fhir_vs=refset/1`])
    await t.rejects(terminology.expand(url), { code: 'not-found' }, url)
})

t.test('what R4 does not ship is refused by name', async (t) => {
  const conditions = terminology.expand('http://hl7.org/fhir/ValueSet/condition-code')
  await t.rejects(conditions, { code: 'not-supported', message: /http:\/\/snomed\.info\/sct/ })
  await t.rejects(terminology.expand('http://a.b/none'), {
    code: 'not-found',
    message: /http:\/\/a\.b\/none/,
  })
  await t.rejects(terminology.expand('__proto__'), { code: 'not-found' })
  await t.rejects(terminology.descendants('http://loinc.org', '1-8'), {
    code: 'not-supported',
    message: /loinc/,
  })
})

t.test('every value set of R4 expands or is refused for a reason', async (t) => {
  const counts: Record<string, number> = {}
  for (const url of Object.keys(loadDefinitions().terminology().valueSets)) {
    const code = await terminology.expand(url).then(
      () => 'expanded',
      (error) => error.code,
    )
    counts[code] = (counts[code] ?? 0) + 1
  }
  t.same(counts, { expanded: 1222, 'not-supported': 94 })
})

t.test('descendants and ancestors include the code itself', async (t) => {
  const below = await terminology.descendants(ACT_CODE, '_ActEncounterCode')
  t.ok(below.has('_ActEncounterCode') && below.has('IMP') && below.has('ACUTE'))
  t.notOk(below.has('_ActCode'))
  const above = await terminology.ancestors(ACT_CODE, 'ACUTE')
  t.same([...above].sort(), ['ACUTE', 'IMP', '_ActCareProvisionCode', '_ActEncounterCode'])
  t.same([...(await terminology.descendants(ACT_CODE, 'no such code'))], [])
})

t.test('a system without stated hierarchy has none', async (t) => {
  t.equal(await terminology.isHierarchical(ACT_CODE), true)
  t.equal(await terminology.isHierarchical('http://hl7.org/fhir/administrative-gender'), false)
  t.equal(await terminology.isHierarchical('http://loinc.org'), false)
  const system = 'http://hl7.org/fhir/administrative-gender'
  t.same([...(await terminology.descendants(system, 'male'))], ['male'])
})

const SYSTEM = {
  url: 's',
  content: 'complete',
  concept: [
    { code: 'a', concept: [{ code: 'b', concept: [{ code: 'c' }] }] },
    {
      code: 'd',
      property: [
        { code: 'subsumedBy', valueCode: 'b' },
        { code: 'kind', valueString: 'x' },
      ],
    },
    {
      code: 'e',
      property: [
        { code: 'child', valueCode: 'a' },
        { code: 'parent', valueCode: 'e' },
      ],
    },
  ],
}
const filter = (property: string, op: string, value: string) => ({
  system: 's',
  filter: [{ property, op, value }],
})

const COMPOSED: readonly (readonly [string, object, readonly string[] | string])[] = [
  ['is-a', { include: [filter('concept', 'is-a', 'b')] }, ['b', 'c', 'd']],
  ['descendent-of', { include: [filter('concept', 'descendent-of', 'a')] }, ['b', 'c', 'd']],
  ['is-not-a', { include: [filter('concept', 'is-not-a', 'a')] }, ['e']],
  ['generalizes', { include: [filter('concept', 'generalizes', 'd')] }, ['a', 'b', 'd', 'e']],
  ['a property', { include: [filter('kind', '=', 'x')] }, ['d']],
  [
    'two filters',
    {
      include: [
        {
          system: 's',
          filter: [filter('concept', 'is-a', 'b'), filter('kind', '=', 'x')].map((one) => one.filter[0]),
        },
      ],
    },
    ['d'],
  ],
  ['exclude', { include: [{ system: 's' }], exclude: [filter('concept', 'is-a', 'b')] }, ['a', 'e']],
  ['a system within a value set', { include: [{ system: 's', valueSet: ['two'] }] }, ['c', 'd']],
  ['value sets of one include', { include: [{ valueSet: ['two', 'one'] }] }, ['c']],
  [
    'several includes',
    { include: [{ valueSet: ['one'] }, { system: 's', concept: [{ code: 'e' }] }] },
    ['c', 'e'],
  ],
  ['itself', { include: [{ valueSet: ['self'] }] }, 'unsupported'],
  ['a missing value set', { include: [{ valueSet: ['none'] }] }, 'unsupported'],
  ['an unknown filter', { include: [filter('concept', 'regex', 'a+')] }, 'unsupported'],
]

t.test('a value set is composed as R4 says', async (t) => {
  for (const [rule, compose, expected] of COMPOSED) {
    const data = compileTerminology(
      [SYSTEM],
      [
        { url: 'self', compose: compose as { include: [] } },
        { url: 'one', compose: { include: [{ system: 's', concept: [{ code: 'c' }] }] } },
        {
          url: 'two',
          compose: { include: [{ system: 's', concept: [{ code: 'd' }, { code: 'c' }, { code: 'z' }] }] },
        },
      ],
    )
    const expansion = expandValueSet(data, 'self')
    const got = expansion.kind === 'codes' ? [...(expansion.codes.get('s') ?? [])].sort() : expansion.kind
    t.same(got, expected, rule)
  }
})
