// What is left of a resource where some of what it refers to is hidden. https://hl7.org/fhir/R4/references.html#literal
import t from 'tap'
import { isUniversal } from '../../src/access/directory.ts'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { stringifyJson } from '../../src/fhir/json.ts'
import { listReferences } from '../../src/fhir/list-references.ts'
import { essentialReferences, type Ground, prune } from '../../src/fhir/prune.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { createStructureCheck } from '../../src/fhir/validate.ts'
import { examplesMissing, officialExamples } from '../support/examples.ts'
import { createOrder } from '../support/order.ts'

const isPersonal = (type: string) => !isUniversal(type)
const baseUrl = 'https://own.example/fhir'
const ground: Ground = { definitions: loadDefinitions(), baseUrl, isPersonal }

const hide = (resource: object, ...hidden: string[]) =>
  prune(resource as Resource, (key) => hidden.includes(key), ground)
const essential = (resource: object) => [...essentialReferences(resource as Resource, ground)].sort()

const hiddenRef = { reference: 'Observation/h', display: 'secret', type: 'Observation' }
const shownRef = { reference: 'Observation/s' }

interface Row {
  readonly rule: string
  readonly of: object
  /** Undefined where nothing is left. */
  readonly left: object | undefined
}

const observation = { resourceType: 'Observation', status: 'final', code: { text: 'c' } }
const section = (rest: object) => ({ resourceType: 'Composition', status: 'final', section: [rest] })
const consent = (provision: object) => ({ resourceType: 'Consent', status: 'active', provision })
const data = (reference: object) => ({ meaning: 'instance', reference })
const h = 'Observation/h'

const ROWS: readonly Row[] = [
  {
    rule: 'a reference goes with its display, type and identifier',
    of: { ...observation, hasMember: [{ ...hiddenRef, identifier: { value: 'x' } }, shownRef] },
    left: { ...observation, hasMember: [shownRef] },
  },
  { rule: 'an emptied list goes', of: { ...observation, hasMember: [hiddenRef] }, left: observation },
  {
    rule: 'the narrative goes whenever anything was removed',
    of: { ...observation, text: { status: 'generated', div: '<div/>' }, derivedFrom: [hiddenRef] },
    left: observation,
  },
  {
    rule: 'a version, a fragment and the absolute form on our base name the same resource',
    of: {
      ...observation,
      hasMember: [
        { reference: `${h}/_history/3` },
        { reference: `${baseUrl}/${h}` },
        { reference: `${baseUrl}/${h}/_history/1#x` },
        { reference: `https://other.example/fhir/${h}` },
      ],
    },
    left: { ...observation, hasMember: [{ reference: `https://other.example/fhir/${h}` }] },
  },
  {
    rule: 'an element goes that needs the reference',
    of: {
      resourceType: 'Encounter',
      status: 'finished',
      class: { code: 'AMB' },
      diagnosis: [{ condition: { reference: h }, rank: 1 }],
    },
    left: { resourceType: 'Encounter', status: 'finished', class: { code: 'AMB' } },
  },
  {
    rule: 'the resource goes that needs the reference',
    of: { resourceType: 'ImmunizationEvaluation', status: 'completed', immunizationEvent: hiddenRef },
    left: undefined,
  },
  {
    rule: 'the resource goes where an element that it needs does',
    of: { resourceType: 'Claim', insurance: [{ sequence: 1, focal: true, coverage: { reference: h } }] },
    left: undefined,
  },
  {
    rule: 'an element that is left empty goes, its id is nothing',
    of: {
      ...observation,
      code: { text: 'c' },
      component: [{ id: 'x', extension: [{ url: 'u', valueReference: hiddenRef }] }],
    },
    left: observation,
  },
  {
    rule: 'an extension goes with its value, and with any of its parts',
    of: {
      ...observation,
      extension: [
        { url: 'a', valueReference: hiddenRef },
        { url: 'b', extension: [{ url: 'c', valueReference: hiddenRef }] },
        {
          url: 'd',
          extension: [
            { url: 'e', valueReference: hiddenRef },
            { url: 'f', valueCode: 'x' },
          ],
        },
        { url: 'g', valueReference: shownRef },
      ],
    },
    left: { ...observation, extension: [{ url: 'g', valueReference: shownRef }] },
  },
  {
    rule: 'an element goes with a modifier extension, which may change what it means',
    of: {
      ...observation,
      component: [{ code: { text: 'c' }, modifierExtension: [{ url: 'a', valueReference: hiddenRef }] }],
    },
    left: observation,
  },
  {
    rule: 'of a choice the reference alone is looked at',
    of: {
      resourceType: 'MedicationRequest',
      status: 'active',
      intent: 'order',
      reportedReference: { reference: 'RelatedPerson/h' },
    },
    left: { resourceType: 'MedicationRequest', status: 'active', intent: 'order' },
  },
  {
    rule: 'the companion of a literal goes with it',
    of: { ...observation, encounter: { ...hiddenRef, _reference: { id: 'a' } } },
    left: observation,
  },
  {
    rule: 'the extension of a primitive goes and leaves the primitive',
    of: {
      ...observation,
      status: 'final',
      _status: { extension: [{ url: 'a', valueReference: hiddenRef }] },
    },
    left: observation,
  },
  {
    rule: 'a primitive that is nothing but its extension goes, and what needs it',
    of: {
      resourceType: 'Observation',
      code: { text: 'c' },
      _status: { extension: [{ url: 'a', valueReference: hiddenRef }] },
    },
    left: undefined,
  },
  {
    rule: 'a list and its companions stay in step',
    of: {
      resourceType: 'Patient',
      name: [
        {
          given: ['a', null, 'c'],
          _given: [
            { extension: [{ url: 'a', valueReference: hiddenRef }] },
            { extension: [{ url: 'a', valueReference: hiddenRef }] },
            { extension: [{ url: 'a', valueReference: shownRef }] },
          ],
        },
      ],
    },
    left: {
      resourceType: 'Patient',
      name: [{ given: ['a', 'c'], _given: [null, { extension: [{ url: 'a', valueReference: shownRef }] }] }],
    },
  },
  {
    rule: 'companions of which nothing is left go',
    of: {
      resourceType: 'Patient',
      name: [{ given: ['a'], _given: [{ extension: [{ url: 'a', valueReference: hiddenRef }] }] }],
    },
    left: { resourceType: 'Patient', name: [{ given: ['a'] }] },
  },
  {
    rule: 'a Provenance is hidden with any of its targets',
    of: { resourceType: 'Provenance', target: [shownRef, hiddenRef], agent: [{ who: { display: 'a' } }] },
    left: undefined,
  },
  {
    rule: 'a Provenance outlives what it was made from',
    of: { resourceType: 'Provenance', target: [shownRef], entity: [{ role: 'source', what: hiddenRef }] },
    left: { resourceType: 'Provenance', target: [shownRef] },
  },
  {
    rule: 'a contained resource is pruned',
    of: {
      ...observation,
      specimen: { reference: '#a' },
      contained: [{ resourceType: 'Specimen', id: 'a', parent: [hiddenRef] }],
    },
    left: {
      ...observation,
      specimen: { reference: '#a' },
      contained: [{ resourceType: 'Specimen', id: 'a' }],
    },
  },
  {
    rule: 'a contained resource that is lost takes the references to it along, and what only it led to',
    of: {
      ...observation,
      hasMember: [{ reference: '#a' }, shownRef],
      contained: [
        {
          resourceType: 'ImmunizationEvaluation',
          id: 'a',
          immunizationEvent: hiddenRef,
          authority: { reference: '#b' },
        },
        { resourceType: 'Organization', id: 'b', partOf: { reference: '#c' } },
        { resourceType: 'Organization', id: 'c' },
      ],
    },
    left: { ...observation, hasMember: [shownRef] },
  },
  {
    rule: 'the loss of one contained resource goes through another',
    of: {
      resourceType: 'ImmunizationEvaluation',
      immunizationEvent: { reference: '#a' },
      contained: [
        { resourceType: 'ImmunizationEvaluation', id: 'a', immunizationEvent: { reference: '#b' } },
        { resourceType: 'ImmunizationEvaluation', id: 'b', immunizationEvent: hiddenRef },
      ],
    },
    left: undefined,
  },
  {
    rule: 'entries of a section go, and its text with them',
    of: section({ title: 't', text: { status: 'generated', div: 'x' }, entry: [hiddenRef, shownRef] }),
    left: section({ title: 't', entry: [shownRef] }),
  },
  {
    rule: 'a section goes with its last entry',
    of: section({ title: 't', text: { status: 'generated', div: 'x' }, entry: [hiddenRef] }),
    left: { resourceType: 'Composition', status: 'final' },
  },
  {
    rule: 'the text of the section around a section goes too',
    of: section({
      text: { div: 'x' },
      section: [{ text: { div: 'y' }, entry: [hiddenRef] }, { text: { div: 'z' } }],
    }),
    left: section({ section: [{ text: { div: 'z' } }] }),
  },
  {
    rule: 'a permit is shown without some of its data',
    of: consent({ type: 'permit', data: [data(hiddenRef), data({ reference: 'Patient/p' })] }),
    left: consent({ type: 'permit', data: [data({ reference: 'Patient/p' })] }),
  },
  {
    rule: 'a permit is not shown without all of its data',
    of: consent({ type: 'permit', data: [data(hiddenRef)] }),
    left: undefined,
  },
  {
    rule: 'a permit is not shown without all of its actors',
    of: consent({ type: 'permit', actor: [{ role: { text: 'r' }, reference: { reference: h } }] }),
    left: undefined,
  },
  {
    rule: 'a dissent is not shown without any of its data, how deep it stands',
    of: consent({
      type: 'permit',
      provision: [{ type: 'deny', data: [data(hiddenRef), data({ reference: 'Patient/p' })] }],
    }),
    left: undefined,
  },
  {
    rule: 'an entry of a collection goes by its fullUrl, or by its type and id without one',
    of: {
      resourceType: 'Bundle',
      type: 'collection',
      entry: [
        { fullUrl: `${baseUrl}/${h}`, resource: { ...observation, id: 'h' } },
        { resource: { ...observation, id: 'h' } },
        { fullUrl: 'urn:uuid:1', resource: { ...observation, id: 'h' } },
        {
          fullUrl: `https://other.example/${h}`,
          resource: { ...observation, id: 'h', hasMember: [hiddenRef] },
        },
      ],
    },
    left: {
      resourceType: 'Bundle',
      type: 'collection',
      entry: [
        { fullUrl: 'urn:uuid:1', resource: { ...observation, id: 'h' } },
        {
          fullUrl: `https://other.example/${h}`,
          resource: { ...observation, id: 'h', hasMember: [hiddenRef] },
        },
      ],
    },
  },
  {
    rule: 'an entry that is lost takes the references to it along',
    of: {
      resourceType: 'Bundle',
      type: 'collection',
      entry: [
        { fullUrl: 'urn:uuid:1', resource: { resourceType: 'Provenance', target: [hiddenRef] } },
        {
          fullUrl: 'urn:uuid:2',
          resource: { ...observation, hasMember: [{ reference: 'urn:uuid:1' }, { reference: 'urn:uuid:2' }] },
        },
      ],
    },
    left: {
      resourceType: 'Bundle',
      type: 'collection',
      entry: [
        { fullUrl: 'urn:uuid:2', resource: { ...observation, hasMember: [{ reference: 'urn:uuid:2' }] } },
      ],
    },
  },
  {
    rule: 'contained resources of two entries are not confused',
    of: {
      resourceType: 'Bundle',
      type: 'collection',
      entry: [
        {
          fullUrl: 'urn:uuid:1',
          resource: {
            ...observation,
            specimen: { reference: '#a' },
            contained: [{ resourceType: 'Specimen', id: 'a' }],
          },
        },
        {
          fullUrl: 'urn:uuid:2',
          resource: {
            ...observation,
            hasMember: [{ reference: '#a' }],
            contained: [{ resourceType: 'Provenance', id: 'a', target: [hiddenRef] }],
          },
        },
      ],
    },
    left: {
      resourceType: 'Bundle',
      type: 'collection',
      entry: [
        {
          fullUrl: 'urn:uuid:1',
          resource: {
            ...observation,
            specimen: { reference: '#a' },
            contained: [{ resourceType: 'Specimen', id: 'a' }],
          },
        },
        { fullUrl: 'urn:uuid:2', resource: observation },
      ],
    },
  },
  {
    rule: 'a collection of which nothing is left is an empty one',
    of: { resourceType: 'Bundle', type: 'collection', entry: [{ resource: { ...observation, id: 'h' } }] },
    left: { resourceType: 'Bundle', type: 'collection' },
  },
  ...['document', 'message', 'searchset', 'transaction'].map((type) => ({
    rule: `a Bundle of type ${type} is whole or hidden`,
    of: {
      resourceType: 'Bundle',
      type,
      entry: [{ fullUrl: 'urn:uuid:2', resource: { ...observation, hasMember: [hiddenRef] } }],
    },
    left: undefined,
  })),
  {
    rule: 'an element that only tells about the reference goes with it',
    of: {
      resourceType: 'CarePlan',
      status: 'active',
      activity: [{ reference: { reference: h }, progress: [{ text: 'p' }] }],
    },
    left: { resourceType: 'CarePlan', status: 'active' },
  },
  {
    rule: 'the number of members of a group goes with a member',
    of: {
      resourceType: 'Group',
      type: 'person',
      actual: true,
      quantity: 2,
      member: [{ entity: { reference: h } }, { entity: { reference: 'Patient/p' } }],
    },
    left: {
      resourceType: 'Group',
      type: 'person',
      actual: true,
      member: [{ entity: { reference: 'Patient/p' } }],
    },
  },
  {
    rule: 'a linkage is hidden with any of its items',
    of: {
      resourceType: 'Linkage',
      item: [
        { type: 'source', resource: hiddenRef },
        { type: 'alternate', resource: shownRef },
        { type: 'alternate', resource: { reference: 'Patient/p' } },
      ],
    },
    left: undefined,
  },
  {
    rule: 'a URI called reference is none',
    of: { resourceType: 'DetectedIssue', status: 'final', reference: h },
    left: { resourceType: 'DetectedIssue', status: 'final', reference: h },
  },
  {
    rule: 'a Patient and what belongs to nobody are never asked about',
    of: { ...observation, subject: { reference: 'Patient/h' }, performer: [{ reference: 'Practitioner/h' }] },
    left: {
      ...observation,
      subject: { reference: 'Patient/h' },
      performer: [{ reference: 'Practitioner/h' }],
    },
  },
]

for (const { rule, of, left } of ROWS)
  t.test(rule, async (t) => {
    const before = stringifyJson(of)
    const keys = ['Observation/h', 'RelatedPerson/h', 'Patient/h', 'Practitioner/h']
    const pruned = hide(of, ...keys)
    t.equal(stringifyJson(pruned), left && stringifyJson(left))
    t.equal(stringifyJson(of), before, 'nothing is changed in place')
    t.equal(
      essential(of).some((key) => keys.includes(key)),
      left === undefined,
    )
    const listed = listReferences(Buffer.from(before), isPersonal, baseUrl)
    if (stringifyJson(pruned) !== before) t.ok(listed.includes(h) || listed.includes('RelatedPerson/h'))
  })

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
  const participant = [
    { type: [{ text: 't' }], status: 'accepted', actor: literal('RelatedPerson') },
    { status: 'accepted', actor: { reference: 'Patient/h' } },
  ]
  const appointment = { resourceType: 'Appointment', status: 'booked', participant }
  t.same(hide(appointment, 'RelatedPerson/h')?.['participant'], participant.slice(1))
  t.same(essential(appointment), [])
  t.same(essential({ ...appointment, participant: participant.slice(0, 1) }), ['RelatedPerson/h'])
})

t.test('each resource is asked about once, whatever leads to it', async (t) => {
  const asked: string[] = []
  const references = [
    shownRef,
    { reference: 'Observation/s/_history/1' },
    { reference: `${baseUrl}/Observation/s` },
  ]
  prune(
    { ...observation, hasMember: references, derivedFrom: references },
    (key) => asked.push(key) < 0,
    ground,
  )
  t.same(asked, ['Observation/s'])
})

t.test('a resource of which nothing is hidden is itself, unchanged', async (t) => {
  const resource = { ...observation, hasMember: [shownRef], subject: { reference: 'Patient/h' } }
  t.equal(hide(resource, 'Observation/h', 'Patient/h'), resource)
})

t.test('of several that only together would be missed each is essential', async (t) => {
  const content = [{ reference: 'DocumentReference/a' }, { reference: 'DocumentReference/b' }]
  const manifest = { resourceType: 'DocumentManifest', status: 'current', content }
  t.same(essential(manifest), ['DocumentReference/a', 'DocumentReference/b'])
  t.equal(hide(manifest, 'DocumentReference/a'), undefined)
  const withOther = {
    ...manifest,
    content: [...content, { reference: 'https://other.example/DocumentReference/c' }],
  }
  t.same(essential(withOther), [])
  t.same(hide(withOther, 'DocumentReference/a')?.['content'], withOther.content.slice(1))
})

// All types but Patient count here, so that more of the examples has something to lose.
const anyType: Ground = { ...ground, isPersonal: () => true }

t.test(
  'official examples lose only what keeps them in order, and all of it is foretold',
  { skip: examplesMissing },
  async (t) => {
    const check = createStructureCheck(ground.definitions)
    const order = createOrder(7)
    let [pruned, lost] = [0, 0]
    const wrong: string[] = []
    for (const { file, resource } of officialExamples()) {
      if (isUniversal(resource.resourceType)) continue
      const bytes = Buffer.from(stringifyJson(resource))
      const listed = listReferences(bytes, () => true, baseUrl)
      const needed = essentialReferences(resource, anyType)
      if (!needed.every((key) => listed.includes(key))) wrong.push(`${file}: essential but not listed`)
      const faults = check(resource).length
      for (let round = 0; round < 3; round++) {
        const share = round === 0 ? 1 : order()
        const hidden = new Set(listed.filter(() => order() <= share))
        const asked: string[] = []
        const left = prune(resource, (key) => asked.push(key) > 0 && hidden.has(key), anyType)
        if (!asked.every((key) => listed.includes(key))) wrong.push(`${file}: asked but not listed`)
        if ((left === undefined) !== needed.some((key) => hidden.has(key)))
          wrong.push(`${file}: not foretold`)
        if (left === undefined) lost++
        else if (left !== resource) {
          pruned++
          if (check(left).length > faults) wrong.push(`${file}: ${stringifyJson(check(left)[0])}`)
          const again = prune(left, (key) => hidden.has(key), anyType)
          if (again !== left) wrong.push(`${file}: something is left`)
        }
      }
      if (stringifyJson(resource) !== bytes.toString()) wrong.push(`${file}: changed in place`)
    }
    t.same(wrong, [])
    t.ok(pruned > 300 && lost > 100, `${pruned} pruned, ${lost} lost`)
  },
)
