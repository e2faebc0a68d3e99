// Who may act for whom: what a delegation says, and one smallest delegation per fault (P3).
import t from 'tap'
import { admit } from '../../src/consent/admit.ts'
import {
  COURT_ORDER,
  KIND_SYSTEM,
  MAY_GRANT_CONSENT,
  readDelegation,
  SCOPE_SYSTEM,
} from '../../src/consent/delegation.ts'
import { type ConsentResource, normalise } from '../../src/consent/normalise.ts'
import { ALWAYS, periodSpan } from '../../src/consent/span.ts'
import {
  actor,
  createOwnVocabulary,
  FACTS,
  grant,
  label,
  purpose,
  readOwn,
  scope,
} from '../support/consents.ts'

const vocabulary = createOwnVocabulary()
const TO_R = { type: 'permit', actor: [actor('RelatedPerson/r')] }
const ACTION = 'http://terminology.hl7.org/CodeSystem/consentaction'

function kind(code: string) {
  return [{ coding: [{ system: KIND_SYSTEM, code }] }]
}

function flag(url: string, valueBoolean: unknown = true) {
  return { url, valueBoolean }
}

/** Returns the smallest voluntary delegation, with `changes`. */
function delegation(changes: Readonly<Record<string, unknown>> = {}): ConsentResource {
  return grant({
    scope: scope('delegation', SCOPE_SYSTEM),
    category: kind('voluntary'),
    organization: undefined,
    policy: undefined,
    policyRule: undefined,
    sourceAttachment: undefined,
    provision: TO_R,
    ...changes,
  })
}

function found(consent: ConsentResource, resolves = FACTS.resolves) {
  return admit(vocabulary, consent, { ...FACTS, resolves }).map(({ rule, path }) => `${rule} ${path}`)
}

t.test('the smallest delegation gives all actions, for ever, and no power to consent', async (t) => {
  t.same(found(delegation()), [])
  t.same(readDelegation(vocabulary, delegation()), {
    patient: 'Patient/p',
    mayGrantConsent: false,
    delegation: {
      proxy: 'RelatedPerson/r',
      kind: 'voluntary',
      active: true,
      period: ALWAYS,
      actions: undefined,
      excludedLabels: [],
      courtOrder: false,
    },
  })
})

t.test('the published examples read as they are meant', async (t) => {
  const mother = readDelegation(vocabulary, readOwn('examples/musubi-delegation.json'))
  t.equal(mother?.mayGrantConsent, true)
  t.match(mother?.delegation, { kind: 'guardian', proxy: 'RelatedPerson/mother', courtOrder: false })
  t.same(
    mother?.delegation.period,
    periodSpan({ start: '2026-11-27', end: '2036-05-01' }, vocabulary.timeZone),
  )
  const son = readDelegation(vocabulary, readOwn('examples/musubi-delegation-voluntary.json'))
  t.equal(son?.mayGrantConsent, false)
  t.match(son?.delegation, { kind: 'voluntary', actions: ['access'], excludedLabels: ['PSY', 'SDV'] })
})

t.test('a delegation that is not active is read, and gives no right', async (t) => {
  for (const status of ['draft', 'inactive', 'entered-in-error'])
    t.equal(readDelegation(vocabulary, delegation({ status }))?.delegation.active, false, status)
})

t.test('a delegation is no consent to anything, and a consent no delegation', async (t) => {
  t.equal(normalise(vocabulary, delegation()), undefined)
  t.equal(readDelegation(vocabulary, grant()), undefined)
  t.equal(readDelegation(vocabulary, delegation({ scope: scope('delegation') })), undefined)
})

const VERIFIED = { verified: true }
const OFFICE = [{ reference: 'Organization/office' }]

t.test('guardianship is verified by an organisation or by someone who is named', async (t) => {
  const guardian = { category: kind('guardian'), extension: [flag(COURT_ORDER), flag(MAY_GRANT_CONSENT)] }
  const byOffice = delegation({ ...guardian, performer: OFFICE, verification: [VERIFIED] })
  t.same(found(byOffice), [])
  t.equal(readDelegation(vocabulary, byOffice)?.delegation.courtOrder, true)
  t.equal(readDelegation(vocabulary, byOffice)?.mayGrantConsent, true)
  const byName = { ...VERIFIED, verifiedWith: { reference: 'RelatedPerson/other' } }
  t.same(found(delegation({ ...guardian, verification: [byName] })), [])
})

const DENY = { type: 'deny', securityLabel: [label('PSY')] }

/** The one thing that is wrong, what is changed in a delegation that is admitted, and what is found. */
const BROKEN: readonly (readonly [string, Record<string, unknown>, string])[] = [
  [
    'no patient',
    { patient: undefined, performer: OFFICE, category: kind('guardian'), verification: [VERIFIED] },
    'P3 Consent.patient',
  ],
  ['no kind', { category: [{ text: 'proxy' }] }, 'P3 Consent.category'],
  ['an unknown kind', { category: kind('friend') }, 'P3 Consent.category'],
  ['two kinds', { category: [...kind('voluntary'), ...kind('support')] }, 'P3 Consent.category'],
  ['guardianship unverified', { category: kind('guardian'), performer: OFFICE }, 'P3 Consent.verification'],
  [
    'guardianship found not to be so',
    { category: kind('adult-guardian'), performer: OFFICE, verification: [{ verified: false }] },
    'P3 Consent.verification',
  ],
  [
    'guardianship verified by nobody',
    { category: kind('guardian'), verification: [VERIFIED] },
    'P3 Consent.verification',
  ],
  [
    'a voluntary proxy named by the proxy',
    { performer: [{ reference: 'RelatedPerson/r' }] },
    'P3 Consent.performer',
  ],
  [
    'a supporter named by nobody',
    { category: kind('support'), performer: undefined },
    'P3 Consent.performer',
  ],
  ['no provision', { provision: undefined }, 'P3 Consent.provision'],
  ['no actor', { provision: { type: 'permit' } }, 'P3 Consent.provision.actor'],
  [
    'a practitioner',
    { provision: { ...TO_R, actor: [actor('Practitioner/d')] } },
    'P3 Consent.provision.actor',
  ],
  [
    'two proxies',
    { provision: { ...TO_R, actor: [actor('RelatedPerson/r'), actor('RelatedPerson/s')] } },
    'P3 Consent.provision.actor',
  ],
  [
    'another role',
    { provision: { ...TO_R, actor: [{ ...actor('RelatedPerson/r'), role: { text: 'son' } }] } },
    'A5 Consent.provision.actor[0].role',
  ],
  ['a deny', { provision: { ...TO_R, type: 'deny' } }, 'A4 Consent.provision.type'],
  [
    'an unknown action',
    { provision: { ...TO_R, action: [{ coding: [{ system: ACTION, code: 'peek' }] }] } },
    'A6 Consent.provision.action[0]',
  ],
  [
    'a period that is none',
    { provision: { ...TO_R, period: { end: 'soon' } } },
    'A6 Consent.provision.period',
  ],
  ['a purpose', { provision: { ...TO_R, purpose: [purpose('TREAT')] } }, 'P3 Consent.provision.purpose'],
  [
    'labels on the permit',
    { provision: { ...TO_R, securityLabel: [label('PSY')] } },
    'P3 Consent.provision.securityLabel',
  ],
  ['two exclusions', { provision: { ...TO_R, provision: [DENY, DENY] } }, 'P3 Consent.provision.provision'],
  [
    'an exclusion of nothing',
    { provision: { ...TO_R, provision: [{ type: 'deny' }] } },
    'P3 Consent.provision.provision',
  ],
  [
    'an exclusion that permits',
    { provision: { ...TO_R, provision: [{ ...DENY, type: 'permit' }] } },
    'P3 Consent.provision.provision',
  ],
  [
    'an exclusion for a while',
    { provision: { ...TO_R, provision: [{ ...DENY, period: { end: '2026' } }] } },
    'P3 Consent.provision.provision[0].period',
  ],
  [
    'an excluded label that is none',
    { provision: { ...TO_R, provision: [{ ...DENY, securityLabel: [label('OPTIN')] }] } },
    'A6 Consent.provision.provision[0].securityLabel[0]',
  ],
  [
    'a modifier extension',
    { modifierExtension: [{ url: 'https://x.example' }] },
    'A6 Consent.modifierExtension',
  ],
  ['a flag that is no boolean', { extension: [flag(COURT_ORDER, 'yes')] }, 'P3 Consent.extension'],
  [
    'a flag said twice',
    { extension: [flag(MAY_GRANT_CONSENT, false), flag(MAY_GRANT_CONSENT)] },
    'P3 Consent.extension',
  ],
]

for (const [title, changes, expected] of BROKEN)
  t.test(`${title}: ${expected}, and no right`, async (t) => {
    t.same(found(delegation(changes)), [expected])
    t.equal(readDelegation(vocabulary, delegation(changes)), undefined)
    t.same(found(delegation({ ...changes, status: 'inactive' })), [], 'ending it never fails')
  })

t.test('a delegation that is dated nowhere or names nobody here is not admitted', async (t) => {
  t.same(found(delegation({ dateTime: undefined })), ['A2 Consent.dateTime'])
  t.same(
    found(delegation(), () => false),
    ['A6 Consent.provision.actor[0].reference'],
  )
})

t.test('a scope that is both a delegation and a consent is not admitted, and gives no right', async (t) => {
  const both = { coding: [...scope('delegation', SCOPE_SYSTEM).coding, ...scope('patient-privacy').coding] }
  t.same(found(delegation({ scope: both })), ['A1 Consent.scope'])
  t.equal(readDelegation(vocabulary, delegation({ scope: both })), undefined)
})
