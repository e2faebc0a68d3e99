// The consent screen and the pages before it: what they show, and what is read from their forms.
import t from 'tap'
import { parseScope } from '../../src/access/scopes.ts'
import { breakGlassPage, readBreakGlass } from '../../src/smart/authorize/break-glass-page.ts'
import { consentPage } from '../../src/smart/authorize/consent-page.ts'
import { type ConsentView, readDecision } from '../../src/smart/authorize/consent-view.ts'
import { identityPage, readIdentity } from '../../src/smart/authorize/identity-page.ts'
import { patientPage, readPatient } from '../../src/smart/authorize/patient-page.ts'
import { endOf, readUntil, UNTIL } from '../../src/smart/authorize/until.ts'
import type { Client } from '../../src/smart/client.ts'
import { toChoices, toFullForm } from '../../src/smart/describe/narrow.ts'
import { checkPage, toDocument } from '../support/check-page.ts'

const LANGUAGES = ['en', 'ja'] as const
const EVIL = '<script>alert(1)</script>"\' onload="x'
const NOW = Date.parse('2026-11-28T02:00:00Z')
const ZONE = 'Asia/Tokyo'

const client: Client = {
  id: 'c',
  status: 'active',
  purposes: ['PATRQT'],
  registeredAt: 0,
  metadata: {
    client_name: EVIL,
    client_names: { ja: '日記' },
    redirect_uris: [],
    grant_types: [],
    token_endpoint_auth_method: 'none',
    scope: '',
    client_uri: 'https://app.example.org/',
    policy_uri: 'javascript:alert(1)',
    logo_uri: 'https://tracker.example/logo.png',
  },
}

function viewOf(scopes: string, changes: Partial<ConsentView> = {}): ConsentView {
  return {
    client,
    asked: scopes.split(' ').map((text) => parseScope(text, () => true)!),
    others: ['openid', 'fhirUser', 'launch/patient', 'offline_access'],
    personName: EVIL,
    purpose: 'PATRQT',
    writesConsent: true,
    csrf: 'token',
    action: '/auth/authorize',
    redirectHost: 'app.example.org',
    now: NOW,
    timeZone: ZONE,
    ...changes,
  }
}

const WHOLE = viewOf('patient/Observation.rs patient/Condition.cruds')
const full = { ...toFullForm(toChoices(WHOLE.asked)), offline: 'on', until: 'quarter' }

t.test('the screen says what, by whom, for which purpose and until when, in both languages', (t) => {
  const en = toDocument({ ...consentPage(WHOLE, 'en'), language: 'en' })
  for (const text of [
    'Test results and measurements',
    'Diagnoses and problems',
    'Your own use',
    '28 February 2027',
    'app.example.org',
    'Your name and who you are',
  ])
    t.ok(en.includes(text), text)
  const ja = toDocument({ ...consentPage(WHOLE, 'ja'), language: 'ja' })
  for (const text of [
    '日記',
    '検査・測定の記録',
    '病名・症状',
    'ご本人の利用',
    '2027年2月28日',
    '許可する',
    '拒否する',
  ])
    t.ok(ja.includes(text), text)
  t.end()
})

t.test('names are shown as text, foreign pictures are not loaded, and only https is a link', (t) => {
  const preview = { total: 3, visible: 1, byType: [{ type: 'Observation', visible: 1, total: 3 }] }
  for (const language of LANGUAGES)
    for (const changes of [
      {},
      { preview, decision: full, patientName: EVIL, organization: EVIL, error: EVIL },
    ]) {
      const text = toDocument({ ...consentPage({ ...WHOLE, ...changes }, language), language, account: EVIL })
      checkPage(t, text)
      t.notOk(text.includes('tracker.example'))
      t.notOk(text.includes('href="javascript:'))
      t.ok(text.includes('href="https://app.example.org/"'))
    }
  t.end()
})

t.test('what was chosen stays chosen when the page is shown again', (t) => {
  const decision = {
    'scope-0-see': 'on',
    'scope-0-extent': 'some',
    'scope-0-Observation-steps': 'on',
    until: 'year',
  }
  const text = consentPage({ ...WHOLE, decision }, 'en').body.toString()
  const ticked = [...text.matchAll(/name="([^"]+)" value="([^"]+)" checked/g)].map(
    ([, name, value]) => `${name}=${value}`,
  )
  t.same(ticked, [
    'scope-0-see=on',
    'scope-0-extent=some',
    'scope-0-Observation-steps=on',
    'scope-1-extent=some',
    'until=year',
  ])
  t.end()
})

t.test('a decision is what was pressed, and anything else is a refusal', (t) => {
  t.same(readDecision(WHOLE, { ...full, decision: 'allow' }), {
    kind: 'allow',
    scope: 'patient/Observation.rs patient/Condition.cruds openid fhirUser launch/patient offline_access',
    until: Date.parse('2027-02-28T14:59:59.999Z'),
  })
  t.same(readDecision(WHOLE, { ...full, decision: 'deny' }), { kind: 'deny' })
  t.same(readDecision(WHOLE, full), { kind: 'deny' })
  t.same(readDecision(WHOLE, { ...full, decision: 'Allow' }), { kind: 'deny' })
  t.end()
})

t.test('29: less may be granted than was asked for, down to nothing', (t) => {
  t.match(readDecision(WHOLE, { decision: 'allow', until: 'open' }), {
    kind: 'allow',
    scope: 'openid fhirUser launch/patient',
  })
  t.match(
    readDecision(WHOLE, { decision: 'allow', until: 'open', 'scope-1-see': 'on', 'scope-1-extent': 'all' }),
    { scope: 'patient/Condition.rs openid fhirUser launch/patient' },
  )
  t.end()
})

t.test('heart rate only, until the end of next month', (t) => {
  const form = {
    'scope-0-see': 'on',
    'scope-0-extent': 'some',
    'scope-0-Observation-heart-rate': 'on',
    until: 'next-month',
    decision: 'allow',
  }
  t.match(readDecision(WHOLE, form), {
    scope: /^patient\/Observation\.rs\?code=http:\/\/loinc\.org\|8867-4 openid/,
    until: Date.parse('2026-12-31T14:59:59.999Z'),
  })
  t.end()
})

t.test('a day that is none, has passed or is left out brings the page back and allows nothing', (t) => {
  for (const date of ['', '2026-11-27', '2026-02-30', 'tomorrow', '9999-01-01', '20270101']) {
    const form = { ...full, decision: 'allow', until: 'date', 'until-date': date }
    t.equal(readDecision(WHOLE, form).kind, 'preview', date)
    t.match(consentPage({ ...WHOLE, decision: form }, 'en').body.toString(), /role="alert">Choose a day/)
  }
  t.equal(readDecision(WHOLE, { ...full, decision: 'allow', until: 'toString' }).kind, 'preview')
  t.match(readDecision(WHOLE, { ...full, decision: 'allow', until: 'date', 'until-date': '2026-11-28' }), {
    kind: 'allow',
    until: Date.parse('2026-11-28T14:59:59.999Z'),
  })
  t.end()
})

t.test('without a Consent nothing is asked about its end', (t) => {
  const view = { ...WHOLE, writesConsent: false }
  t.notMatch(consentPage(view, 'ja').body.toString(), /name="until"/)
  t.notOk('until' in readDecision(view, { ...full, decision: 'allow' }))
  t.end()
})

t.test('every choice ends at the end of a day, and a month without the day at its last', (t) => {
  for (const now of [
    '2026-01-31T03:00:00Z',
    '2026-11-30T15:30:00Z',
    '2028-02-29T00:00:00Z',
    '2026-12-31T14:59:00Z',
  ].map(Date.parse))
    for (const choice of Object.keys(UNTIL)) {
      const end = endOf(choice, now, ZONE)
      if (end === undefined) continue
      t.equal(new Date(end + 1).toISOString().slice(11), '15:00:00.000Z', choice)
      t.ok(end > now)
    }
  const end = (choice: string, now: string) =>
    new Date(endOf(choice, Date.parse(now), ZONE)!).toISOString().slice(0, 10)
  t.equal(end('quarter', '2026-11-30T03:00:00Z'), '2027-02-28')
  t.equal(end('year', '2028-02-29T03:00:00Z'), '2029-02-28')
  t.equal(end('this-month', '2026-11-30T15:30:00Z'), '2026-12-31', 'it is December already in the zone')
  t.same(readUntil({ until: 'open' }, NOW, ZONE), { kind: 'until' })
  t.end()
})

const head = { csrf: 'token', action: '/auth/x' }

t.test('a person is chosen from the list alone, or by an id of a search', (t) => {
  const people = [
    { id: '1', name: EVIL, kana: 'ヤマダ', birthDate: '1980-01-01', identifier: EVIL },
    { id: '2', name: 'B' },
  ]
  const list = { ...head, kind: 'list', clientName: EVIL, people } as const
  const search = { ...list, kind: 'search', query: EVIL, next: 'cursor' } as const
  for (const language of LANGUAGES)
    for (const view of [list, search, { ...search, people: [] }, { ...list, people: [] }])
      checkPage(t, toDocument({ ...patientPage(view, language), language }))
  t.same(readPatient(list, { patient: '2' }), { kind: 'chosen', patient: '2' })
  t.equal(readPatient(list, { patient: '3' }), undefined)
  t.equal(readPatient(list, {}), undefined)
  t.same(readPatient(search, { patient: '3', query: 'x' }), { kind: 'chosen', patient: '3' })
  t.equal(readPatient(search, { patient: '../3' }), undefined)
  t.same(readPatient(search, { query: 'やまだ' }), { kind: 'search', query: 'やまだ' })
  t.same(readPatient(search, { query: 'typed since', asked: 'やまだ', after: 'cursor' }), {
    kind: 'search',
    query: 'やまだ',
    after: 'cursor',
  })
  t.end()
})

t.test('a capacity is one of those that were offered', (t) => {
  const capacities = [
    { value: 'Patient/1', kind: 'self' },
    { value: 'RelatedPerson/2', kind: 'proxy', name: EVIL },
    { value: 'PractitionerRole/3', kind: 'staff', organization: EVIL, name: '看護師' },
  ] as const
  const view = { ...head, personName: EVIL, clientName: EVIL, capacities }
  for (const language of LANGUAGES) checkPage(t, toDocument({ ...identityPage(view, language), language }))
  t.equal(readIdentity(view, { capacity: 'RelatedPerson/2' }), capacities[1])
  t.equal(readIdentity(view, { capacity: 'Patient/2' }), undefined)
  t.equal(readIdentity(view, {}), undefined)
  t.end()
})

t.test('break-glass needs a coded reason and words', (t) => {
  const view = {
    ...head,
    patientName: EVIL,
    birthDate: '1980-01-01',
    organization: EVIL,
    until: NOW,
    timeZone: ZONE,
    reviewDays: 7,
  }
  for (const language of LANGUAGES)
    for (const more of [{}, { filled: { reason: 'other', words: EVIL } }])
      checkPage(t, toDocument({ ...breakGlassPage({ ...view, ...more }, language), language }))
  const form = { step: 'allow', reason: 'unconscious', words: '  no answer\n at all ' }
  t.same(readBreakGlass(form), {
    kind: 'allow',
    code: 'unconscious',
    reason: 'unconscious: no answer at all',
  })
  t.same(readBreakGlass({ ...form, step: 'deny' }), { kind: 'deny' })
  t.same(readBreakGlass({}), { kind: 'deny' })
  for (const wrong of [
    { reason: 'toString' },
    { reason: undefined },
    { words: ' \n' },
    { words: 'x'.repeat(501) },
  ])
    t.same(readBreakGlass({ ...form, ...wrong }), { kind: 'invalid' })
  t.end()
})
