// What a hospital's engineer reads when a resource is refused: thirty outcomes, in both languages, kept as text that was read through.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { parseJson } from '../../src/fhir/json.ts'
import { toOutcome } from '../../src/fhir/outcome.ts'
import { element, PROFILE, profileOn } from '../support/profile.ts'
import { openTestValidation } from '../support/validation.ts'

const GOLDEN = new URL('outcomes.golden.txt', import.meta.url)

const DIV = '<div xmlns="http://www.w3.org/1999/xhtml">a</div>'
const text = { status: 'generated', div: DIV }
const patient = (more: object) => ({ resourceType: 'Patient', text, ...more })
const observation = (more: object) => ({
  resourceType: 'Observation',
  text,
  status: 'final',
  code: { text: 'HbA1c' },
  ...more,
})
const CODE = {
  coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'resolved' }],
}
const claimed = (resource: object) => ({ ...resource, meta: { profile: [PROFILE] } })

const blood = profileOn(
  'Observation',
  element('Observation.component', {
    slicing: { discriminator: [{ type: 'pattern', path: 'code' }], rules: 'closed' },
    min: 1,
  }),
  element('Observation.component:systolic', { min: 1, max: '1' }),
  element('Observation.component:systolic.code', {
    patternCodeableConcept: { coding: [{ system: 'http://loinc.org', code: '8480-6' }] },
  }),
  element('Observation.component:systolic.valueQuantity', { min: 1 }),
  element('Observation.component:systolic.valueQuantity.code', { min: 1, fixedCode: 'mm[Hg]' }),
  element('Observation.subject', {
    min: 1,
    type: [{ code: 'Reference', targetProfile: ['http://hl7.org/fhir/StructureDefinition/Patient'] }],
  }),
)
const validate = openTestValidation([blood])

/** What somebody sent. */
const SENT: readonly (readonly [string, unknown])[] = [
  ['a name in the wrong case', patient({ birthdate: '1980-04-01' })],
  ['an element of another version', patient({ nickname: 'Taro' })],
  ['a date that does not exist', patient({ birthDate: '1981-02-29' })],
  ['a date in the Japanese way', patient({ birthDate: '昭和55年4月1日' })],
  ['a time without zone', observation({ effectiveDateTime: '2026-11-20T07:05:00' })],
  ['a code in the wrong case', patient({ gender: 'Male' })],
  ['a code of one’s own', patient({ gender: '1' })],
  [
    'a coding of another system',
    {
      resourceType: 'Condition',
      text,
      subject: { reference: 'Patient/1' },
      clinicalStatus: { coding: [{ system: 'http://hospital.example/status', code: '1' }] },
    },
  ],
  [
    'text where a coding is needed',
    {
      resourceType: 'AllergyIntolerance',
      text,
      patient: { reference: 'Patient/1' },
      clinicalStatus: { text: '治癒' },
    },
  ],
  ['a number in quotes', observation({ valueQuantity: { value: '5.4', unit: '%' } })],
  ['a list where there is one', patient({ gender: ['male'] })],
  ['one where there is a list', patient({ name: { text: '山田　太郎' } })],
  ['nothing in a list', patient({ name: [] })],
  ['an empty text', patient({ name: [{ family: '' }] })],
  ['null', patient({ birthDate: null })],
  ['a missing status', { resourceType: 'Observation', text, code: { text: 'HbA1c' } }],
  ['two types of one value', observation({ valueString: '5.4 %', valueQuantity: { value: 5.4 } })],
  ['a code with spaces around it', patient({ language: 'ja ' })],
  ['an id with an underscore', patient({ id: 'P_0001' })],
  [
    'an OID with a leading zero',
    patient({ identifier: [{ system: 'urn:oid:1.2.392.100495.20.3.51.01', value: '1' }] }),
  ],
  ['a reference to another type', observation({ subject: { reference: 'Practitioner/1' } })],
  [
    'a reference that contradicts itself',
    observation({ subject: { reference: 'Patient/1', type: 'Group' } }),
  ],
  ['a contained resource that is not there', observation({ specimen: { reference: '#s1' } })],
  ['a contained resource for nothing', observation({ contained: [{ resourceType: 'Specimen', id: 's1' }] })],
  [
    'a script in the narrative',
    patient({
      text: {
        status: 'generated',
        div: '<div xmlns="http://www.w3.org/1999/xhtml"><script>a()</script></div>',
      },
    }),
  ],
  [
    'a period that ends before it begins',
    observation({ effectivePeriod: { start: '2026-11-20', end: '2026-11-19' } }),
  ],
  [
    'a value and the reason why there is none',
    observation({ valueString: 'a', dataAbsentReason: { text: 'b' } }),
  ],
  [
    'a status that does not fit',
    {
      resourceType: 'Condition',
      text,
      subject: { reference: 'Patient/1' },
      clinicalStatus: CODE,
      verificationStatus: {
        coding: [
          { system: 'http://terminology.hl7.org/CodeSystem/condition-ver-status', code: 'entered-in-error' },
        ],
      },
    },
  ],
  [
    'a modifier extension nobody knows',
    patient({ modifierExtension: [{ url: 'http://hospital.example/void', valueBoolean: true }] }),
  ],
  [
    'an extension in the wrong place',
    observation({
      extension: [
        { url: 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace', valueAddress: { text: '大阪' } },
      ],
    }),
  ],
  [
    'a profile: a missing part and no patient',
    claimed(
      observation({
        component: [
          {
            code: { coding: [{ system: 'http://loinc.org', code: '8462-4' }] },
            valueQuantity: { value: 80 },
          },
        ],
      }),
    ),
  ],
  [
    'a profile: another unit',
    claimed(
      observation({
        subject: { reference: 'Patient/1' },
        component: [
          {
            code: { coding: [{ system: 'http://loinc.org', code: '8480-6' }] },
            valueQuantity: { value: 16, unit: 'kPa', system: 'http://unitsofmeasure.org', code: 'kPa' },
          },
        ],
      }),
    ),
  ],
  [
    'a profile that nobody knows, and a display that is not the code’s',
    {
      ...observation({
        category: [
          {
            coding: [
              {
                system: 'http://terminology.hl7.org/CodeSystem/observation-category',
                code: 'laboratory',
                display: '検体検査',
              },
            ],
          },
        ],
      }),
      meta: { profile: ['http://jpfhir.jp/fhir/core/StructureDefinition/JP_Observation_LabResult'] },
    },
  ],
  ['not a resource', { resourceType: 'Pacient', name: 'a' }],
]

t.test('each outcome reads as it was read through', async (t) => {
  const blocks: string[] = []
  for (const [name, sent] of SENT) {
    const issues = await validate(parseJson(JSON.stringify(sent)), { level: 'all' })
    const [en, ja] = [toOutcome(issues, 'en'), toOutcome(issues, 'ja')]
    const lines = en.issue.map(({ severity, code, details, diagnostics }, at) => {
      t.equal(details?.text, diagnostics)
      return `${severity} ${code} ${details?.coding[0]?.code}\n  ${diagnostics}\n  ${ja.issue[at]?.details?.text}`
    })
    blocks.push([`# ${name}`, ...lines].join('\n'))
  }
  t.ok(SENT.length >= 30)
  const found = `${blocks.join('\n\n')}\n`
  // Deleting the file makes it anew, to be read again.
  if (!existsSync(GOLDEN)) writeFileSync(GOLDEN, found)
  t.equal(found, readFileSync(GOLDEN, 'utf8'))
})
