// Which scopes are granted, the whole way from what an app asks for to its token. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
import t from 'tap'
import { CLIENTS } from '../../src/smart/client.ts'
import { allow, ask, exchange, openSmartServer, SCOPES } from '../support/authorization.ts'
import {
  askBackend,
  askUser,
  type Grantable,
  type Granted,
  grantBackend,
  grantUser,
} from '../support/granted.ts'

/** Nobody grants these: not to the letter of the grammar, unknown, or not for a user to give. */
const WRONG: readonly string[] = [
  'patient/Observation.',
  'patient/Observation.sr',
  'patient/Observation.srcud',
  'patient/Observation.rr',
  'patient/Observation.x',
  'patient/Observation.rsx',
  'patient/Observation.reads',
  'patient/Observation.rd.read',
  'patient/Observation.Read',
  'patient/Observation.RS',
  'patient/Observation.*s',
  'patient/Observation',
  'patient/observation.rs',
  'patient/Nonsense.rs',
  'patient/Resource.rs',
  'patient/DomainResource.rs',
  'patient/.rs',
  'patient/**.rs',
  'patient/Observation,Condition.rs',
  'Patient/Observation.rs',
  'PATIENT/Observation.rs',
  'group/Observation.rs',
  'practitioner/Observation.rs',
  '/Observation.rs',
  'Observation.rs',
  'xpatient/Observation.rs',
  'patient/Observation.read?category=laboratory',
  'patient/Observation.*?category=laboratory',
  'patient/Observation.rs?',
  'patient/Observation.rs?category',
  'patient/Observation.rs?category=',
  'patient/Observation.rs?=laboratory',
  'patient/Observation.rs?category=laboratory&',
  'patient/Observation.rs?category=%E0%A4%A',
  'patient/Observation.rs?nosuch=1',
  'patient/Observation.rs?category=laboratory&nosuch=1',
  'patient/Observation.rs?_sort=date',
  'patient/Observation.rs?_include=Observation:subject',
  'patient/Observation.rs?_count=1',
  'patient/*.rs?category=laboratory',
  'patient/Condition.rs?value-quantity=1',
  'system/Observation.rs',
]

const server = await openSmartServer(t)

t.test('25, 28: what is not a scope to the letter is left out, and what remains is granted', async (t) => {
  const registered = `${SCOPES} system/*.cruds ${WRONG.join(' ')}`
  const { body } = await grantUser(server, {
    scope: [...WRONG, 'patient/Condition.rs'].join(' '),
    registered,
  })
  t.equal(body.scope, 'patient/Condition.rs')
  for (const scope of WRONG) {
    const { back } = await askUser(server, { scope, registered })
    t.strictSame([back.get('code'), back.get('error')], [null, 'invalid_scope'], scope)
  }
})

t.test('28: a .rd is not read as .read, nor .r as .rs', async (t) => {
  const one = await grantUser(server, { scope: 'patient/Observation.rd' })
  t.equal(one.body.scope, 'patient/Observation.rd')
  t.equal((await one.call('GET', 'Observation')).status, 403, 'no search')
  const two = await grantUser(server, { scope: 'patient/Observation.r' })
  t.equal((await two.call('GET', 'Observation')).status, 403)
})

t.test('28, 33, 50: a client in its own name gets all that it asks for, or invalid_scope', async (t) => {
  const system = WRONG.filter((scope) => scope.startsWith('patient/')).map((scope) =>
    scope.replace('patient', 'system'),
  )
  const wrong = [
    ...system,
    '',
    'openid',
    'launch/patient',
    'offline_access system/*.rs',
    'patient/*.rs',
    'user/*.rs',
    'system/*.rs user/*.rs',
    'system/Observation.rs system/Nonsense.rs',
  ]
  for (const scope of wrong) {
    const { answer } = await askBackend(server, { scope, registered: `${SCOPES} system/*.cruds` })
    t.strictSame([answer.status, answer.body.error], [400, 'invalid_scope'], scope)
  }
  const { body } = await grantBackend(server, { scope: 'system/Observation.read system/Patient.rs?_id=p1' })
  t.equal(body.scope, 'system/Observation.read system/Patient.rs?_id=p1')
})

t.test('33, 50: a client in its own name gets nothing beyond what it is registered for', async (t) => {
  const registered = 'system/Observation.rs system/Patient.r system/Condition.rs?category=a'
  const beyond = [
    'system/Observation.cruds',
    'system/Observation.rds',
    'system/Observation.*',
    'system/*.rs',
    'system/Patient.rs',
    'system/Patient.read',
    'system/Condition.rs',
    'system/Condition.rs?category=b',
    'system/Condition.rs?category=a,b',
    'system/Encounter.r',
    'system/Observation.rs system/Encounter.r',
  ]
  for (const scope of beyond) {
    const { answer } = await askBackend(server, { scope, registered })
    t.equal(answer.body.error, 'invalid_scope', scope)
  }
  for (const scope of ['system/Observation.read', 'system/Condition.r?category=a&code=x']) {
    const { answer } = await askBackend(server, { scope, registered })
    t.equal(answer.body.scope, scope)
  }
})

t.test('33: what the operator takes from a client is gone from its tokens at the next request', async (t) => {
  const narrow = async ({ client }: Granted, scope: string) => {
    const value = { ...client, metadata: { ...client.metadata, scope } }
    await server.store.records.put({ collection: CLIENTS, key: client.id, value })
  }
  const scope = 'offline_access patient/Observation.cruds patient/Condition.read'
  const user = await grantUser(server, { scope })
  t.equal((await user.call('GET', 'Condition')).status, 200)
  await narrow(user, 'offline_access patient/Observation.rs')
  t.equal((await user.call('GET', 'Condition')).status, 403)
  t.equal((await user.call('DELETE', 'Observation/x')).status, 403)
  t.equal((await user.call('GET', 'Observation')).status, 200)
  const renewal = {
    grant_type: 'refresh_token',
    refresh_token: user.body.refresh_token,
    client_id: user.client.id,
  }
  const renewed = await server.post('/auth/token', renewal)
  t.equal(renewed.body.scope, 'patient/Observation.rs offline_access')
  await narrow(user, scope)
  t.equal((await user.call('GET', 'Condition')).status, 200, 'given back')
  const backend = await grantBackend(server, { scope: 'system/*.cruds' })
  t.equal((await backend.call('GET', 'Condition')).status, 200)
  await narrow(backend, 'system/Observation.rs')
  t.equal((await backend.call('GET', 'Condition')).status, 403)
})

const NARROWED: readonly (readonly [asked: string, registered: string, granted: string])[] = [
  ['patient/Observation.read', SCOPES, 'patient/Observation.read'],
  ['patient/Observation.write', SCOPES, 'patient/Observation.write'],
  ['patient/*.*', SCOPES, 'patient/*.*'],
  ['patient/*.read', 'patient/*.rs', 'patient/*.read'],
  ['patient/*.rs', 'patient/*.read', 'patient/*.rs'],
  ['patient/Observation.rs patient/Condition.read', SCOPES, 'patient/Observation.rs patient/Condition.read'],
  ['patient/Observation.*', 'patient/*.rs', 'patient/Observation.read'],
  ['patient/Observation.write', 'patient/*.cu', 'patient/Observation.cu'],
  ['patient/Observation.cruds', 'patient/*.rs', 'patient/Observation.rs'],
  ['patient/Observation.rs patient/Condition.rs', 'patient/Condition.cruds', 'patient/Condition.rs'],
  ['user/*.cruds patient/*.rs', 'patient/*.rs', 'patient/*.rs'],
  ['patient/Observation.rs?code=a patient/*.r', 'patient/*.r', 'patient/Observation.r?code=a patient/*.r'],
  ['patient/Observation.rs?code=http://x%7Ca', SCOPES, 'patient/Observation.rs?code=http://x%7Ca'],
  ['patient/*.rs patient/*.rs', SCOPES, 'patient/*.rs'],
]

t.test('27, 29: v1 is answered in v1, and less than was asked for is told', async (t) => {
  for (const [scope, registered, granted] of NARROWED) {
    const { body } = await grantUser(server, { scope, registered })
    t.equal(body.scope, granted, `${scope} of ${registered}`)
  }
})

t.test('29: the person grants less, or no record at all', async (t) => {
  const scope = 'openid launch/patient patient/Observation.cruds'
  const less = await grantUser(server, { scope, fields: { 'scope-0-d': undefined, 'scope-0-u': undefined } })
  t.equal(less.body.scope, 'patient/Observation.crs openid launch/patient')
  t.equal((await less.call('DELETE', 'Observation/x')).status, 403)
  const none = Object.fromEntries(['see', 'c', 'u', 'd'].map((key) => [`scope-0-${key}`, undefined]))
  const empty = await grantUser(server, { scope, fields: none })
  t.equal(empty.body.scope, 'openid launch/patient')
  for (const path of ['Observation', 'Patient/p1', '?_type=Observation', '_history'])
    t.equal((await empty.call('GET', path)).status, 403, path)
})

t.test('29: an app that is given nothing has a token for nothing, and may ask again', async (t) => {
  const server = await openSmartServer(t)
  const scope = 'patient/Observation.rs'
  const client = await server.client({ scope })
  const visitor = await server.visitor(await server.account(['Patient/p1']))
  const back = await allow(server, visitor, client, { scope }, { 'scope-0-see': undefined })
  const { status, body } = await exchange(server, client, back)
  t.equal(status, 200)
  t.strictSame(Object.keys(body).sort(), ['access_token', 'expires_in', 'scope', 'token_type'])
  t.equal(body.scope, '')
  const headers = { authorization: `Bearer ${body.access_token}` }
  for (const url of ['/fhir/Observation', '/fhir/Patient/p1', '/fhir/_history', '/auth/userinfo'])
    t.equal((await server.app.inject({ url, headers })).statusCode, 403, url)
  const form = { token: body.access_token }
  t.match((await server.post('/auth/introspect', form, headers)).body, { active: true, scope: '' })
  t.match((await ask(server, visitor, client, { scope })).text, /name="decision"/, 'no answer to remember')
})

t.test('32: a patient/ scope is not granted without a patient: staff pick one', async (t) => {
  for (const scope of ['patient/Observation.rs', 'launch/patient user/Observation.rs']) {
    const client = await server.client()
    const visitor = await server.visitor(await server.account(['Practitioner/d1']))
    const page = await ask(server, visitor, client, { scope })
    t.match(page.text, /name="query"/, 'the picker')
    const unpicked = await visitor.follow(await visitor.submit(page, { decision: 'allow' }))
    t.match(unpicked.text, /name="query"/, 'nothing else leads past it')
    const nobody = await visitor.follow(await visitor.submit(page, { patient: 'nobody' }))
    t.match(nobody.text, /name="query"/, 'nor one who is not there')
  }
  const picked = await grantUser(server, {
    scope: 'patient/Observation.rs',
    as: 'Practitioner/d1',
    patient: 'p1',
  })
  t.equal(picked.body.patient, 'p1')
  const client = await server.client()
  const visitor = await server.visitor(await server.account(['Practitioner/d1']))
  const plain = await ask(server, visitor, client, { scope: 'user/Observation.rs' })
  t.match(plain.text, /name="decision"/, 'user/ scopes need none')
})

t.test('32: a person is the patient of their own token, a proxy has who they act for', async (t) => {
  const server = await openSmartServer(t, { MUSUBI_CONSENT_AGE: '0' })
  for (const patient of ['p1', 'p2']) {
    const { body } = await grantUser(server, { scope: 'patient/Observation.rs', as: `Patient/${patient}` })
    t.equal(body.patient, patient)
  }
  const proxy = { scope: 'patient/Observation.rs', as: 'RelatedPerson/r1' }
  await t.rejects(askUser(server, proxy), /no delegation that you have covers it/, 'not by a forged answer')
  const { back } = await askUser(server, { ...proxy, fields: { decision: 'deny' } })
  t.equal(back.get('error'), 'access_denied')
})

const FORBIDDEN = ['\\', '"', 'é', '結', '\t', '\n', '\r', '\u00a0', '\u3000']

t.test('34: a scope with a character that RFC 6749 does not have is refused', async (t) => {
  const registered = `${SCOPES} system/*.cruds`
  for (const character of FORBIDDEN) {
    const name = JSON.stringify(character)
    for (const tail of [`rs?code=a${character}b`, `rs${character}`, `${character}rs`]) {
      const { back } = await askUser(server, { scope: `patient/Observation.${tail}`, registered })
      t.equal(back.get('error'), 'invalid_scope', name)
      const { answer } = await askBackend(server, { scope: `system/Observation.${tail}`, registered })
      t.strictSame([answer.status, answer.body.error], [400, 'invalid_scope'], name)
    }
    const mixed = `patient/Condition.rs patient/Observation.rs?code=a${character}b`
    const asked: Grantable = { scope: mixed, registered }
    t.equal((await grantUser(server, asked)).body.scope, 'patient/Condition.rs', name)
  }
})

t.test('34: what holds a control character is no form at all', async (t) => {
  for (const character of ['\u0000', '\u0007', '\u001f', '\u007f']) {
    const scope = `patient/Observation.rs?code=a${character}b`
    const page = await ask(server, await server.visitor(), await server.client(), { scope })
    t.strictSame([page.status, page.location], [400, undefined], JSON.stringify(character))
    const { answer } = await askBackend(server, { scope })
    t.strictSame([answer.status, answer.body.error], [400, 'invalid_request'])
  }
})

t.test('34: a token stays small whatever was granted', async (t) => {
  const scope = Array.from({ length: 100 }, (_, i) => `patient/Observation.rs?code=http://loinc.org%7C${i}`)
  const { body, call } = await grantUser(server, { scope: scope.join(' ') })
  t.match(body.access_token, /^[A-Za-z0-9_-]{43}$/)
  t.equal(body.scope.split(' ').length, 100)
  t.equal((await call('GET', 'Observation')).status, 200)
})
