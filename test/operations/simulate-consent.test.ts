// Patient/$simulate-consent: the preview is the engine's, and nothing is stored (consent.md 5, P2).
import t from 'tap'
import {
  CLINIC,
  type ConsentServer,
  delegation,
  HOSPITAL,
  observation,
  openConsentServer,
  optIn,
  optOut,
  partsOf,
  uninformed,
} from '../support/consent-server.ts'
import { actor, purpose, scope } from '../support/consents.ts'
import type { Call } from '../support/rest.ts'

const URL = 'Patient/p/$simulate-consent'

function ask(call: Call, draft: object, recipient = CLINIC, headers = {}) {
  const parameter = [
    { name: 'recipient', valueString: recipient },
    { name: 'purpose', valueCode: 'TREAT' },
    { name: 'consent', resource: draft },
  ]
  return call('POST', URL, JSON.stringify({ resourceType: 'Parameters', parameter }, undefined, 1), {
    'content-type': 'application/fhir+json',
    ...headers,
  })
}

async function openRecord(t: Parameters<typeof openConsentServer>[0]): Promise<ConsentServer> {
  const opened = await openConsentServer(t)
  for (const id of ['a', 'b', 'c']) await opened.put(observation(id))
  await opened.put(observation('d', { meta: uninformed() }))
  return opened
}

const classOf = (parts: readonly { readonly type: string; readonly visible: number }[], type: string) =>
  [parts].flat().find((each) => each.type === type)?.visible

t.test('a draft is counted as if it were active, and left as it was', async (t) => {
  const { person, clinic } = await openRecord(t)
  const { id: _id, ...draft } = optIn('x', CLINIC, {}, { status: 'draft' })
  const reply = await ask(person, draft)
  t.equal(reply.status, 200, reply.text)
  const told = partsOf(reply.body)
  t.equal(classOf(told.before, 'Observation'), 0)
  t.equal(classOf(told.after, 'Observation'), 3, 'what the person was not told of is in no number (P2)')
  t.match(told, { 'visible-before': 0, 'visible-after': 6, total: 6 })
  t.equal((await person('GET', 'Consent?_total=accurate')).body.total, 0)
  t.equal((await clinic('GET', 'Observation/a')).status, 404)
})

t.test('what is simulated is what comes about', async (t) => {
  const { person, put, clinic, hospital } = await openRecord(t)
  const only = (id: string) => ({
    data: [{ meaning: 'instance', reference: { reference: `Observation/${id}` } }],
  })
  const same = { policy: [{ uri: 'https://controller.example/same|1.0' }] }
  const drafts = [
    optIn('one', CLINIC, only('a'), same),
    optOut('two', CLINIC, only('b')),
    optIn('three', CLINIC, { purpose: [purpose('TREAT'), purpose('COC')] }, same),
    optIn('one', CLINIC, only('c'), same),
    optOut('four', HOSPITAL),
  ]
  const superseded: unknown[] = []
  for (const [i, draft] of drafts.entries()) {
    const told = new Map<Call, number | undefined>()
    for (const [recipient, call] of [[CLINIC, clinic] as const, [HOSPITAL, hospital] as const]) {
      const { after, supersedes } = partsOf((await ask(person, draft, recipient)).body)
      told.set(call, classOf(after, 'Observation'))
      if (recipient === CLINIC) superseded.push(supersedes)
    }
    await put(draft)
    for (const [call, count] of told)
      t.equal((await call('GET', 'Observation?_id=a,b,c&_total=accurate')).body.total, count, `draft ${i}`)
  }
  t.same(superseded, [undefined, undefined, 'Consent/one', 'Consent/three', undefined])
})

t.test('an inadmissible draft is told its faults in both languages', async (t) => {
  const { person } = await openRecord(t)
  const reply = await ask(person, optIn('x', 'Organization/none', {}, { policyRule: undefined }))
  t.equal(reply.status, 422)
  const rules = reply.body.issue.map(
    (issue: { details: { coding: { code: string }[] } }) => issue.details.coding[0]!.code,
  )
  t.ok(rules.includes('consent-decision') && rules.includes('consent-unreadable'), rules.join())
  t.match(reply.text, 'policyRule must be OPTIN')
  const line = reply.body.issue[0].extension[0].valueInteger
  t.ok(line > 12, `the fault is where the draft stands in the body, in line ${line}`)
  const japanese = { 'accept-language': 'ja' }
  const again = await ask(
    person,
    optIn('x', 'Organization/none', {}, { policyRule: undefined }),
    CLINIC,
    japanese,
  )
  t.match(again.text, 'policyRuleはv3-ActCode')
  t.equal((await ask(person, optIn('x', CLINIC, {}, { patient: { reference: 'Patient/q' } }))).status, 422)
  t.equal((await ask(person, optIn('x', CLINIC, {}, { scope: scope('adr') }))).status, 422)
  t.equal((await ask(person, observation('x'))).status, 400)
  t.equal((await ask(person, optIn('x', CLINIC), 'Patient/q')).status, 400)
})

t.test('a consent of a proxy without power is inadmissible, of one with power it is not', async (t) => {
  const { person, put } = await openRecord(t)
  const draft = optIn(
    'x',
    CLINIC,
    { actor: [actor(CLINIC)] },
    { performer: [{ reference: 'RelatedPerson/proxy' }] },
  )
  t.equal((await ask(person, draft)).status, 422)
  await put(delegation('strong', true))
  t.equal((await ask(person, draft)).status, 200)
})

t.test('all but the person and proxies with power are told that there is no such Patient', async (t) => {
  const { proxy, hospital, clinic, stranger, put } = await openRecord(t)
  for (const call of [proxy, hospital, clinic, stranger])
    t.equal((await ask(call, optIn('x', CLINIC))).status, 404)
  await put(delegation('strong', true))
  t.equal((await ask(proxy, optIn('x', CLINIC))).status, 200)
})
