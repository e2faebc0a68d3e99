// What is left of resources that hold or are about others, where some of them are hidden. https://hl7.org/fhir/R4/bundle.html
import t from 'tap'
import { baseUrl, hiddenRef, observation, shownRef, testRows } from '../support/pruning.ts'

const h = 'Observation/h'
const section = (rest: object) => ({ resourceType: 'Composition', status: 'final', section: [rest] })
const consent = (provision: object) => ({ resourceType: 'Consent', status: 'active', provision })
const data = (reference: object) => ({ meaning: 'instance', reference })

testRows(t, [
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
    rule: 'a contained resource stays that leads to what is around it, or to which nothing ever led',
    of: {
      ...observation,
      hasMember: [hiddenRef],
      encounter: { ...hiddenRef, extension: [{ url: 'x', valueReference: { reference: '#a' } }] },
      contained: [
        { resourceType: 'Task', id: 'a', focus: { reference: '#' } },
        { resourceType: 'Task', id: 'b' },
      ],
    },
    left: {
      ...observation,
      contained: [
        { resourceType: 'Task', id: 'a', focus: { reference: '#' } },
        { resourceType: 'Task', id: 'b' },
      ],
    },
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
])
