// What was not shown outlives an update by a reader who did not see it. https://hl7.org/fhir/R4/http.html#update
import t from 'tap'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { sameContent } from '../../src/fhir/document.ts'
import { parseJson, stringifyJson } from '../../src/fhir/json.ts'
import { listReferences } from '../../src/fhir/list-references.ts'
import { mergeHidden } from '../../src/fhir/merge-hidden.ts'
import { type Ground, prune } from '../../src/fhir/prune.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { examplesMissing, officialExamples } from '../support/examples.ts'
import { createOrder } from '../support/order.ts'

const definitions = loadDefinitions()
const ground: Ground = { definitions, isPersonal: () => true }
const isHidden = (key: string) => key.endsWith('/h') || /\/h\d$/.test(key)

const hidden = { reference: 'Observation/h' }
const hidden2 = { reference: 'Observation/h2' }
const [a, b, c] = ['a', 'b', 'c'].map((id) => ({ reference: `Observation/${id}` }))
const observation = { resourceType: 'Observation', status: 'final', code: { text: 'c' } }

interface Row {
  readonly rule: string
  readonly stored: object
  readonly given: object
  readonly merged: object
  readonly lost?: readonly string[]
}

const part = (rest: object) => ({ code: { text: 'c' }, ...rest })
const secret = { url: 'x', valueReference: hidden }
const secret2 = { url: 'x', valueReference: hidden2 }
const text = (div: string) => ({ status: 'generated', div })

const ROWS: readonly Row[] = [
  {
    rule: 'a single element is put back where none was written',
    stored: { ...observation, encounter: hidden },
    given: { ...observation, status: 'amended' },
    merged: { ...observation, status: 'amended', encounter: hidden },
  },
  {
    rule: 'a single element that the reader wrote is taken, and what it hid is told',
    stored: { ...observation, encounter: hidden },
    given: { ...observation, encounter: a! },
    merged: { ...observation, encounter: a! },
    lost: ['Observation.encounter'],
  },
  {
    rule: 'of a choice only one may be given',
    stored: { resourceType: 'MedicationRequest', reportedReference: hidden },
    given: { resourceType: 'MedicationRequest', reportedBoolean: true },
    merged: { resourceType: 'MedicationRequest', reportedBoolean: true },
    lost: ['MedicationRequest.reported'],
  },
  {
    rule: 'items come back behind those that they followed',
    stored: { ...observation, hasMember: [hidden, a, hidden2, b] },
    given: { ...observation, hasMember: [a, b, c] },
    merged: { ...observation, hasMember: [hidden, a, hidden2, b, c] },
  },
  {
    rule: 'items come back where the one that they followed was moved or removed',
    stored: { ...observation, hasMember: [a, hidden, b, hidden2, c] },
    given: { ...observation, hasMember: [c, a] },
    merged: { ...observation, hasMember: [c, a, hidden, hidden2] },
  },
  {
    rule: 'a list of which all was hidden, or all that was shown is removed, comes back',
    stored: { ...observation, hasMember: [hidden], derivedFrom: [a, hidden] },
    given: { ...observation },
    merged: { ...observation, hasMember: [hidden], derivedFrom: [hidden] },
  },
  {
    rule: 'what stood in an item comes back into the equal one, wherever it is now',
    stored: {
      ...observation,
      component: [part({ id: '1' }), part({ valueInteger: 2, extension: [secret] })],
    },
    given: { ...observation, component: [part({ valueInteger: 2 }), part({ id: '1' })] },
    merged: {
      ...observation,
      component: [part({ valueInteger: 2, extension: [secret] }), part({ id: '1' })],
    },
  },
  {
    rule: 'what stood in an item comes back into the one of the same id, and by position',
    stored: {
      ...observation,
      component: [part({ id: '1', extension: [secret] }), part({ extension: [secret2] })],
    },
    given: { ...observation, component: [part({ valueInteger: 5 }), part({ id: '1', valueInteger: 3 })] },
    merged: {
      ...observation,
      component: [
        part({ valueInteger: 5, extension: [secret2] }),
        part({ id: '1', valueInteger: 3, extension: [secret] }),
      ],
    },
  },
  {
    rule: 'what stood in an item that the reader removed goes with it, and is told',
    stored: { ...observation, component: [part({ id: '1' }), part({ extension: [secret] })] },
    given: { ...observation, component: [part({ id: '1' })] },
    merged: { ...observation, component: [part({ id: '1' })] },
    lost: ['Observation.component'],
  },
  {
    rule: 'the narrative comes back unless the reader wrote one',
    stored: { ...observation, text: text('old'), hasMember: [hidden] },
    given: { ...observation },
    merged: { ...observation, text: text('old'), hasMember: [hidden] },
  },
  {
    rule: 'the narrative that the reader wrote is taken',
    stored: { ...observation, text: text('old'), hasMember: [hidden] },
    given: { ...observation, text: text('new') },
    merged: { ...observation, text: text('new'), hasMember: [hidden] },
  },
  {
    rule: 'the extension of a primitive comes back',
    stored: { ...observation, _status: { extension: [secret] } },
    given: { ...observation, status: 'amended' },
    merged: { ...observation, status: 'amended', _status: { extension: [secret] } },
  },
  {
    rule: 'lists of primitives and their companions stay in step',
    stored: {
      resourceType: 'Patient',
      name: [{ given: ['a', 'b'], _given: [null, { extension: [secret] }] }],
    },
    given: { resourceType: 'Patient', name: [{ given: ['z', 'a', 'b'] }] },
    merged: {
      resourceType: 'Patient',
      name: [{ given: ['z', 'a', 'b'], _given: [null, null, { extension: [secret] }] }],
    },
  },
  {
    rule: 'a contained resource comes back with what leads to it',
    stored: {
      ...observation,
      hasMember: [{ reference: '#x' }],
      contained: [{ resourceType: 'Provenance', id: 'x', target: [hidden] }],
    },
    given: { ...observation, contained: [{ resourceType: 'Device', id: 'y' }], device: { reference: '#y' } },
    merged: {
      ...observation,
      hasMember: [{ reference: '#x' }],
      contained: [
        { resourceType: 'Provenance', id: 'x', target: [hidden] },
        { resourceType: 'Device', id: 'y' },
      ],
      device: { reference: '#y' },
    },
  },
  {
    rule: 'where nothing was hidden the new version is taken as it is',
    stored: { ...observation, hasMember: [a, b] },
    given: { ...observation },
    merged: observation,
  },
]

for (const { rule, stored, given, merged, lost = [] } of ROWS)
  t.test(rule, async (t) => {
    const visible = prune(stored as Resource, isHidden, ground)!
    const before = stringifyJson([stored, visible, given])
    const made = mergeHidden({ stored: stored as Resource, visible, given: given as Resource }, definitions)
    t.ok(sameContent(made.resource, merged as Resource), stringifyJson(made.resource))
    t.same(made.lost, lost)
    t.equal(stringifyJson([stored, visible, given]), before, 'nothing is changed in place')
  })

t.test(
  'an update with what was shown changes nothing, and a change outside keeps what is hidden',
  { skip: examplesMissing },
  async (t) => {
    const order = createOrder(11)
    const wrong: string[] = []
    let merged = 0
    for (const { file, resource: stored } of officialExamples()) {
      const listed = listReferences(Buffer.from(stringifyJson(stored)), () => true)
      if (listed.length === 0) continue
      for (let round = 0; round < 3; round++) {
        const chosen = new Set(listed.filter(() => order() < 0.6))
        const visible = prune(stored, (key) => chosen.has(key), ground)
        if (visible === undefined || visible === stored) continue
        merged++
        // As a client sends it back: nothing is shared with what is stored.
        const given = parseJson(stringifyJson(visible)) as Resource
        const same = mergeHidden({ stored, visible, given }, definitions)
        if (!sameContent(same.resource, stored) || same.lost.length > 0) wrong.push(`${file}: not the same`)
        if (stringifyJson(same.resource) !== stringifyJson(stored)) wrong.push(`${file}: in another order`)
        const changed = {
          ...given,
          language: 'ja',
          extension: [...((given['extension'] as []) ?? []), { url: 'u', valueCode: 'new' }],
        }
        const { resource, lost } = mergeHidden({ stored, visible, given: changed }, definitions)
        const shown = prune(resource, (key) => chosen.has(key), ground)
        if (!shown || !sameContent(shown, changed) || lost.length > 0)
          wrong.push(`${file}: not what was written`)
      }
    }
    t.same(wrong, [])
    t.ok(merged > 300, `${merged} merged`)
  },
)
