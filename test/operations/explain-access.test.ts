// $explain-access: told to the person and administrators; to everybody else there is nothing (L31).
import t from 'tap'
import { toReasons } from '../../src/operations/explain/reasons.ts'
import {
  CLINIC,
  delegation,
  HOSPITAL,
  observation,
  openConsentServer,
  optIn,
  optOut,
  partsOf,
  uninformed,
} from '../support/consent-server.ts'

const ask = (ref: string, requester = CLINIC, purpose = 'TREAT') =>
  `${ref}/$explain-access?requester=${requester}&purpose=${purpose}`

const OF_Q = { patient: { reference: 'Patient/q' }, performer: [{ reference: 'Patient/q' }] }

t.test('the answer names the decision, rules with sentences, and the provision that decided', async (t) => {
  const { put, person } = await openConsentServer(t)
  await put(observation('a'))
  const nothing = partsOf((await person('GET', ask('Observation/a'))).body)
  t.match(nothing, { decision: 'deny', reason: { code: 'default', rule: 'C7', text: /./, 'text-ja': /。$/ } })
  t.notOk(nothing.source)
  await put(optIn('yes', CLINIC))
  const { versionId } = (await person('GET', 'Consent/yes')).body.meta
  t.match(partsOf((await person('GET', ask('Observation/a'))).body), {
    decision: 'permit',
    reason: { code: 'consent' },
    source: { consent: `Consent/yes/_history/${versionId}`, path: 'Consent.provision' },
  })
  await put(optOut('no', CLINIC))
  t.match(partsOf((await person('GET', ask('Observation/a'))).body), {
    decision: 'deny',
    reason: { code: 'consent:refused', rule: 'C4' },
    source: { consent: /^Consent\/no\/_history\// },
  })
  t.match(partsOf((await person('GET', ask('Observation/a', HOSPITAL))).body), {
    decision: 'permit',
    reason: { code: 'own-data' },
  })
})

t.test('who may not ask is told the same whether the resource is there or not', async (t) => {
  const { put, proxy, hospital, clinic, stranger, person } = await openConsentServer(t)
  await put(observation('a'))
  await put(optIn('yes', CLINIC))
  for (const call of [proxy, hospital, clinic, stranger]) {
    const [there, absent] = [
      await call('GET', ask('Observation/a')),
      await call('GET', ask('Observation/none')),
    ]
    t.equal(there.status, 404)
    t.same([there.status, there.body], [absent.status, absent.body])
  }
  t.equal((await person('GET', ask('Observation/a'))).status, 200)
  await put(delegation('strong', true))
  t.equal((await proxy('GET', ask('Observation/a'))).status, 200)
})

t.test('the person is not told of what they have not been told of, administrators are', async (t) => {
  const { put, person, admin } = await openConsentServer(t)
  await put(observation('a', { meta: uninformed() }))
  t.equal((await person('GET', ask('Observation/a'))).status, 404)
  t.match(partsOf((await admin('GET', ask('Observation/a', HOSPITAL))).body), { decision: 'permit' })
  t.equal((await admin('GET', ask('Observation/none'))).status, 404)
})

t.test('what another person in the same resource refuses is theirs', async (t) => {
  const { put, person, stranger, admin } = await openConsentServer(t)
  await put(optIn('q-shows-p', 'Patient/p', { purpose: undefined }, OF_Q))
  await put(observation('a', { performer: [{ reference: 'Patient/q' }] }))
  await put(optIn('yes', CLINIC))
  await put(optOut('q-refuses', CLINIC, {}, OF_Q))
  const told = await person('GET', ask('Observation/a'))
  t.match(partsOf(told.body), { decision: 'permit' })
  t.notMatch(told.text, 'q-refuses')
  t.notMatch((await stranger('GET', ask('Observation/a'))).text, 'Consent/yes')
  t.match(partsOf((await admin('GET', ask('Observation/a'))).body), {
    decision: 'deny',
    source: { consent: /q-refuses/ },
  })
})

t.test('parameters that cannot be read are refused', async (t) => {
  const { put, person } = await openConsentServer(t)
  await put(observation('a'))
  t.equal((await person('GET', ask('Observation/a', 'Patient/q'))).status, 400)
  t.equal((await person('GET', 'Observation/a/$explain-access?purpose=TREAT')).status, 400)
  t.equal((await person('GET', `Observation/a/$explain-access?requester=${CLINIC}`)).status, 400)
  t.equal((await person('GET', `${ask('Observation/a')}&action=steal`)).status, 400)
  t.equal((await person('GET', ask('Organization/clinic'))).status, 400)
  const odd = partsOf((await person('GET', ask('Observation/a', CLINIC, 'NONE'))).body)
  t.match(odd, { decision: 'deny', reason: { code: 'purpose' } })
})

t.test('each reason of the engine has sentences of its own', async (t) => {
  const codes = [
    ...['hard:client', 'purpose', 'btg-not-elevated', 'public', 'hard:x', 'statutory:x', 'default'],
    ...['hard:undelivered', 'hard:uninformed', 'self', 'proxy', 'proxy:no-delegation', 'proxy:majority'],
    ...['proxy:adolescent-sensitive', 'proxy:excluded', 'consent:x', 'consent:unsupported-active', 'consent'],
    ...['own-data', 'treating', 'admin:x', 'btg', 'btg-refused', 'btg-single-patient', 'btg-read-only'],
    ...['btg-unattended', 'nobodys-own', 'consent-named', 'consent-recorded', 'consent-others', 'incomplete'],
  ]
  const texts = codes.map((code) => toReasons(code)[0]!)
  t.ok(texts.every(({ rules, en, ja }) => rules.length > 0 && en.endsWith('.') && ja.endsWith('。')))
  t.equal(new Set(texts.map(({ en }) => en)).size, codes.length)
  t.same(
    toReasons('self,consent').map(({ code }) => code),
    ['self', 'consent'],
  )
})
