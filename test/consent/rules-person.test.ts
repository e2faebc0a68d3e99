// Rules P1 to P7, B1 to B5, U1 to U5: the person and proxies, break-glass, secondary use. https://hl7.org/fhir/R4/consent.html
import t from 'tap'
import type { Vector } from '../../conformance/consent/vector.ts'
import { decide } from '../../src/consent/decide.ts'
import {
  checkRules,
  type Question,
  type RuleRow,
  type Sketch,
  toConsent,
  toQuestion,
} from '../support/consent.ts'

type Request = Partial<Vector['request']>
type Delegation = NonNullable<Vector['state']['delegations']>[number]

const B = ['Organization/hospB']
const grant: Sketch = { type: 'permit', actor: B }
const open = toConsent(grant, { id: 'OPEN' })
const dissent = toConsent({ type: 'deny' }, { id: 'D' })
const sensitive = { conf: 'R', sens: ['SDV'] }

const self = (given: Question = {}, request: Request = {}): Question => ({
  ...given,
  request: {
    actors: [{ ref: 'Patient/p1', via: 'user' }],
    self: 'Patient/p1',
    purpose: 'PATRQT',
    ...request,
  },
})
const mother: Delegation = {
  patient: 'Patient/p1',
  proxy: 'RelatedPerson/m',
  status: 'active',
  kind: 'guardian',
}
const proxy = (
  delegation: Partial<Delegation> | undefined,
  { age = 8, ...given }: Question & { age?: number } = {},
  request: Request = {},
): Question => ({
  ...given,
  request: {
    actors: [{ ref: 'RelatedPerson/m', via: 'user' }],
    proxyFor: 'Patient/p1',
    purpose: 'PATRQT',
    ...request,
  },
  state: {
    consents: given.consents ?? [],
    age,
    delegations: delegation ? [{ ...mother, ...delegation }] : [],
    ...given.state,
  },
})
/** A consent that the mother gave, read at an age. */
const given = (age: number, purpose: string): Question => ({
  request: { purpose },
  state: {
    consents: [toConsent({ ...grant, purpose: [purpose] }, { performer: 'RelatedPerson/m' })],
    age,
    delegations: [{ ...mother, status: 'ended' }],
  },
})

const PERSON: readonly RuleRow[] = [
  ['P1: the person, without any consent', self(), 'PERMIT self'],
  ['P1: nobody can lock themselves out', self({ consents: [dissent] }), 'PERMIT self'],
  [
    'P2: what the person was not told of is absent',
    self({ resource: { tags: ['UNINFORMED'] } }),
    'DENY hard:uninformed',
  ],
  ['P2: for proxies too', proxy({}, { resource: { tags: ['UNINFORMED'] } }), 'DENY hard:uninformed'],
  [
    'P1: on another’s record self access is nothing',
    { request: { self: 'Patient/p9' }, consents: [open] },
    'PERMIT consent',
  ],
  ['P3: nor is proxy access', { request: { proxyFor: 'Patient/p9' }, consents: [open] }, 'PERMIT consent'],
  ['P2: not for an institution', { resource: { tags: ['UNINFORMED'] }, consents: [open] }, 'PERMIT consent'],
  [
    'P2: content about another person needs their permit',
    self({ resource: { patients: ['Patient/p1', 'Patient/p2'] } }),
    'DENY default',
  ],
  ['P3: a RelatedPerson alone has nothing', proxy(undefined), 'DENY proxy:no-delegation'],
  ['P3: a delegation opens', proxy({}), 'PERMIT proxy'],
  ['P3: a delegation to another does not', proxy({ proxy: 'RelatedPerson/x' }), 'DENY proxy:no-delegation'],
  ['P3: nor of another person', proxy({ patient: 'Patient/p2' }), 'DENY proxy:no-delegation'],
  ['P3: within its period', proxy({ period: { start: '2026-04-01' } }), 'PERMIT proxy'],
  ['P3: not after it', proxy({ period: { end: '2026-03-31' } }), 'DENY proxy:no-delegation'],
  ['P3: for its actions', proxy({ actions: ['access'] }), 'PERMIT proxy'],
  [
    'P3: for no others',
    proxy({ actions: ['access'] }, {}, { action: 'correct' }),
    'DENY proxy:no-delegation',
  ],
  [
    'P3: without the labels it excludes',
    proxy({ kind: 'voluntary', excludedLabels: ['SDV'] }, { resource: sensitive }),
    'DENY proxy:excluded',
  ],
  [
    'P3: with the others',
    proxy({ kind: 'voluntary', excludedLabels: ['PSY'] }, { resource: sensitive }),
    'PERMIT proxy',
  ],
  [
    'P3: one of several labels excluded is enough',
    proxy({ kind: 'voluntary', excludedLabels: ['PSY', 'SDV'] }, { resource: sensitive }),
    'DENY proxy:excluded',
  ],
  [
    'P3: where none is excluded the label need not be known',
    proxy({ kind: 'voluntary' }, { resource: { conf: 'unclassified' } }),
    'PERMIT proxy',
  ],
  [
    'P4: a proxy never has more than the person',
    proxy({ courtOrder: true }, { resource: { tags: ['UNINFORMED'] } }),
    'DENY hard:uninformed',
  ],
  [
    'P5: from 12 on what is sensitive is hidden from guardians',
    proxy({}, { age: 12, resource: sensitive }),
    'DENY proxy:adolescent-sensitive',
  ],
  ['P5: before, it is not', proxy({}, { age: 11, resource: sensitive }), 'PERMIT proxy'],
  ['P5: what is not sensitive never is', proxy({}, { age: 14 }), 'PERMIT proxy'],
  [
    'P5: a court order opens it',
    proxy({ courtOrder: true }, { age: 14, resource: sensitive }),
    'PERMIT proxy',
  ],
  [
    'P5: whom the person chose sees it',
    proxy({ kind: 'voluntary' }, { age: 14, resource: sensitive }),
    'PERMIT proxy',
  ],
  [
    'P5: the age is a setting',
    proxy({}, { age: 14, resource: sensitive, state: { config: { adolescentAge: 15 } } }),
    'PERMIT proxy',
  ],
  ['P6: guardianship lasts to the 18th birthday', proxy({}, { age: 17 }), 'PERMIT proxy'],
  ['P6: and ends there', proxy({}, { age: 18 }), 'DENY proxy:majority'],
  ['P6: a court order does not prolong it', proxy({ courtOrder: true }, { age: 18 }), 'DENY proxy:majority'],
  ['P6: other delegations do not end', proxy({ kind: 'adult-guardian' }, { age: 40 }), 'PERMIT proxy'],
  ['P6: a guardian’s consent to research holds before', given(17, 'HRESCH'), 'PERMIT consent'],
  ['P6: and rests from the 18th birthday', given(18, 'HRESCH'), 'DENY default'],
  ['P6: to treatment it stands 90 days longer', given(18, 'TREAT'), 'PERMIT consent'],
  ['P6: and then rests too', given(19, 'TREAT'), 'DENY default'],
  [
    'P7: a delegation that was ended has ended',
    proxy({ status: 'ended', kind: 'voluntary' }),
    'DENY proxy:no-delegation',
  ],
]

const user = { ref: 'Practitioner/dr', via: 'user' } as const
const acting = { ref: 'Organization/hospB', via: 'acting' } as const
const glass = (given: Question = {}, request: Request = {}): Question => ({
  ...given,
  request: { actors: [acting, user], purpose: 'BTG', elevation: { reason: 'x' }, ...request },
})
const dissentFor = (...purpose: string[]) => [toConsent({ type: 'deny', purpose }, { id: 'D' })]

const BREAK_GLASS: readonly RuleRow[] = [
  ['B1: an elevated session opens', glass(), 'PERMIT btg'],
  ['B1: without one nothing does', glass({}, { elevation: undefined }), 'DENY btg-not-elevated'],
  ['B1: elevation is nothing without the purpose', glass({}, { purpose: 'TREAT' }), 'DENY default'],
  ['B3: of one person', glass({}, { multiPatient: true }), 'DENY btg-single-patient'],
  ['B3: not to export', glass({}, { action: 'disclose' }), 'DENY btg-read-only'],
  ['B3: not to write', glass({}, { action: 'correct' }), 'DENY btg-read-only'],
  [
    'B3: not by a program alone',
    glass({}, { actors: [{ ref: 'Device/app', via: 'client' }] }),
    'DENY btg-unattended',
  ],
  ['B4: a general dissent gives way', glass({ consents: [dissent] }), 'PERMIT btg'],
  ['B4: one that names BTG does not', glass({ consents: dissentFor('BTG') }), 'DENY btg-refused'],
  ['B4: nor one that names ETREAT', glass({ consents: dissentFor('ETREAT') }), 'DENY btg-refused'],
  ['B4: one that names TREAT is general', glass({ consents: dissentFor('TREAT') }), 'PERMIT btg'],
  [
    'B4: nor one that names it among others',
    glass({ consents: dissentFor('TREAT', 'ETREAT') }),
    'DENY btg-refused',
  ],
  ['B4: a consent that says nothing of it is nothing', glass({ consents: [open] }), 'PERMIT btg'],
  ['B4: never label V', glass({ resource: { conf: 'V' } }), 'DENY btg-refused'],
  [
    'B4: never against a hard deny',
    glass({ state: { admin: [{ id: 'dv', kind: 'hard-deny', actor: 'Practitioner/dr' }] } }),
    'DENY hard:dv',
  ],
  [
    'B4: the switch lets every dissent stand',
    glass({ state: { consents: [dissent], config: { btgOverridesDissent: false } } }),
    'DENY btg-refused',
  ],
  ['B5: an ordinary refusal says nothing of break-glass', { consents: [] }, 'DENY default'],
]

const univ = (purpose: string, sketch: Sketch = {}): Question => ({
  actor: 'Organization/univU',
  request: { purpose, actors: [{ ref: 'Organization/univU', via: 'acting' }] },
  consents: [toConsent({ type: 'permit', actor: ['Organization/univU'], ...sketch })],
})
const ngmi = (
  notice: string,
  more: Question = {},
  request: Request = {},
  config: Vector['state']['config'] = {},
): Question => ({
  ...more,
  request: {
    actors: [{ ref: 'Organization/op', via: 'acting' }],
    purpose: 'HRESCH',
    action: 'disclose',
    ...request,
  },
  state: {
    config,
    consents: more.consents ?? [],
    admin: [
      {
        id: 'ngmi',
        kind: 'optout-secondary',
        purpose: 'HRESCH',
        operator: 'Organization/op',
        provider: 'Organization/hospA',
        days: 30,
        notices: { 'Patient/p1': notice },
      },
    ],
  },
})

const SECONDARY: readonly RuleRow[] = [
  ...['HRESCH', 'PUBHLTH', 'HMARKT', 'MARKT', 'CLINTRL', 'POPHLTH', 'TRAIN', 'HQUALIMP', 'proj-alpha'].map(
    (purpose): RuleRow => [
      `U1: ${purpose} is secondary: a permit must name it`,
      univ(purpose),
      purpose === 'MARKT' ? 'DENY' : 'DENY default',
    ],
  ),
  ['U2: explicit actor and explicit purpose', univ('HRESCH', { purpose: ['HRESCH'] }), 'PERMIT consent'],
  ['U2: no actor, no permit', univ('HRESCH', { purpose: ['HRESCH'], actor: undefined }), 'DENY default'],
  ['U5: an individual notice 30 days old', ngmi('2026-03-02'), 'PERMIT admin:ngmi'],
  ['U5: a younger one', ngmi('2026-03-03'), 'DENY default'],
  ['U5: none', ngmi('2026-03-02', { resource: { patients: ['Patient/p2'] } }), 'DENY default'],
  ['U5: another operator', ngmi('2026-03-02', {}, { actors: [acting] }), 'DENY default'],
  [
    'U5: another provider',
    ngmi('2026-03-02', { resource: { sourceOrg: 'Organization/hospZ' } }),
    'DENY default',
  ],
  [
    'U5: an objection naming the operator',
    ngmi('2026-03-02', { consents: [toConsent({ type: 'deny', actor: ['Organization/op'] }, { id: 'D' })] }),
    'DENY consent:D',
  ],
  [
    'U5: an objection also where dissents do not stop defaults (D5 off)',
    ngmi(
      '2026-03-02',
      { consents: [toConsent({ type: 'deny', actor: ['Organization/op'] }, { id: 'D' })] },
      {},
      { dissentOverDefaults: false },
    ),
    'DENY consent:D',
  ],
  [
    'U5: an objection naming the purpose',
    ngmi('2026-03-02', { consents: dissentFor('HRESCH') }),
    'DENY consent:D',
  ],
]

checkRules(t, [...PERSON, ...BREAK_GLASS, ...SECONDARY])

t.test('P6: the window to confirm is the 90 days from the 18th birthday on', async (t) => {
  const { request, facets, context } = toQuestion(given(18, 'TREAT'))
  const atDay = (daysOfAge: number) => {
    const of = (patient: string) => ({
      ...context.state.of(patient),
      ageAt: () => ({ years: 18, daysOfAge }),
    })
    return decide(request, facets, { ...context, state: { ...context.state, of } }).permit
  }
  t.equal(atDay(0), true)
  t.equal(atDay(89), true)
  t.equal(atDay(90), false)
})
