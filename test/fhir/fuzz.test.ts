// Any bytes in, never anything out but a value or a FhirError. https://hl7.org/fhir/R4/json.html
import fc from 'fast-check'
import t from 'tap'
import { buildDocument, sameContent } from '../../src/fhir/document.ts'
import { parseJson, stringifyJson } from '../../src/fhir/json.ts'
import { FhirError } from '../../src/fhir/outcome.ts'
import { applyFhirPathPatch } from '../../src/fhir/patch/fhirpath-patch.ts'
import { applyJsonPatch } from '../../src/fhir/patch/json-patch.ts'
import { decimalRange, parseDateTime } from '../../src/fhir/primitives.ts'
import { forEachReference, rewriteReferences } from '../../src/fhir/reference.ts'
import type { Resource } from '../../src/fhir/resource.ts'

const PATIENT =
  '{"resourceType":"Patient","id":"a","meta":{"versionId":"1","tag":[{"code":"x"}]},"name":[{"family":"山田","given":["a","b"],"_given":[null,{"id":"g"}]}],"multipleBirthInteger":1.0,"deceasedBoolean":false,"link":[{"other":{"reference":"urn:uuid:1"}}]}'

/** Returns what `run` returns, or undefined where it throws a FhirError; anything else it throws fails the test. */
function survive<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    if (error instanceof FhirError && error.status < 500) return undefined
    throw error
  }
}

const pieces = fc.constantFrom(
  '',
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  ':',
  'null',
  '1.00',
  '\\u0000',
  '{}',
  '[]',
  '"meta"',
  '1e999',
  '\ufeff',
  '𠮷',
  '__proto__',
)
const mutant = fc
  .array(fc.tuple(fc.nat(PATIENT.length), fc.nat(20), pieces), { maxLength: 4 })
  .map((edits) =>
    edits.reduce((text, [at, length, put]) => text.slice(0, at) + put + text.slice(at + length), PATIENT),
  )

t.test('random bytes and mutants of a resource', async (t) => {
  const source = fc.oneof(mutant, fc.uint8Array({ maxLength: 300 }), fc.string({ unit: 'binary' }), fc.json())
  fc.assert(
    fc.property(source, (source) => {
      const value = survive(() => parseJson(source))
      if (typeof value !== 'object' || value === null) return
      const resource = value as Resource
      survive(() => JSON.parse(Buffer.from(buildDocument(resource, '1').document).toString()))
      sameContent(resource, parseJson(stringifyJson(resource)) as Resource)
      forEachReference(resource, () => {})
      rewriteReferences(resource, () => 'x')
    }),
    { numRuns: 2000 },
  )
  t.pass()
})

const pointer = fc.constantFrom(
  '',
  '/name',
  '/name/0',
  '/name/-',
  '/name/0/given/1',
  '/meta',
  '/meta/tag',
  '/id',
  '/x',
  '/__proto__/x',
  '/multipleBirthInteger',
  '/a~2',
)
const json = fc.oneof(fc.jsonValue(), fc.constantFrom(parseJson('1.00'), null, {}, []))
const jsonOperation = fc.record(
  {
    op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'x'),
    path: pointer,
    from: pointer,
    value: json,
  },
  { requiredKeys: ['op', 'path'] },
)

t.test('random JSON Patches', async (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.array(jsonOperation, { maxLength: 8 }), json), (patch) => {
      const patient = parseJson(PATIENT) as Resource
      const result = survive(() => applyJsonPatch(patient, patch))
      t.equal(stringifyJson(patient), PATIENT)
      if (result) t.equal(result.id, 'a')
    }),
    { numRuns: 1000 },
  )
})

const part = fc.oneof(
  fc.record({
    name: fc.constant('type'),
    valueCode: fc.constantFrom('add', 'insert', 'delete', 'replace', 'move'),
  }),
  fc.record({
    name: fc.constant('path'),
    valueString: fc.oneof(
      fc.constantFrom(
        'Patient',
        'Patient.name',
        'Patient.name.given',
        'Patient.deceased',
        'Patient.name[0]',
        'Patient.id',
        'Patient.link.other',
        "Patient.name.where(family='山田')",
      ),
      fc.string(),
    ),
  }),
  fc.record({
    name: fc.constant('name'),
    valueString: fc.constantFrom('name', 'given', 'deceased', 'id', 'extension', 'x'),
  }),
  fc.record({
    name: fc.constantFrom('index', 'source', 'destination'),
    valueInteger: fc.oneof(fc.nat(3), json),
  }),
  fc.record({ name: fc.constant('value'), valueString: json }),
  fc.record({
    name: fc.constant('value'),
    part: fc.array(fc.record({ name: fc.constantFrom('family', 'given', 'x'), valueString: json })),
  }),
)

t.test('random FHIRPath Patches', async (t) => {
  const operation = fc.record({
    name: fc.constant('operation'),
    part: fc.uniqueArray(part, { maxLength: 7, selector: (one) => one.name }),
  })
  fc.assert(
    fc.property(fc.oneof(fc.array(operation, { maxLength: 3 }), json), (parameter) => {
      const patient = parseJson(PATIENT) as Resource
      const result = survive(() => applyFhirPathPatch(patient, { resourceType: 'Parameters', parameter }))
      t.equal(stringifyJson(patient), PATIENT)
      if (result) t.equal(result.id, 'a')
    }),
    { numRuns: 1000 },
  )
})

t.test('random dates and numbers', async (t) => {
  const text = fc.oneof(
    fc.string(),
    fc.stringMatching(/^\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-6]\d:[0-6]\d(\.\d{1,20})?(Z|[+-][01]\d:[0-6]\d)?$/),
    fc.stringMatching(/^-?\d{1,30}(\.\d{1,30})?(e-?\d{1,9})?$/),
  )
  fc.assert(
    fc.property(text, (text) => {
      const date = parseDateTime(text, 'Europe/London')
      if (date) t.ok(date.start < date.end)
      const range = decimalRange(text)
      if (range) t.ok(range.lo <= range.value && range.value <= range.hi)
    }),
    { numRuns: 2000 },
  )
})
