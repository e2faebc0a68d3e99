import t from 'tap'
import { inheritsFrom } from '../../src/access/labels/walk.ts'
import { FLAG_SYSTEM, normaliseFlags } from '../../src/consent/flags.ts'
import { ACT_CODE, CONFIDENTIALITY_SYSTEM, loadSensitivities } from '../../src/consent/labels.ts'
import { labelsOf } from '../../src/consent/read-labels.ts'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import type { Coding, Meta, Resource } from '../../src/fhir/resource.ts'

const sensitivities = loadSensitivities(loadDefinitions())
const read = (meta?: Meta) => labelsOf({ resourceType: 'Basic', ...(meta && { meta }) }, sensitivities)
const V3 = 'http://hl7.org/fhir/v3/'

const READINGS: readonly (readonly [
  why: string,
  security: readonly Coding[],
  confidentiality: string,
  sensitivity: readonly string[],
])[] = [
  ['no label is N', [], 'N', []],
  ['a code below N is taken', [{ system: CONFIDENTIALITY_SYSTEM, code: 'L' }], 'L', []],
  [
    'the highest of several counts',
    ['L', 'V', 'R'].map((code) => ({ system: CONFIDENTIALITY_SYSTEM, code })),
    'V',
    [],
  ],
  ['sensitivity restricts (LI1)', [{ system: ACT_CODE, code: 'PSY' }], 'R', ['PSY']],
  [
    'sensitivity restricts beside N',
    [
      { system: ACT_CODE, code: 'PSY' },
      { system: CONFIDENTIALITY_SYSTEM, code: 'N' },
      { system: ACT_CODE, code: 'HIV' },
      { system: ACT_CODE, code: 'PSY' },
    ],
    'R',
    ['HIV', 'PSY'],
  ],
  ['another code of v3-ActCode is no label', [{ system: ACT_CODE, code: 'NODSCLCD' }], 'N', []],
  ['a code of another system is no label', [{ system: 'urn:x', code: 'V' }], 'N', []],
  [
    'a confidentiality code without rank is the highest',
    [{ system: CONFIDENTIALITY_SYSTEM, code: 'T' }],
    'V',
    [],
  ],
  [
    'one that became a sensitivity code is that',
    [{ system: CONFIDENTIALITY_SYSTEM, code: 'HIV' }],
    'R',
    ['HIV'],
  ],
  ['without a system a code that is none is no label', [{ code: 'x' }, { code: 'AMB' }], 'N', []],
  ['without a system the code decides', [{ code: 'V' }, { code: 'SDV' }, { code: 'x' }], 'V', ['SDV']],
  [
    'older systems count',
    [
      { system: `${V3}Confidentiality`, code: 'V' },
      { system: `${V3}ActCode`, code: 'STD' },
    ],
    'V',
    ['STD'],
  ],
  [
    'so do their identifiers',
    [
      { system: 'urn:oid:2.16.840.1.113883.5.25', code: 'R' },
      { system: 'urn:oid:2.16.840.1.113883.5.4', code: 'ETH' },
    ],
    'R',
    ['ETH'],
  ],
]
for (const [why, security, confidentiality, sensitivity] of READINGS)
  t.test(why, async (t) => {
    t.strictSame(read({ security }), { confidentiality, sensitivity, uninformed: false, undelivered: false })
  })

const ONE_SLASH = FLAG_SYSTEM.replace('http://', 'http:/')

t.test(
  '未告知 and 未提供 are found in tag and security, in both spellings of their system (K8)',
  async (t) => {
    for (const system of [FLAG_SYSTEM, ONE_SLASH])
      for (const list of ['tag', 'security'] as const) {
        const { uninformed, undelivered } = read({ [list]: [{ system, code: 'UNINFORMED' }] })
        t.strictSame([uninformed, undelivered], [true, false], `${list} ${system}`)
        t.ok(read({ [list]: [{ system: 'urn:x' }, { system, code: 'UNDELIVERED' }] }).undelivered)
      }
    t.notOk(read({ tag: [{ system: 'urn:x', code: 'UNINFORMED' }] }).uninformed)
    t.notOk(read().uninformed)
  },
)

t.test('a flag is kept with two slashes; nothing else is touched', async (t) => {
  const other = { system: 'urn:x', code: 'UNINFORMED' }
  const resource: Resource = {
    resourceType: 'Condition',
    meta: { tag: [other, { system: ONE_SLASH, code: 'UNINFORMED', display: '未告知' }] },
  }
  t.strictSame(normaliseFlags(resource), {
    resourceType: 'Condition',
    meta: { tag: [other, { system: FLAG_SYSTEM, code: 'UNINFORMED', display: '未告知' }] },
  })
  const inSecurity = {
    resourceType: 'Basic',
    meta: { security: [{ system: ONE_SLASH, code: 'UNDELIVERED' }] },
  }
  t.strictSame(normaliseFlags(inSecurity).meta, { security: [{ system: FLAG_SYSTEM, code: 'UNDELIVERED' }] })
  for (const same of [
    normaliseFlags(resource),
    { resourceType: 'Basic' },
    { resourceType: 'Basic', meta: {} },
  ])
    t.equal(normaliseFlags(same), same)
})

const ref = (reference: string) => ({ reference })

t.test(
  'labels are inherited along the references of LI2, from resources of this server, each once',
  async (t) => {
    const BASE = 'https://example.org/fhir'
    const TABLE: readonly (readonly [Resource, readonly string[]])[] = [
      [
        {
          resourceType: 'Procedure',
          id: 'p',
          reasonReference: [ref('Condition/1'), ref('Condition/1/_history/2'), ref('#c'), ref('urn:uuid:1')],
          basedOn: [ref(`${BASE}/ServiceRequest/2`), ref('https://elsewhere.org/fhir/ServiceRequest/3')],
          partOf: [ref('Procedure/p')],
          encounter: ref('Encounter/4'),
          subject: ref('Patient/5'),
          performer: [{ actor: ref('Practitioner/6') }],
        },
        ['ServiceRequest/2', 'Encounter/4', 'Condition/1'],
      ],
      [
        {
          resourceType: 'DiagnosticReport',
          result: [ref('Observation/1')],
          contained: [
            { resourceType: 'Observation', hasMember: [ref('Observation/2')], derivedFrom: [ref('Media/3')] },
          ],
        },
        ['Observation/1', 'Media/3', 'Observation/2'],
      ],
      [
        {
          resourceType: 'Encounter',
          diagnosis: [{ condition: ref('Condition/1') }, { condition: ref('Condition/2') }],
        },
        ['Condition/1', 'Condition/2'],
      ],
      [{ resourceType: 'Claim', diagnosis: [{ diagnosisReference: ref('Condition/1') }] }, ['Condition/1']],
      [{ resourceType: 'DocumentReference', context: { encounter: [ref('Encounter/1')] } }, ['Encounter/1']],
      [{ resourceType: 'MedicationDispense', context: ref('Encounter/1') }, ['Encounter/1']],
      [{ resourceType: 'MedicationRequest', medicationReference: ref('Medication/1') }, ['Medication/1']],
      [{ resourceType: 'CarePlan', addresses: [ref('Condition/1')] }, ['Condition/1']],
      [{ resourceType: 'List', entry: [{ item: ref('Condition/1') }] }, ['Condition/1']],
      [
        {
          resourceType: 'Composition',
          section: [{ entry: [ref('Condition/1')], section: [{ entry: [ref('Observation/2')] }] }],
        },
        ['Condition/1', 'Observation/2'],
      ],
      [{ resourceType: 'Observation', subject: ref('Patient/1'), specimen: ref('Specimen/1') }, []],
    ]
    for (const [resource, expected] of TABLE)
      t.strictSame([...inheritsFrom(resource, BASE)].sort(), [...expected].sort(), resource.resourceType)
  },
)
