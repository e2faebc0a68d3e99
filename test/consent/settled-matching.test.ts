// The settled questions Q01 to Q19, one by one (Q02 is retired): reading, matching, defaults. https://hl7.org/fhir/R4/consent.html
import t from 'tap'
import { checkRules, type Question, type RuleRow, type Sketch, toConsent } from '../support/consent.ts'
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
  open,
  permit,
  type Request,
  self,
  treating,
  UNREADABLE,
  unreadable,
} from '../support/settled.ts'

const READING: readonly RuleRow[] = [
  ['Q01: without organization and policy (A2) it is read all the same', permit({}, {}), 'PERMIT consent'],
  [
    'Q01: without dateTime and performer too',
    { consents: [toConsent(grant, { raw: { dateTime: undefined, performer: undefined } })] },
    'PERMIT consent',
  ],
  [
    'Q01: an old grant for secondary use that names no actor (A7) is no dissent',
    { consents: [open, toConsent({ type: 'permit', purpose: ['HRESCH'] })] },
    'PERMIT consent',
  ],
  [
    'Q01: more than 25 actors (A8) are read',
    permit({ actor: [...Array(40).keys()].map((n) => `Organization/${n}`).concat(B) }),
    'PERMIT consent',
  ],
  ['Q03: a treating organisation is a third party', keeps({ consents: [unreadable], treating }), UNREADABLE],
  ['Q03: the custodian is none', { actor: A, consents: [unreadable] }, 'PERMIT own-data'],
  ['Q03: nor the person', asks(self, { consents: [unreadable] }), 'PERMIT self'],
  ['Q03: nor a proxy', asks(byProxy, keeps({ consents: [unreadable], delegations, age: 8 })), 'PERMIT proxy'],
  [
    'Q04: an unreadable consent holds whatever its period says',
    { consents: [open, toConsent({ ...grant, period: { end: '2020' } }, { policyRule: 'NOPP' })] },
    UNREADABLE,
  ],
  [
    'Q05: its deny is generic: break-glass is above it',
    asks(glass, { consents: [unreadable] }),
    'PERMIT btg',
  ],
  [
    'Q06: of another scope it is ignored, unreadable or not',
    { consents: [open, toConsent(grant, { scope: 'treatment', policyRule: 'NOPP' })] },
    'PERMIT consent',
  ],
  [
    'Q06: of another scope a grant is ignored too',
    { consents: [toConsent(grant, { scope: 'adr' })] },
    'DENY default',
  ],
]

const psyR = { resource: { conf: 'R', sens: ['PSY'] } }
const of = (conf: string, ...sens: string[]): Question => ({ resource: { conf, sens } })
const over = (sketch: Sketch, given: Question): Question => ({ ...given, consents: [open, dissent(sketch)] })

const MATCHING: readonly RuleRow[] = [
  ['Q07: [R] does not open R with PSY', permit({ label: ['R'] }, psyR), 'DENY default'],
  ['Q07: [R, PSY] does', permit({ label: ['R', 'PSY'] }, psyR), 'PERMIT consent'],
  [
    'Q07: all labels listed open whatever the confidentiality',
    permit({ label: ['PSY'] }, of('V', 'PSY')),
    'PERMIT consent',
  ],
  [
    'Q07: without labels the confidentiality decides',
    permit({ label: ['N', 'PSY'] }, of('R')),
    'DENY default',
  ],
  ['Q08: [PSY] opens nothing that is not PSY', permit({ label: ['PSY'] }), 'DENY default'],
  [
    'Q09: a deny of SUD covers OPIOIDUD below it',
    over({ label: ['SUD'] }, of('R', 'OPIOIDUD')),
    'DENY consent:D',
  ],
  [
    'Q09: a deny of OPIOIDUD does not cover SUD',
    over({ label: ['OPIOIDUD'] }, of('R', 'SUD')),
    'PERMIT consent',
  ],
  [
    'Q09: a permit for SUD does not cover what is below',
    permit({ label: ['SUD'] }, of('R', 'OPIOIDUD')),
    'DENY default',
  ],
  [
    'Q10: an inherited label is compared in the sense of the rule that inherits it',
    {
      ...of('V'),
      consents: [
        open,
        toConsent({ ...grant, label: ['R'], provision: [{ type: 'deny', class: ['Observation'] }] }),
      ],
    },
    'DENY consent:K',
  ],
  [
    'Q10: an inherited actor too: in a deny an affiliation counts',
    {
      ...asks({
        actors: [
          { ref: 'Organization/hospC', via: 'acting' },
          { ref: 'Organization/hospB', via: 'affil' },
        ],
      }),
      consents: [
        toConsent({ type: 'permit', actor: ['Organization/hospC'] }, { id: 'OPEN' }),
        toConsent({ ...grant, provision: [{ type: 'deny', class: ['Observation'] }] }),
      ],
    },
    'DENY consent:K',
  ],
  [
    'Q11: a permit for HOPERAT is for HOPERAT',
    permit({ purpose: ['HOPERAT'] }, asks({ purpose: 'HOPERAT' })),
    'PERMIT consent',
  ],
  [
    'Q11: and nothing below it',
    permit({ purpose: ['HOPERAT'] }, asks({ purpose: 'HLEGAL' })),
    'DENY default',
  ],
  [
    'Q11: a deny covers what is below',
    over({ purpose: ['HOPERAT'] }, asks({ purpose: 'HLEGAL' })),
    'DENY consent:D',
  ],
  ...[
    'HRESCH',
    'CLINTRCH',
    'PUBHLTH',
    'DISASTER',
    'HMARKT',
    'MARKT',
    'CLINTRL',
    'POPHLTH',
    'TRAIN',
    'HQUALIMP',
    'proj-beta',
  ].flatMap((purpose): RuleRow[] => [
    [`Q12: ${purpose} is secondary`, permit({}, asks({ purpose })), 'DENY default'],
    [
      `Q12: a permit may name ${purpose}`,
      permit({ purpose: [purpose] }, asks({ purpose })),
      'PERMIT consent',
    ],
  ]),
  ...['TREAT', 'ERTREAT', 'COC', 'HPAYMT', 'COVAUTH', 'HOPERAT', 'HLEGAL', 'PATRQT', 'FAMRQT'].map(
    (purpose): RuleRow => [`Q12: ${purpose} is primary`, permit({}, asks({ purpose })), 'PERMIT consent'],
  ),
  ...['PurposeOfUse', 'NOSUCH', '_ActHealthInformationManagementReason'].map(
    (purpose): RuleRow => [
      `Q12: ${purpose} may not be asked for`,
      permit({}, asks({ purpose })),
      'DENY purpose',
    ],
  ),
  ...(['disclose', 'correct'] as const).map(
    (action): RuleRow => [
      `Q13: access is not ${action}`,
      permit({ action: ['access'] }, asks({ action })),
      'DENY default',
    ],
  ),
  ['Q13: use is not access', permit({ action: ['use'] }), 'DENY default'],
  [
    'Q13: a deny of access is not one of disclose',
    over({ action: ['access'] }, asks({ action: 'disclose' })),
    'PERMIT consent',
  ],
  [
    'Q14: a deny reaches whatever is part of it, however deep',
    {
      actor: 'Organization/c',
      ...keeps({
        consents: [
          toConsent({ type: 'permit', actor: ['Organization/c'] }, { id: 'OPEN' }),
          dissent({ actor: ['Organization/a'] }),
        ],
        partOf: { 'Organization/c': 'Organization/b', 'Organization/b': 'Organization/a' },
      }),
    },
    'DENY consent:D',
  ],
  [
    'Q14: a circle of organisations ends',
    keeps({
      consents: [open],
      partOf: { 'Organization/hospB': 'Organization/x', 'Organization/x': 'Organization/hospB' },
    }),
    'PERMIT consent',
  ],
  [
    'Q15: a RelatedPerson as actor matches by reference',
    permit({ actor: ['RelatedPerson/m'] }, asks({ actors: [{ ref: 'RelatedPerson/m', via: 'user' }] })),
    'PERMIT consent',
  ],
  [
    'Q15: a Patient too',
    permit({ actor: ['Patient/p9'] }, asks({ actors: [{ ref: 'Patient/p9', via: 'user' }] })),
    'PERMIT consent',
  ],
  [
    'Q15: a permit without actor matches any requester',
    permit({ actor: undefined }, asks({ actors: [{ ref: 'RelatedPerson/m', via: 'user' }] })),
    'PERMIT consent',
  ],
  ...(['related', 'dependents'] as const).flatMap((meaning): RuleRow[] => [
    [
      `Q16: a permit for ${meaning} includes the instance`,
      permit({ data: [[meaning, 'Observation/o1']] }),
      'PERMIT consent',
    ],
    [
      `Q16: a deny of ${meaning} includes the instance`,
      over({ data: [[meaning, 'Observation/o1']] }, {}),
      'DENY consent:D',
    ],
    [
      `Q16: a deny of ${meaning} covers both directions`,
      over({ data: [[meaning, 'Condition/c']] }, { resource: { refBy: ['Condition/c'] } }),
      'DENY consent:D',
    ],
  ]),
]

const custodian = (request: Request): Question => ({ actor: A, request: { ...acts(A), ...request } })

const DEFAULTS: readonly RuleRow[] = [
  ['Q17: D1 is for no purpose below those it lists', custodian({ purpose: 'COVAUTH' }), 'DENY default'],
  ['Q17: D2 neither', asks({ purpose: 'ETREAT' }, keeps({ treating })), 'DENY default'],
  ...(['access', 'disclose', 'correct'] as const).map(
    (action): RuleRow => [`Q18: D1 grants ${action}`, custodian({ action }), 'PERMIT own-data'],
  ),
  ['Q18: D1 grants nothing else', custodian({ action: 'collect' }), 'DENY default'],
  ['Q18: D2 does not grant correct', asks({ action: 'correct' }, keeps({ treating })), 'DENY default'],
  [
    'Q19: with D5 off an unreadable consent stops no default',
    keeps({ consents: [unreadable], treating, config: { dissentOverDefaults: false } }),
    'PERMIT treating',
  ],
]

checkRules(t, [...READING, ...MATCHING, ...DEFAULTS])
