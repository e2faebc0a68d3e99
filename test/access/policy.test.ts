import t from 'tap'
import { Change, Plan } from '../../src/access/plan.ts'
import { Policy } from '../../src/access/policy.ts'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { equals, type IndexEntry, NONE } from '../../src/search/query.ts'
import { policyOf } from '../support/policy.ts'

const entry = (param: string, value: string): IndexEntry => ({ param, lo: value, hi: value })
const own = [entry('_id', 'o1'), entry('_compartment', 'Patient/me'), entry('subject', 'Patient/me')]
const foreign = [entry('_id', 'o2'), entry('_compartment', 'Patient/you'), entry('subject', 'Patient/you')]
const performed = [...foreign, entry('_compartment', 'Patient/me'), entry('performer', 'Patient/me')]
const resident = { subject: 'Patient/me', patient: 'me' }

t.test('without a scope nothing may be done with any type', async (t) => {
  const policy = await policyOf('openid launch/patient', resident)
  for (const code of [
    'read',
    'vread',
    'create',
    'update',
    'patch',
    'delete',
    'search-type',
    'search-system',
  ] as const) {
    t.equal(policy.may(code, 'Observation'), false, code)
    t.equal(policy.may(code), false, code)
  }
  t.equal(policy.may('capabilities'), true)
  t.equal(policy.may('batch'), true, 'each entry is asked about on its own')
})

t.test('rights differ per interaction: a search is not widened by the scope of a create', async (t) => {
  const policy = await policyOf('patient/Observation.rs user/Observation.c', {
    subject: 'Practitioner/7',
    patient: 'me',
  })
  t.equal(policy.permits('s', 'Observation', own), true)
  t.equal(policy.permits('s', 'Observation', foreign), false)
  t.equal(policy.permits('c', 'Observation', foreign), true)
  t.equal(policy.may('update', 'Observation'), false)
  t.equal(policy.may('history-instance', 'Observation'), true)
  t.equal(policy.may('history-type', 'Observation'), true)
})

t.test('scopes form a union and the parameters of one scope an intersection', async (t) => {
  const policy = await policyOf(
    'system/Observation.rs?category=a&status=final system/Observation.rs?category=b',
  )
  const of = (category: string, status: string) => [
    entry('category', `${category}\u0001`),
    entry('status', `${status}\u0001`),
  ]
  t.equal(policy.permits('r', 'Observation', of('a', 'final')), true)
  t.equal(policy.permits('r', 'Observation', of('a', 'amended')), false)
  t.equal(policy.permits('r', 'Observation', of('b', 'amended')), true)
  t.equal(policy.permits('r', 'Observation', []), false)
})

t.test('a granular scope with a parameter that its type does not have grants nothing', async (t) => {
  const policy = await policyOf('system/Observation.rs?nonsense=1')
  t.equal(policy.may('read', 'Observation'), false)
  t.strictSame(policy.basis, [])
})

t.test('system scopes belong to clients and user scopes to people', async (t) => {
  t.equal((await policyOf('system/*.cruds', { subject: 'Practitioner/7' })).may('read', 'Patient'), false)
  t.equal((await policyOf('user/*.cruds', { subject: 'Client/test' })).may('read', 'Patient'), false)
  t.equal((await policyOf('user/*.cruds', { subject: 'Group/7' })).may('read', 'Patient'), false)
  t.equal((await policyOf('system/*.cruds')).filterFor('Patient', 'u').kind, 'all')
  t.equal((await policyOf('user/*.rs', { subject: 'Practitioner/7' })).filterFor('Patient', 'r').kind, 'all')
})

t.test('patient scopes without a patient in context grant nothing', async (t) => {
  t.equal(
    (await policyOf('patient/*.cruds', { subject: 'Practitioner/7' })).may('read', 'Observation'),
    false,
  )
})

t.test('a resident with user scopes is bound to the own compartment all the same', async (t) => {
  const policy = await policyOf('user/*.cruds', { subject: 'Patient/me' })
  t.equal(policy.permits('r', 'Observation', own), true)
  t.equal(policy.permits('r', 'Observation', foreign), false)
})

t.test(
  'patient context: own Patient, compartment, shared types, own and unassigned Devices, own Tasks',
  async (t) => {
    const policy = await policyOf('patient/*.rs', resident)
    t.strictSame(policy.filterFor('Patient', 'r'), equals('_id', 'me'))
    t.equal(policy.permits('r', 'Observation', own), true)
    t.equal(policy.permits('r', 'Observation', foreign), false)
    t.equal(
      policy.permits('r', 'Observation', [...foreign, entry('focus', 'Patient/me')]),
      false,
      'focus is no membership',
    )
    for (const type of ['Organization', 'Practitioner', 'Medication', 'ValueSet', 'Questionnaire'])
      t.equal(policy.filterFor(type, 's').kind, 'all', type)
    t.equal(policy.permits('r', 'Device', [entry('patient', 'Patient/me')]), true)
    t.equal(policy.permits('r', 'Device', [entry('patient', 'Patient/you')]), false)
    t.equal(
      policy.permits('r', 'Device', [entry('patient:present', 'true')]),
      false,
      'assigned to somebody unnamed',
    )
    t.equal(policy.permits('r', 'Device', []), true)
    t.equal(policy.permits('r', 'Task', [entry('subject', 'Patient/me')]), true)
    t.equal(policy.permits('r', 'Task', [entry('subject', 'Patient/you')]), false)
    for (const type of ['Binary', 'Group', 'Subscription', 'Slot'])
      t.equal(policy.filterFor(type, 'r').kind, 'none', type)
  },
)

t.test('in patient context every type is bound to the patient, shared, or closed', async (t) => {
  const policy = await policyOf('patient/*.rs', resident)
  const open = loadDefinitions().resourceTypes.filter((type) => policy.filterFor(type, 's').kind === 'all')
  for (const type of open)
    t.notOk(loadDefinitions().compartment('Patient', type)?.length, `${type} is nobody's`)
  t.equal(policy.filterFor('Observation', 's').kind, 'compartment')
})

t.test(
  'a write in patient context stays in the record of that patient and off the shared types',
  async (t) => {
    const policy = await policyOf('patient/*.cruds', resident)
    t.equal(policy.permits('c', 'Observation', own), true)
    t.equal(policy.permits('c', 'Observation', foreign), false)
    t.equal(policy.permits('r', 'Observation', performed), true)
    t.equal(
      policy.permits('c', 'Observation', performed),
      false,
      'performing it gives no right to another record',
    )
    for (const type of [
      'Organization',
      'Practitioner',
      'Medication',
      'ValueSet',
      'SearchParameter',
      'AuditEvent',
    ])
      t.equal(policy.may('create', type), false, type)
  },
)

t.test('a role bounds what its scopes ask for', async (t) => {
  const practitioner = await policyOf('user/*.cruds', { subject: 'Practitioner/7' })
  for (const type of ['AuditEvent', 'Subscription', 'SearchParameter', 'StructureDefinition', 'Organization'])
    t.equal(practitioner.may('create', type), false, type)
  t.equal(practitioner.may('create', 'Observation'), true)
  t.equal(practitioner.may('read', 'AuditEvent'), false)
  t.equal(practitioner.may('read', 'SearchParameter'), true)
  t.equal((await policyOf('system/*.cruds')).may('create', 'SearchParameter'), true)
  const app = await policyOf('patient/*.cruds', resident)
  const client = await policyOf('system/*.cruds')
  for (const type of ['AuditEvent', 'Consent', 'Provenance'])
    for (const each of [client, practitioner, app])
      t.equal(each.may('delete', type), false, `${type} is evidence`)
  t.equal(client.may('update', 'Consent'), true, 'a consent is revoked by its status')
  t.equal(practitioner.may('delete', 'Task'), false, 'a review is not made away with')
  t.equal(app.may('create', 'QuestionnaireResponse'), true)
  t.equal(app.may('create', 'DiagnosticReport'), false)
  t.equal(app.may('delete', 'Patient'), false)
})

t.test('26: an update may create for those alone whose right to update the type has no bounds', async (t) => {
  t.equal((await policyOf('system/*.cruds')).mayCreateAt('Observation'), true)
  t.equal((await policyOf('system/Observation.u')).mayCreateAt('Observation'), true)
  t.equal((await policyOf('system/Observation.crds')).mayCreateAt('Observation'), false)
  t.equal((await policyOf('system/Observation.cu?status=final')).mayCreateAt('Observation'), false)
  t.equal((await policyOf('patient/*.cruds', resident)).mayCreateAt('Observation'), false)
})

t.test('plans carry the filter of their right', async (t) => {
  const policy = await policyOf('patient/Observation.rs patient/Observation.u?status=final', resident)
  const compartment = { kind: 'compartment', name: 'Patient', id: 'me' }
  t.match(policy.readPlan('Observation', 'o1', '2').data, {
    kind: 'read',
    select: { type: 'Observation', where: compartment, policy: compartment },
    id: 'o1',
    versionId: '2',
  })
  t.equal(policy.targetPlan('u', 'Observation', 'o1').data.select.where.kind, 'and')
  t.equal(policy.targetPlan('d', 'Observation', 'o1').data.select.where, NONE)
  const history = policy.historyPlan({ types: ['Observation', 'Patient'], count: 10, total: 'none' })
  t.strictSame(
    history.data.select.map(({ type }) => type),
    ['Observation'],
    'types out of scope are not in it',
  )
  t.strictSame(policy.scanPlan([{ type: 'Patient', where: { kind: 'all' } }]).data.select, [])
})

t.test('a change is refused where the image after it lies outside', async (t) => {
  const policy = await policyOf('patient/Observation.crus', resident)
  const change = {
    type: 'Observation',
    id: 'o1',
    versionId: '1',
    document: new Uint8Array(),
    stampAt: 0,
    entries: foreign,
    expect: {},
  } as const
  t.throws(() => policy.put({ ...change, method: 'POST' }), { code: 'forbidden' })
  t.throws(() => policy.put({ ...change, method: 'PUT' }), { code: 'forbidden' })
  t.equal(policy.put({ ...change, method: 'POST', entries: own }).data.kind, 'put')
  t.throws(() => policy.remove({ type: 'Observation', id: 'o1', versionId: '2', expect: {} }), {
    code: 'forbidden',
  })
  t.throws(() => policy.reindex({ type: 'Observation', id: 'o1', versionId: '1', entries: own }), {
    code: 'forbidden',
  })
  const updater = await policyOf('system/Observation.u')
  t.throws(() => updater.put({ ...change, method: 'POST' }), { code: 'forbidden' })
  for (const version of [null, '3'])
    t.equal(updater.put({ ...change, method: 'PUT', expect: { version } }).data.kind, 'put')
})

t.test('nothing but a policy makes a Plan, and nothing but createPolicy a Policy', async (t) => {
  const forged = Symbol('made by a Policy') as never
  t.throws(() => new Plan(forged, { kind: 'scan', select: [] }), TypeError)
  t.throws(
    () => new Change(forged, { kind: 'index', type: 'Patient', id: '1', versionId: '1', entries: [] }),
    TypeError,
  )
  const { access } = await policyOf('system/*.rs')
  t.throws(() => new Policy(forged, undefined as never, access), TypeError)
})
