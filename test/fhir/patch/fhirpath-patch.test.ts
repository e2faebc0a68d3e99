// FHIRPath Patch as R4's page says. https://hl7.org/fhir/R4/fhirpatch.html
import t from 'tap'
import { parseJson, stringifyJson } from '../../../src/fhir/json.ts'
import { applyFhirPathPatch } from '../../../src/fhir/patch/fhirpath-patch.ts'
import type { Resource } from '../../../src/fhir/resource.ts'

const patient: Resource = {
  resourceType: 'Patient',
  id: 'a',
  meta: { versionId: '1', lastUpdated: '2026-01-01T00:00:00Z' },
  identifier: [{ value: '1' }, { value: '2' }, { value: '3' }],
  name: [{ use: 'official', family: '山田', given: ['太郎', '次郎'], _given: [null, { id: 'g' }] }],
  birthDate: '1980-01-01',
  deceasedBoolean: false,
  contact: [{ name: { text: 'c' } }],
}

type Parts = Record<string, unknown>

function operation(type: string, path: string, rest: Parts = {}): object {
  const part: object[] = [
    { name: 'type', valueCode: type },
    { name: 'path', valueString: path },
  ]
  for (const [name, value] of Object.entries(rest)) {
    if (name === 'name') part.push({ name, valueString: value })
    else if (typeof value === 'number') part.push({ name, valueInteger: value })
    else part.push({ name, ...(value as object) })
  }
  return { name: 'operation', part }
}

function patched(...parameter: object[]): Record<string, unknown> {
  return applyFhirPathPatch(patient, { resourceType: 'Parameters', parameter })
}

t.test('add sets an element or appends to a list', async (t) => {
  t.equal(
    patched(operation('add', 'Patient', { name: 'gender', value: { valueCode: 'male' } }))['gender'],
    'male',
  )
  const more = patched(
    operation('add', 'Patient', { name: 'identifier', value: { valueIdentifier: { value: '4' } } }),
  )
  t.same((more['identifier'] as object[])[3], { value: '4' })
  const first = patched(
    operation('add', 'Patient', { name: 'photo', value: { valueAttachment: { title: 'p' } } }),
  )
  t.same(first['photo'], [{ title: 'p' }])
  const given = patched(
    operation('add', 'Patient.name[0]', { name: 'given', value: { valueString: '三郎' } }),
  )
  t.match(given['name'], [{ given: ['太郎', '次郎', '三郎'], _given: [null, { id: 'g' }, null] }])
})

t.test('add to what does not repeat needs the element to be absent, in any type of a choice', async (t) => {
  for (const [name, value] of [
    ['birthDate', { valueDate: '1990' }],
    ['deceased', { valueDateTime: '2020' }],
    ['deceased', { valueBoolean: true }],
  ] as const)
    t.throws(() => patched(operation('add', 'Patient', { name, value })), { code: 'unprocessable' })
  const twin = patched(operation('add', 'Patient', { name: 'multipleBirth', value: { valueInteger: 2 } }))
  t.equal(twin['multipleBirthInteger'], 2)
})

t.test('an element without a datatype is given as nested parts, lists by repeating a part', async (t) => {
  const value = {
    part: [
      { name: 'name', valueHumanName: { text: 'd' } },
      { name: 'telecom', valueContactPoint: { value: '1' } },
      { name: 'telecom', valueContactPoint: { value: '2' } },
      { name: 'gender', valueCode: 'female' },
    ],
  }
  const result = patched(operation('add', 'Patient', { name: 'contact', value }))
  t.same((result['contact'] as object[])[1], {
    name: { text: 'd' },
    telecom: [{ value: '1' }, { value: '2' }],
    gender: 'female',
  })
  t.throws(
    () =>
      patched(
        operation('add', 'Patient', { name: 'contact', value: { part: [{ name: 'nope', valueCode: 'x' }] } }),
      ),
    { code: 'unprocessable' },
  )
})

t.test('extensions of a primitive stand in its companion', async (t) => {
  const value = { valueExtension: { url: 'http://x', valueCode: 'c' } }
  const added = patched(operation('add', 'Patient.birthDate', { name: 'extension', value }))
  t.same(added['_birthDate'], { extension: [value.valueExtension] })
  t.equal(added['birthDate'], '1980-01-01')
  const inList = patched(operation('add', 'Patient.name.given[0]', { name: 'extension', value }))
  t.match(inList['name'], [{ _given: [{ extension: [{ url: 'http://x' }] }, { id: 'g' }] }])
  const gone = applyFhirPathPatch(added as unknown as Resource, {
    resourceType: 'Parameters',
    parameter: [operation('delete', "Patient.birthDate.extension.where(url='http://x')")],
  })
  t.same(gone, patient)
})

t.test('insert puts a value before an index of the whole list', async (t) => {
  const value = { valueIdentifier: { value: 'new' } }
  for (const index of [0, 1, 3]) {
    const list = patched(operation('insert', 'Patient.identifier', { index, value }))[
      'identifier'
    ] as object[]
    t.same(list[index], { value: 'new' })
    t.equal(list.length, 4)
  }
  t.throws(() => patched(operation('insert', 'Patient.identifier', { index: 4, value })), {
    code: 'unprocessable',
  })
  t.throws(() => patched(operation('insert', "Patient.identifier.where(value='2')", { index: 0, value })), {
    code: 'unprocessable',
  })
  const photo = patched(
    operation('insert', 'Patient.photo', { index: 0, value: { valueAttachment: { title: 'p' } } }),
  )
  t.same(photo['photo'], [{ title: 'p' }], 'an absent list is an empty one')
})

t.test('delete removes one element with its companion, and nothing is fine', async (t) => {
  t.notOk('birthDate' in patched(operation('delete', 'Patient.birthDate')))
  t.match(patched(operation('delete', 'Patient.name.given[1]'))['name'], [
    { given: ['太郎'], _given: undefined },
  ])
  t.same(patched(operation('delete', 'Patient.photo')), patient)
  t.notOk(
    'contact' in patched(operation('delete', 'Patient.contact.name.text')),
    'what is left empty goes too',
  )
  t.throws(
    () => patched(operation('delete', 'Patient.identifier')),
    { code: 'unprocessable' },
    'more than one',
  )
  t.throws(() => patched(operation('delete', 'Patient')), { code: 'unprocessable' })
})

t.test('replace needs exactly one element and may change the type of a choice', async (t) => {
  const changed = patched(operation('replace', 'Patient.deceased', { value: { valueDateTime: '2020' } }))
  t.equal(changed['deceasedDateTime'], '2020')
  t.notOk('deceasedBoolean' in changed)
  const name = patched(operation('replace', 'Patient.name.given[1]', { value: { valueString: '三郎' } }))
  t.match(name['name'], [{ given: ['太郎', '三郎'], _given: undefined }])
  const list = patched(
    operation('replace', "Patient.identifier.where(value='2')", {
      value: { valueIdentifier: { value: 'x' } },
    }),
  )
  t.same(list['identifier'], [{ value: '1' }, { value: 'x' }, { value: '3' }])
  for (const path of ['Patient.gender', 'Patient.identifier', 'Patient.identifier.count()', 'Patient'])
    t.throws(
      () => patched(operation('replace', path, { value: { valueCode: 'x' } })),
      { code: 'unprocessable' },
      path,
    )
  t.throws(() => patched(operation('replace', 'Patient.deceased', { value: { valueString: 'x' } })), {
    code: 'unprocessable',
  })
})

t.test(
  'the narrative is reached by its name in backticks, as FHIRPath wants what is an operator',
  async (t) => {
    const told = { ...patient, text: { status: 'generated', div: '<div>a</div>' } }
    const change = operation('replace', 'Patient.text.`div`', { value: { valueString: '<div>b</div>' } })
    const result = applyFhirPathPatch(told, { resourceType: 'Parameters', parameter: [change] })
    t.same(result['text'], { status: 'generated', div: '<div>b</div>' })
  },
)

t.test('a value is of the type of its element', async (t) => {
  for (const [type, path, rest] of [
    ['replace', 'Patient.identifier[0]', { value: { valueAddress: { text: 'a' } } }],
    ['insert', 'Patient.identifier', { index: 0, value: { valueString: 'a' } }],
    ['add', 'Patient', { name: 'photo', value: { valueHumanName: { text: 'a' } } }],
    ['add', 'Patient', { name: 'contact', value: { valueHumanName: { text: 'a' } } }],
    ['replace', 'Patient.birthDate', { value: { valuePeriod: { start: '2020' } } }],
    ['add', 'Patient', { name: 'contained', value: { valueReference: { reference: 'a' } } }],
  ] as const)
    t.throws(() => patched(operation(type, path, rest)), { code: 'unprocessable', message: /of type/ }, path)
  const age = { resourceType: 'Condition', onsetAge: { value: 1 } } as Resource
  const change = operation('replace', 'Condition.onset', { value: { valueAge: { value: 2 } } })
  t.same(applyFhirPathPatch(age, { resourceType: 'Parameters', parameter: [change] })['onsetAge'], {
    value: 2,
  })
  const range = { resourceType: 'Observation', referenceRange: [{ text: 'a' }] } as Resource
  const low = operation('add', 'Observation.referenceRange[0]', {
    name: 'low',
    value: { valueQuantity: { value: 1 } },
  })
  t.match(applyFhirPathPatch(range, { resourceType: 'Parameters', parameter: [low] })['referenceRange'], [
    { low: { value: 1 } },
  ])
})

t.test('move takes an item of a list to another index', async (t) => {
  const move = (source: number, destination: number) =>
    (
      patched(operation('move', 'Patient.identifier', { source, destination }))['identifier'] as {
        value: string
      }[]
    )
      .map((identifier) => identifier.value)
      .join('')
  t.equal(move(0, 2), '231')
  t.equal(move(2, 0), '312')
  t.equal(move(1, 1), '123')
  t.throws(() => move(3, 0), { code: 'unprocessable' })
  t.throws(() => move(0, 3), { code: 'unprocessable' })
  const given = patched(operation('move', 'Patient.name.given', { source: 1, destination: 0 }))
  t.match(given['name'], [{ given: ['次郎', '太郎'], _given: [{ id: 'g' }, null] }])
})

t.test('operations run in order, each on the outcome of the one before', async (t) => {
  const result = patched(
    operation('delete', 'Patient.birthDate'),
    operation('add', 'Patient', { name: 'birthDate', value: { valueDate: '2000' } }),
    operation('replace', 'Patient.birthDate', { value: { valueDate: '2001' } }),
  )
  t.equal(result['birthDate'], '2001')
})

t.test('decimals keep their digits, also where the path compares them', async (t) => {
  const observation = parseJson(
    '{"resourceType":"Observation","component":[{"valueQuantity":{"value":1.00}},{"valueQuantity":{"value":2.50}}]}',
  ) as Resource
  const parameter = [operation('delete', 'Observation.component.where(value.value = 1)')]
  const result = applyFhirPathPatch(observation, { resourceType: 'Parameters', parameter })
  t.equal(
    stringifyJson(result),
    '{"resourceType":"Observation","component":[{"valueQuantity":{"value":2.50}}]}',
  )
})

t.test('resourceType, id, meta.versionId and meta.lastUpdated cannot be changed', async (t) => {
  for (const [path, value] of [
    ['Patient.id', { valueId: 'b' }],
    ['Patient.meta.versionId', { valueId: '2' }],
    ['Patient.meta.lastUpdated', { valueInstant: '2027-01-01T00:00:00Z' }],
  ] as const)
    t.throws(() => patched(operation('replace', path, { value })), { code: 'unprocessable' }, path)
  t.throws(() => patched(operation('delete', 'Patient.id')), { code: 'unprocessable' })
})

t.test('what is no FHIRPath Patch is refused as invalid', async (t) => {
  const value = { valueCode: 'x' }
  for (const patch of [
    null,
    [],
    { resourceType: 'Patient' },
    { resourceType: 'Parameters', parameter: {} },
    { resourceType: 'Parameters', parameter: [{ name: 'other', part: [] }] },
    { resourceType: 'Parameters', parameter: [{ name: 'operation', part: [null] }] },
    { resourceType: 'Parameters', parameter: [operation('spell', 'Patient.id')] },
    { resourceType: 'Parameters', parameter: [operation('add', 'Patient', { value })] },
    { resourceType: 'Parameters', parameter: [operation('replace', 'Patient.gender')] },
    { resourceType: 'Parameters', parameter: [operation('replace', 'Patient..gender', { value })] },
    { resourceType: 'Parameters', parameter: [operation('insert', 'Patient.name', { index: -1, value })] },
    {
      resourceType: 'Parameters',
      parameter: [operation('replace', 'Patient.gender', { value: { valueCode: 'x', valueString: 'y' } })],
    },
  ])
    t.throws(() => applyFhirPathPatch(patient, patch), { code: 'invalid' }, JSON.stringify(patch))
})

t.test('many operations on a large resource are refused before they take seconds', async (t) => {
  const identifier = Array.from({ length: 20_000 }, (_, i) => ({ value: String(i) }))
  const large = { ...patient, identifier }
  const one = operation('delete', "Patient.identifier.where(value='x')")
  const many = (length: number) => ({
    resourceType: 'Parameters',
    parameter: Array.from({ length }, () => one),
  })
  t.throws(() => applyFhirPathPatch(large, many(1000)), { code: 'too-costly' })
  t.same(applyFhirPathPatch(large, many(2)), large)
  t.same(applyFhirPathPatch(patient, many(1000)), patient, 'on a usual one they are welcome')
})

t.test('a path cannot run what takes unbounded time or looks outside the resource', async (t) => {
  for (const path of [
    "Patient.name.where(family.matches('(a+)+$'))",
    "Patient.name.where(family.`matches`('(a+)+$'))",
    "Patient.name.where(family.matches/**/('(a+)+$'))",
    'Patient.repeat(contact)',
    'Patient.descendants()',
    'Patient.`descendants`()',
    'Patient.`div`()',
    'Patient.managingOrganization.resolve()',
    '%resource.name',
    '(Patient.name | Patient.name.given).first()',
    "Patient.name.trace('x')",
    `Patient${'.name'.repeat(300)}`,
  ])
    t.throws(() => patched(operation('delete', path)), { code: 'invalid' }, path.slice(0, 60))
})
