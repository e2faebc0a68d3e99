// The settled questions Q20 to Q45, one by one (Q39 and Q41 are retired): the person, policies, the format. https://hl7.org/fhir/R4/consent.html
import t from 'tap'
import { checkRules, type Question, type RuleRow, toConsent } from '../support/consent.ts'
import {
  A,
  acts,
  asks,
  B,
  byProxy,
  delegations,
  dissent,
  glass,
  grant,
  keeps,
  mother,
  open,
  permit,
  type Request,
  type State,
  self,
  UNREADABLE,
} from '../support/settled.ts'

const of = (conf: string, ...sens: string[]): Question => ({ resource: { conf, sens } })

const blocked = (given: State = {}): Question =>
  keeps({ ...given, admin: [{ id: 'dv', kind: 'hard-deny', patient: 'Patient/p1' }] })
const sdv = { resource: { conf: 'R', sens: ['SDV'] } }
const both = { resource: { patients: ['Patient/p1', 'Patient/p2'] } }
const openOfP2 = (actor?: string[]) =>
  toConsent({ type: 'permit', actor }, { id: 'P2', patient: 'Patient/p2' })

const PERSON: readonly RuleRow[] = [
  ['Q20: a hard deny is above a proxy', asks(byProxy, blocked({ delegations, age: 8 })), 'DENY hard:dv'],
  ['Q20: never above the person', asks(self, blocked()), 'PERMIT self'],
  [
    'Q21: a dissent does not restrict a proxy',
    asks(byProxy, keeps({ consents: [dissent({ actor: ['RelatedPerson/m'] })], delegations, age: 8 })),
    'PERMIT proxy',
  ],
  [
    'Q21: a grant does not replace a delegation',
    asks(byProxy, { consents: [toConsent({ type: 'permit', actor: ['RelatedPerson/m'] })] }),
    'DENY proxy:no-delegation',
  ],
  [
    'Q22: what is restricted without a sensitivity code is not sensitive',
    asks(byProxy, keeps({ delegations, age: 14 }, { resource: { conf: 'R' } })),
    'PERMIT proxy',
  ],
  [
    'Q22: what is not labelled yet counts as sensitive',
    asks(byProxy, keeps({ delegations, age: 14 }, { resource: { conf: 'unclassified' } })),
    'DENY proxy:adolescent-sensitive',
  ],
  [
    'Q22: and as carrying what a delegation excludes',
    asks(
      byProxy,
      keeps(
        { delegations: [{ ...mother, excludedLabels: ['PSY'] }], age: 8 },
        { resource: { conf: 'unclassified' } },
      ),
    ),
    'DENY proxy:excluded',
  ],
  [
    'Q23: of several delegations one is enough',
    asks(
      byProxy,
      keeps(
        {
          delegations: [
            { ...mother, excludedLabels: ['SDV'] },
            { ...mother, kind: 'voluntary' },
          ],
          age: 8,
        },
        sdv,
      ),
    ),
    'PERMIT proxy',
  ],
  ...(['disclose', 'correct', 'use'] as const).map(
    (action): RuleRow => [`Q24: self access covers ${action}`, asks({ ...self, action }), 'PERMIT self'],
  ),
  [
    'Q25: the denies of a guardian’s consent stay after majority',
    keeps({
      consents: [open, dissent({}, { performer: 'RelatedPerson/m' })],
      delegations: [{ ...mother, status: 'ended' }],
      age: 40,
    }),
    'DENY consent:D',
  ],
  [
    'Q25: its permits for primary use rest 90 days after majority',
    keeps({ consents: [toConsent(grant, { performer: 'RelatedPerson/m' })], delegations, age: 19 }),
    'DENY default',
  ],
  ['Q26: break-glass refuses what two persons are in', asks(glass, both), 'DENY btg-single-patient'],
  [
    'Q27: break-glass needs a user',
    asks({ ...glass, actors: [{ ref: 'Organization/hospB', via: 'acting' }] }),
    'DENY btg-unattended',
  ],
  ['Q28: break-glass never opens V', asks(glass, of('V')), 'DENY btg-refused'],
  ['Q28: what is not labelled yet is not V', asks(glass, of('unclassified')), 'PERMIT btg'],
  [
    'Q29: the purpose that names may be inherited',
    asks(glass, {
      consents: [dissent({ purpose: ['ETREAT'], provision: [{ type: 'deny', class: ['Observation'] }] })],
    }),
    'DENY btg-refused',
  ],
  [
    'Q29: a deny beneath does not hide one that names (PT6)',
    asks(glass, {
      consents: [
        dissent({ purpose: ['ETREAT'], provision: [{ type: 'deny', purpose: ['TREAT'], label: ['N'] }] }),
      ],
    }),
    'DENY btg-refused',
  ],
  [
    'Q29: not the root of a grant, whose deny is weak (T4)',
    asks(glass, {
      consents: [
        toConsent(
          {
            type: 'deny',
            purpose: ['ETREAT'],
            provision: [
              { type: 'deny', purpose: ['TREAT'] },
              { type: 'permit', class: ['Condition'] },
            ],
          },
          { policyRule: 'OPTIN' },
        ),
      ],
    }),
    'PERMIT btg',
  ],
  [
    'Q29: only that of the rule that denied',
    asks(glass, {
      consents: [
        dissent({
          purpose: ['BTG'],
          class: ['Condition'],
          provision: [{ type: 'deny', purpose: ['TREAT'], class: ['Observation'] }],
        }),
      ],
    }),
    'PERMIT btg',
  ],
]

const op = acts('Organization/op')
const ngmi = (
  notice: string,
  request: Request = {},
  given: Question & { purpose?: string } = {},
): Question => ({
  ...given,
  request: { ...op, purpose: 'HRESCH', ...request },
  state: {
    consents: given.consents ?? [],
    admin: [
      {
        id: 'ngmi',
        kind: 'optout-secondary',
        purpose: given.purpose ?? 'HRESCH',
        operator: 'Organization/op',
        provider: A,
        days: 30,
        notices: { 'Patient/p1': notice },
      },
    ],
  },
})
const undelivered = { resource: { tags: ['UNDELIVERED'] } }
const law = { id: 'law', kind: 'statutory-permit', legalBasis: 'court' } as const

const ADMIN: readonly RuleRow[] = [
  ['Q30: at exactly 30 days a notice permits', ngmi('2026-03-02'), 'PERMIT admin:ngmi'],
  [
    'Q30: from the first second of that day in Tokyo',
    ngmi('2026-03-02', { time: '2026-03-31T15:00:00Z' }),
    'PERMIT admin:ngmi',
  ],
  ['Q30: and not a second earlier', ngmi('2026-03-02', { time: '2026-03-31T14:59:59Z' }), 'DENY default'],
  ['Q31: its purpose covers projects', ngmi('2026-03-02', { purpose: 'proj-alpha' }), 'PERMIT admin:ngmi'],
  ['Q31: not what is beside it', ngmi('2026-03-02', { purpose: 'PUBHLTH' }), 'DENY default'],
  ['Q31: nor what is above it', ngmi('2026-03-02', {}, { purpose: 'proj-alpha' }), 'DENY default'],
  ['Q32: it is for access', ngmi('2026-03-02', { action: 'access' }), 'PERMIT admin:ngmi'],
  ['Q32: and disclose', ngmi('2026-03-02', { action: 'disclose' }), 'PERMIT admin:ngmi'],
  ['Q32: never correct', ngmi('2026-03-02', { action: 'correct' }), 'DENY default'],
  ['Q32: it comes after C4', ngmi('2026-03-02', {}, { consents: [dissent()] }), 'DENY consent:D'],
  ['Q32: patient by patient', ngmi('2026-03-02', {}, both), 'DENY default'],
  [
    'Q32: where another person consents it is a ground beside',
    ngmi(
      '2026-03-02',
      {},
      {
        ...both,
        consents: [
          toConsent(
            { type: 'permit', actor: ['Organization/op'], purpose: ['HRESCH'] },
            { patient: 'Patient/p2' },
          ),
        ],
      },
    ),
    'PERMIT admin:ngmi,consent',
  ],
  [
    'Q33: UNDELIVERED is denied to those who have a consent',
    { ...undelivered, consents: [open] },
    'DENY hard:undelivered',
  ],
  ['Q33: to the person', asks(self, undelivered), 'DENY hard:undelivered'],
  ['Q33: to a proxy', asks(byProxy, keeps({ delegations, age: 8 }, undelivered)), 'DENY hard:undelivered'],
  ['Q33: to break-glass', asks(glass, undelivered), 'DENY hard:undelivered'],
  [
    'Q33: to a statutory permit',
    asks({ legalBasis: 'court' }, keeps({ admin: [law] }, undelivered)),
    'DENY hard:undelivered',
  ],
  ['Q33: not to its source', { actor: A, ...undelivered }, 'PERMIT own-data'],
  [
    'Q34: the implied HRESCH counts as an explicit purpose',
    asks({ purpose: 'HRESCH' }, { consents: [toConsent(grant, { scope: 'research' })] }),
    'PERMIT consent',
  ],
  [
    'Q35: UNINFORMED denies the person',
    asks(self, { resource: { tags: ['UNINFORMED'] } }),
    'DENY hard:uninformed',
  ],
  ['Q35: and nobody else', { resource: { tags: ['UNINFORMED'] }, consents: [open] }, 'PERMIT consent'],
]

const in2022 = { dataPeriod: { start: '2022', end: '2022' } }

const FORMAT: readonly RuleRow[] = [
  [
    'Q36: a year ends with its last instant in Tokyo',
    permit(in2022, { resource: { when: ['2022-12-31T23:59:59.999+09:00'] } }),
    'PERMIT consent',
  ],
  ['Q36: and not later', permit(in2022, { resource: { when: ['2022-12-31T15:00:00Z'] } }), 'DENY default'],
  [
    'Q36: a dateTime is exactly that instant',
    permit(
      { dataPeriod: { end: '2022-03-15T09:00:00+09:00' } },
      { resource: { when: ['2022-03-15T09:00:00+09:00'] } },
    ),
    'PERMIT consent',
  ],
  [
    'Q37: when: [d] is the closed interval of d',
    permit(in2022, { resource: { when: ['2022'] } }),
    'PERMIT consent',
  ],
  [
    'Q37: icd10| stands for its system',
    permit({ code: ['http://hl7.org/fhir/sid/icd-10|E11'] }, { resource: { code: ['icd10|E11'] } }),
    'PERMIT consent',
  ],
  [
    'Q37: a bare date is its first instant',
    permit({ period: { start: '2026-04-01' } }, asks({ time: '2026-04-01' })),
    'PERMIT consent',
  ],
  [
    'Q37: and no earlier',
    permit({ period: { end: '2026-03-31' } }, asks({ time: '2026-04-01' })),
    'DENY default',
  ],
  [
    'Q38: a consent makes no treating relation',
    permit({ purpose: ['TREAT'], class: ['Encounter'] }),
    'DENY default',
  ],
  [
    'Q40: another subject is asked by C4 to C7: silent',
    asks({ ...self, purpose: 'TREAT' }, both),
    'DENY default',
  ],
  [
    'Q40: permitting',
    asks({ ...self, purpose: 'TREAT' }, { ...both, consents: [openOfP2(['Patient/p1'])] }),
    'PERMIT self,consent',
  ],
  [
    'Q40: self access without a purpose is for PATRQT, of them too',
    asks({ ...self, purpose: undefined }, { ...both, consents: [openOfP2(['Patient/p1'])] }),
    'PERMIT self,consent',
  ],
  [
    'Q40: which is not TREAT',
    asks(
      { ...self, purpose: undefined },
      {
        ...both,
        consents: [
          toConsent({ type: 'permit', actor: ['Patient/p1'], purpose: ['TREAT'] }, { patient: 'Patient/p2' }),
        ],
      },
    ),
    'DENY default',
  ],
  [
    'Q40: dissenting',
    asks({ ...self, purpose: 'TREAT' }, { ...both, consents: [dissent({}, { patient: 'Patient/p2' })] }),
    'DENY consent:D',
  ],
  [
    'Q42: a refusal of C1 is a DENY',
    asks({ clientSuspended: true }, { consents: [open] }),
    'DENY hard:client',
  ],
  [
    'Q42: of nobody’s data a hard deny comes before a statutory permit',
    asks(
      { legalBasis: 'court' },
      keeps({ admin: [law, { id: 'dv', kind: 'hard-deny' }] }, { resource: { patients: [] } }),
    ),
    'DENY hard:dv',
  ],
  [
    'Q42: terminology is public before either',
    keeps({ admin: [{ id: 'dv', kind: 'hard-deny' }] }, { resource: { type: 'CodeSystem', patients: [] } }),
    'PERMIT public',
  ],
  [
    'Q43: of two active consents to one agreement both count',
    { consents: [open, dissent({ actor: B })] },
    'DENY consent:D',
  ],
  ...(
    [
      { purpose: ['NOSUCH'] },
      { label: ['NOSUCH'] },
      { action: ['nosuch'] },
      { class: ['NoSuch'] },
      {
        raw: {
          securityLabel: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'Q' }],
        },
      },
    ] as const
  ).map(
    (sketch): RuleRow => [
      `Q44: a code unknown to its system cannot be read: ${JSON.stringify(sketch)}`,
      { consents: [open, toConsent({ ...grant, ...sketch })] },
      UNREADABLE,
    ],
  ),
  [
    'Q45: PT3 is not for an unreadable OPTIN',
    { consents: [open, toConsent({ ...grant, role: 'CST' })] },
    UNREADABLE,
  ],
  ['Q45: PT8 is not for grounds that are no consents', ngmi('2026-03-01'), 'PERMIT admin:ngmi'],
]

checkRules(t, [...PERSON, ...ADMIN, ...FORMAT])
