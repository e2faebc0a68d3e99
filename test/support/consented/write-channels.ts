// Channels of writing, W1 to W9, each with what must hold.
import { assertAlike, condition, type Row } from './channel.ts'

const PATCH = { 'content-type': 'application/json-patch+json' }
const JOINT = [{ op: 'test', path: '/subject/reference', value: 'Patient/p1' }]

/** One row for each. */
export const WRITE_CHANNELS: readonly Row[] = [
  {
    id: 'W1',
    rule: 'an update at a guessed id creates nothing',
    async test(t, { b }) {
      await assertAlike(t, 404, (id) => b('PUT', `Condition/${id}`, { ...condition, id }))
    },
  },
  {
    id: 'W2',
    rule: 'conditional creates and conditional references match what is visible alone',
    async test(t, { a, b }) {
      await assertAlike(t, 201, (id) =>
        b('POST', 'Condition', condition, { 'if-none-exist': `identifier=urn:ids|${id}` }),
      )
      t.equal(
        (await a('PUT', 'Patient/p3', { resourceType: 'Patient', id: 'p3', name: [{ family: 'none' }] }))
          .status,
        201,
      )
      const entry = (name: string) => ({
        resource: { ...condition, subject: { reference: `Patient?name=${name}` } },
        request: { method: 'POST', url: 'Condition' },
      })
      const transaction = (name: string) =>
        b('POST', '', { resourceType: 'Bundle', type: 'transaction', entry: [entry(name)] })
      const [hidden, absent] = [await transaction('none'), await transaction('zzzz')]
      t.equal(hidden.status, absent.status)
      t.not(hidden.status, 200)
      t.equal(hidden.text.replaceAll('none', 'ID'), absent.text.replaceAll('zzzz', 'ID'))
    },
  },
  {
    id: 'W3',
    rule: 'conditional updates, patches and deletes match what is visible alone, and count it alone',
    async test(t, { a, b }) {
      const where = (id: string) => `Condition?identifier=urn:ids|${id}`
      await assertAlike(t, 404, (id) => b('PATCH', where(id), JOINT, PATCH))
      await assertAlike(t, 204, (id) => b('DELETE', where(id)))
      await assertAlike(t, 204, (id) => b('DELETE', `${where(id)}&_count=5`))
      await assertAlike(t, 201, (id) => b('PUT', where(id), condition))
      t.equal((await a('GET', 'Condition/hidden')).body.code.coding[0].code, 'hiv')
    },
  },
  {
    id: 'W4',
    rule: 'a write at a hidden id is a write at an absent one, also with If-Match',
    async test(t, { a, b }) {
      const match = { 'if-match': (await a('GET', 'Condition/hidden')).headers['etag']! }
      await assertAlike(t, 404, (id) => b('PUT', `Condition/${id}`, { ...condition, id }, match))
      await assertAlike(t, 404, (id) => b('PATCH', `Condition/${id}`, JOINT, { ...PATCH, ...match }))
      await assertAlike(t, 204, (id) => b('DELETE', `Condition/${id}`))
      const [hidden, absent] = [
        await b('DELETE', 'Condition/hidden', undefined, match),
        await b('DELETE', 'Condition/nothing-there', undefined, match),
      ]
      t.equal(hidden.status, absent.status)
      t.equal((await a('GET', 'Condition/hidden')).status, 200)
    },
  },
  {
    id: 'W5',
    rule: 'a patch tests what its sender sees',
    async test(t, { b }) {
      const test = [{ op: 'test', path: '/code/coding/0/code', value: 'hiv' }]
      await assertAlike(t, 404, (id) => b('PATCH', `Condition/${id}`, test, PATCH))
    },
  },
  {
    id: 'W6',
    rule: 'a reference to something hidden is stored as one to nothing is: no label is inherited from it (LI2)',
    async test(t, { b }) {
      await assertAlike(t, 201, (id) =>
        b('POST', 'MedicationRequest', {
          resourceType: 'MedicationRequest',
          status: 'active',
          intent: 'order',
          medicationCodeableConcept: { text: 'x' },
          subject: { reference: 'Patient/p1' },
          reasonReference: [{ reference: `Condition/${id}` }],
        }),
      )
    },
  },
  {
    id: 'W7',
    rule: 'nothing has to be unique among what is hidden',
    async test(t, { b }) {
      await assertAlike(t, 201, (id) =>
        b('POST', 'Condition', { ...condition, identifier: [{ system: 'urn:ids', value: id }] }),
      )
    },
  },
  {
    id: 'W8',
    rule: 'a transaction or batch fails alike on what is hidden and what is absent',
    async test(t, { b }) {
      const bundle = (type: string, id: string) => ({
        resourceType: 'Bundle',
        type,
        entry: [
          { resource: condition, request: { method: 'POST', url: 'Condition' } },
          { resource: { ...condition, id }, request: { method: 'PUT', url: `Condition/${id}` } },
        ],
      })
      await assertAlike(t, 404, (id) => b('POST', '', bundle('transaction', id)))
      await assertAlike(t, 200, (id) => b('POST', '', bundle('batch', id)))
    },
  },
  {
    id: 'W9',
    rule: '$validate and $meta-add know what is visible alone',
    async test(t, { b }) {
      const meta = {
        resourceType: 'Parameters',
        parameter: [{ name: 'meta', valueMeta: { tag: [{ code: 't' }] } }],
      }
      await assertAlike(t, 404, (id) => b('POST', `Condition/${id}/$meta-add`, meta))
      await assertAlike(t, 200, (id) =>
        b('POST', `Condition/${id}/$validate?mode=update`, { ...condition, id }),
      )
      await assertAlike(t, 200, (id) =>
        b('POST', 'Condition/$validate', { ...condition, encounter: { reference: `Encounter/${id}` } }),
      )
    },
  },
]
