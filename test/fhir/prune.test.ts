// What is left of a resource where some of what it refers to is hidden. https://hl7.org/fhir/R4/references.html#literal
import t from 'tap'
import { prune } from '../../src/fhir/prune.ts'
import {
  baseUrl,
  essential,
  ground,
  hiddenRef,
  hide,
  observation,
  shownRef,
  testRows,
} from '../support/pruning.ts'

const h = 'Observation/h'

testRows(t, [
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
    rule: 'the resource goes with a modifier extension of its own',
    of: { ...observation, modifierExtension: [{ url: 'a', valueReference: hiddenRef }] },
    left: undefined,
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
])

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
