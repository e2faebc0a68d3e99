// Elements that go further than cardinalities say, and no further. https://hl7.org/fhir/R4/conformance-rules.html#constraints
import t from 'tap'
import { prune } from '../../src/fhir/prune.ts'
import { essential, ground, hide } from '../support/pruning.ts'

const literal = (type: string) => ({ reference: `${type}/h` })
const more = { extension: [{ url: 'x', valueCode: 'about it' }] }

/** Elements that say nothing, or only things about what they refer to, without it. */
const TOGETHER: readonly (readonly [path: string, item: object, left?: object])[] = [
  ['AuditEvent.entity', { ...more, name: 'n', what: literal('Observation') }],
  ['CareTeam.participant', { ...more, role: [{ text: 'r' }], member: literal('RelatedPerson') }],
  ['Claim.related', { ...more, relationship: { text: 'r' }, claim: literal('Claim') }],
  [
    'Claim.supportingInfo',
    { ...more, sequence: 1, category: { text: 'c' }, valueReference: literal('Observation') },
  ],
  ['ClinicalImpression.finding', { ...more, basis: 'b', itemReference: literal('Condition') }],
  ['Condition.evidence', { ...more, detail: [literal('Observation')] }],
  [
    'Condition.evidence',
    { code: [{ text: 'c' }], detail: [literal('Observation')] },
    { code: [{ text: 'c' }] },
  ],
  ['Condition.stage', { ...more, type: { text: 't' }, assessment: [literal('Observation')] }],
  ['DocumentManifest.related', { ...more, identifier: { value: 'v' }, ref: literal('Observation') }],
  ['Encounter.participant', { ...more, type: [{ text: 't' }], individual: literal('RelatedPerson') }],
  ['ExplanationOfBenefit.related', { ...more, claim: literal('Claim') }],
  ['ExplanationOfBenefit.supportingInfo', { ...more, sequence: 1, valueReference: literal('Observation') }],
  ['Immunization.reaction', { ...more, date: '2020', detail: literal('Observation') }],
  ['RequestGroup.action', { ...more, title: 't', resource: literal('Task') }],
  ['Encounter.hospitalization', { ...more, origin: { display: 'd' } }, { ...more, origin: { display: 'd' } }],
  [
    'MolecularSequence.referenceSeq',
    { ...more, windowStart: 1, referenceSeqPointer: literal('MolecularSequence') },
  ],
  ['Parameters.parameter', { id: 'a', name: 'n', valueReference: literal('Observation') }],
  [
    'QuestionnaireResponse.item',
    { linkId: '1', answer: [{ valueReference: literal('Observation') }] },
    { linkId: '1' },
  ],
]

for (const [path, item, left] of TOGETHER)
  t.test(`${path} goes with its reference${left ? ' no further than it must' : ''}`, async (t) => {
    const [resourceType, element] = path.split('.') as [string, string]
    const pruned = prune(
      { resourceType, language: 'ja', [element]: [item] },
      (key) => key.endsWith('/h'),
      ground,
    )
    t.same(pruned, { resourceType, language: 'ja', ...(left && { [element]: [left] }) })
  })

t.test('what invariants of a whole resource ask for is looked after too', async (t) => {
  const response = { resourceType: 'AppointmentResponse', actor: literal('RelatedPerson') }
  const [asked, kept] = [response, { ...response, participantType: [{ text: 't' }] }]
  t.equal(
    prune(asked, () => true, ground),
    undefined,
  )
  t.same(essential(asked), ['RelatedPerson/h'])
  t.same(
    prune(kept, () => true, ground),
    { resourceType: 'AppointmentResponse', participantType: [{ text: 't' }] },
  )
  t.same(essential(kept), [])
  const neither = {
    resourceType: 'AppointmentResponse',
    extension: [{ url: 'x', valueReference: literal('Task') }],
  }
  t.equal(hide(neither, 'Task/h'), undefined)
  t.same(essential(neither), ['Task/h'])
  const participant = [
    { type: [{ text: 't' }], status: 'accepted', actor: literal('RelatedPerson') },
    { status: 'accepted', actor: { reference: 'Patient/h' } },
  ]
  const appointment = { resourceType: 'Appointment', status: 'booked', participant }
  t.same(hide(appointment, 'RelatedPerson/h')?.['participant'], participant.slice(1))
  t.same(essential(appointment), [])
  t.same(essential({ ...appointment, participant: participant.slice(0, 1) }), ['RelatedPerson/h'])
})
