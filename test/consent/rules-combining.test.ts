// Rules T1 to T5, C0 to C7 and D1 to D5: inside one consent, across them, and where they are silent. https://hl7.org/fhir/R4/consent.html
import t from 'tap'
import type { Vector } from '../../conformance/consent/vector.ts'
import { checkRules, type Question, type RuleRow, type Sketch, toConsent } from '../support/consent.ts'

const B = ['Organization/hospB']
const grant: Sketch = { type: 'permit', actor: B }
const open = toConsent(grant, { id: 'OPEN' })
const dissent = toConsent({ type: 'deny' }, { id: 'D' })
const alone = (sketch: Sketch, given: Question = {}): Question => ({
  ...given,
  consents: [toConsent(sketch)],
})
const psy = { resource: { conf: 'R', sens: ['PSY'] } }

const INSIDE: readonly RuleRow[] = [
  [
    'T1: children are evaluated though their parent does not match',
    alone({ ...grant, purpose: ['HPAYMT'], provision: [{ type: 'permit', purpose: ['TREAT'] }] }),
    'PERMIT consent',
  ],
  [
    'T1: a child that does not apply leaves it to its parent',
    alone({ ...grant, provision: [{ type: 'deny', class: ['Condition'] }] }),
    'PERMIT consent',
  ],
  [
    'T1: where no rule matches the consent says nothing',
    alone({ ...grant, class: ['Condition'] }),
    'DENY default',
  ],
  [
    'T2: the deepest rule wins: an exception',
    alone({ ...grant, provision: [{ type: 'deny', label: ['PSY'] }] }, psy),
    'DENY consent:K',
  ],
  [
    'T2: and an exception to the exception',
    alone(
      {
        ...grant,
        provision: [
          { type: 'deny', label: ['PSY'], provision: [{ type: 'permit', code: ['http://loinc.org|718-7'] }] },
        ],
      },
      psy,
    ),
    'PERMIT consent',
  ],
  [
    'T3: between siblings deny overrides',
    alone(
      {
        ...grant,
        provision: [
          { type: 'permit', class: ['Observation'] },
          { type: 'deny', label: ['PSY'] },
        ],
      },
      psy,
    ),
    'DENY consent:K',
  ],
  [
    'T3: in either order',
    alone(
      {
        ...grant,
        provision: [
          { type: 'deny', label: ['PSY'] },
          { type: 'permit', class: ['Observation'] },
        ],
      },
      psy,
    ),
    'DENY consent:K',
  ],
  [
    'T4: the root of a grant that denies does not veto other grants',
    {
      consents: [
        open,
        toConsent({ type: 'deny', provision: [{ ...grant, class: ['Condition'] }] }, { policyRule: 'OPTIN' }),
      ],
    },
    'PERMIT consent',
  ],
  [
    'T5: the root of a dissent does',
    { consents: [open, toConsent({ type: 'deny', provision: [{ ...grant, class: ['Condition'] }] })] },
    'DENY consent:K',
  ],
  [
    'T5: and so does any nested deny of a grant',
    { consents: [open, toConsent({ ...grant, provision: [{ type: 'deny', class: ['Observation'] }] })] },
    'DENY consent:K',
  ],
]

const asks = (request: Partial<Vector['request']>, given: Question = {}): Question => ({ ...given, request })
const admin = (policies: NonNullable<Vector['state']['admin']>, given: Question = {}): Question => ({
  ...given,
  state: { consents: given.consents ?? [], admin: policies },
})
const block = { id: 'block', kind: 'hard-deny', actor: 'Organization/hospB' } as const
const law = { id: 'law', kind: 'statutory-permit', legalBasis: 'court' } as const
const user = { ref: 'Practitioner/dr', via: 'user' } as const
const emergency = {
  purpose: 'BTG',
  elevation: {},
  actors: [{ ref: 'Organization/hospB', via: 'acting' }, user],
} as const
const both = { patients: ['Patient/p1', 'Patient/p2'] }
const openOfP2 = toConsent(grant, { id: 'OPEN2', patient: 'Patient/p2' })

const ACROSS: readonly RuleRow[] = [
  ['C1: a suspended client', asks({ clientSuspended: true }, { consents: [open] }), 'DENY hard:client'],
  ['C1: no purpose', asks({ purpose: undefined }, { consents: [open] }), 'DENY purpose'],
  ['C1: a purpose that nobody knows', asks({ purpose: 'WHATEVER' }, { consents: [open] }), 'DENY purpose'],
  [
    'C1: break-glass without elevation',
    asks({ purpose: 'BTG' }, { consents: [open] }),
    'DENY btg-not-elevated',
  ],
  [
    'C2: nobody’s data is denied by default',
    { resource: { patients: [] }, consents: [open] },
    'DENY default',
  ],
  [
    'C2: not even to its custodian',
    { actor: 'Organization/hospA', resource: { patients: [] } },
    'DENY default',
  ],
  ['C2: terminology is public', { resource: { type: 'ValueSet', patients: [] } }, 'PERMIT public'],
  [
    'C2: a conformance resource is public',
    { resource: { type: 'CapabilityStatement', patients: [] } },
    'PERMIT public',
  ],
  [
    'C2: nobody’s data by statute',
    admin([law], asks({ legalBasis: 'court' }, { resource: { patients: [] } })),
    'PERMIT statutory:law',
  ],
  [
    'C3a: the person, whatever is refused',
    asks({ self: 'Patient/p1' }, { consents: [dissent] }),
    'PERMIT self',
  ],
  [
    'C3a: who is not among the subjects is not the person',
    admin([block], asks({ self: 'Patient/p9' }, { consents: [open] })),
    'DENY hard:block',
  ],
  [
    'C3a: and needs a purpose',
    asks({ self: 'Patient/p9', purpose: undefined }, { consents: [open] }),
    'DENY purpose',
  ],
  ['C3b: a hard deny is above a permit', admin([block], { consents: [open] }), 'DENY hard:block'],
  [
    'C3b: above what is the custodian’s own',
    admin([{ ...block, actor: 'Organization/hospA' }], { actor: 'Organization/hospA' }),
    'DENY hard:block',
  ],
  ['C3b: above a statutory permit', admin([law, block], asks({ legalBasis: 'court' })), 'DENY hard:block'],
  ['C3b: above break-glass', admin([block], asks(emergency)), 'DENY hard:block'],
  [
    'C3b: against another actor it is nothing',
    admin([{ ...block, actor: 'Organization/hospC' }], { consents: [open] }),
    'PERMIT consent',
  ],
  [
    'C3b: for another person it is nothing',
    admin([{ ...block, patient: 'Patient/p2' }], { consents: [open] }),
    'PERMIT consent',
  ],
  [
    'C3b: for one of several subjects it holds',
    admin([{ ...block, patient: 'Patient/p2' }], { resource: both, consents: [open, openOfP2] }),
    'DENY hard:block',
  ],
  [
    'C3b: for a purpose it covers those below',
    admin([{ ...block, purpose: 'TREAT' }], asks({ purpose: 'ETREAT' }, { consents: [open] })),
    'DENY hard:block',
  ],
  [
    'C3b: for another purpose it is nothing',
    admin([{ ...block, purpose: 'HRESCH' }], { consents: [open] }),
    'PERMIT consent',
  ],
  [
    'C3b: its purpose matches as in a deny, across barriers',
    admin([{ ...block, purpose: 'TREAT' }], asks({ purpose: 'CLINTRL' })),
    'DENY hard:block',
  ],
  [
    'C3b: its actor matches as in a deny, by affiliation',
    admin(
      [{ ...block, actor: 'Organization/hospC' }],
      asks(
        {
          actors: [
            { ref: 'Organization/hospB', via: 'acting' },
            { ref: 'Organization/hospC', via: 'affil' },
          ],
        },
        { consents: [open] },
      ),
    ),
    'DENY hard:block',
  ],
  [
    'C3c: of that person',
    admin([{ ...law, patient: 'Patient/p1' }], asks({ legalBasis: 'court' })),
    'PERMIT statutory:law',
  ],
  [
    'C3c: not of another',
    admin([{ ...law, patient: 'Patient/p2' }], asks({ legalBasis: 'court' })),
    'DENY default',
  ],
  [
    'C3c: of anybody where it names nobody',
    admin([law], asks({ legalBasis: 'court' }, { resource: both })),
    'PERMIT statutory:law',
  ],
  [
    'C3c: a statutory permit is above a dissent',
    admin([law], asks({ legalBasis: 'court' }, { consents: [dissent] })),
    'PERMIT statutory:law',
  ],
  ['C3c: only on its own legal basis', admin([law], asks({ legalBasis: 'health' })), 'DENY default'],
  ['C3c: never without one', admin([law]), 'DENY default'],
  [
    'C3c: of one person only that person alone',
    admin([{ ...law, patient: 'Patient/p1' }], asks({ legalBasis: 'court' }, { resource: both })),
    'DENY default',
  ],
  [
    'C3c: its actor matches as in a permit',
    admin(
      [{ ...law, actor: 'Organization/hospC' }],
      asks({
        legalBasis: 'court',
        actors: [
          { ref: 'Organization/hospB', via: 'acting' },
          { ref: 'Organization/hospC', via: 'affil' },
        ],
      }),
    ),
    'DENY default',
  ],
  ['C3d: break-glass is above a dissent', asks(emergency, { consents: [dissent] }), 'PERMIT btg'],
  [
    'C3d: but below a statutory permit',
    admin([law], asks({ ...emergency, legalBasis: 'court' })),
    'PERMIT statutory:law',
  ],
  ['C4: one strong deny denies', { consents: [open, dissent] }, 'DENY consent:D'],
  [
    'C4: of any of the persons',
    {
      resource: both,
      consents: [open, openOfP2, toConsent({ type: 'deny' }, { id: 'D', patient: 'Patient/p2' })],
    },
    'DENY consent:D',
  ],
  [
    'C4: where another person is silent',
    { resource: both, consents: [toConsent({ type: 'deny' }, { id: 'D', patient: 'Patient/p2' })] },
    'DENY consent:D',
  ],
  ['C5: the order of consents is nothing', { consents: [dissent, open] }, 'DENY consent:D'],
  ['C6: every person must permit', { resource: both, consents: [open] }, 'DENY default'],
  ['C6: every person does', { resource: both, consents: [open, openOfP2] }, 'PERMIT consent,consent'],
  [
    'C6: by a consent or by a default',
    {
      resource: both,
      state: { consents: [open], treating: [{ patient: 'Patient/p2', organization: 'Organization/hospB' }] },
    },
    'PERMIT consent,treating',
  ],
  ['C7: otherwise it is denied', {}, 'DENY default'],
]

const own = (given: Question = {}): Question => ({ actor: 'Organization/hospA', ...given })
const treating = (
  given: Question = {},
  more: { period?: { start?: string; end?: string }; config?: Vector['state']['config'] } = {},
): Question => ({
  ...given,
  state: {
    consents: given.consents ?? [],
    treating: [{ patient: 'Patient/p1', organization: 'Organization/hospB', period: more.period }],
    config: more.config ?? {},
  },
})
const switched = (config: Vector['state']['config'], given: Question): Question => ({
  ...given,
  state: { consents: given.consents ?? [], config },
})

const DEFAULTS: readonly RuleRow[] = [
  ...['TREAT', 'ETREAT', 'ERTREAT', 'COC', 'HPAYMT', 'HOPERAT'].map(
    (purpose): RuleRow => [
      `D1: the custodian has its own data for ${purpose}`,
      own(asks({ purpose, actors: [{ ref: 'Organization/hospA', via: 'acting' }] })),
      'PERMIT own-data',
    ],
  ),
  [
    'D1: not where it is only an affiliation',
    asks({ actors: [{ ref: 'Organization/hospA', via: 'affil' }] }),
    'DENY default',
  ],
  ['D1: the switch turns it off', switched({ ownDataPermit: false }, own()), 'DENY default'],
  ['D2: a treating organisation reads for treatment', treating(), 'PERMIT treating'],
  ['D2: for nothing else', treating(asks({ purpose: 'HPAYMT' })), 'DENY default'],
  [
    'D2: within the period of the relation',
    treating({}, { period: { end: '2026-04-01' } }),
    'PERMIT treating',
  ],
  ['D2: not after it', treating({}, { period: { end: '2026-03-31' } }), 'DENY default'],
  ['D2: the switch turns it off', treating({}, { config: { treatingPermit: false } }), 'DENY default'],
  ['D3: third parties have nothing by default', asks({ purpose: 'HPAYMT' }), 'DENY default'],
  [
    'D3: nobody has anything for a secondary purpose',
    own(asks({ purpose: 'HRESCH', actors: [{ ref: 'Organization/hospA', via: 'acting' }] })),
    'DENY default',
  ],
  [
    'D4: no default lets another organisation disclose',
    treating(asks({ action: 'disclose' })),
    'DENY default',
  ],
  ['D5: a dissent also stops the custodian', own({ consents: [dissent] }), 'DENY consent:D'],
  ['D5: and a treating organisation', treating({ consents: [dissent] }), 'DENY consent:D'],
  [
    'D5: unless the switch is off: the custodian',
    switched({ dissentOverDefaults: false }, own({ consents: [dissent] })),
    'PERMIT own-data',
  ],
  [
    'D5: unless the switch is off: a treating organisation',
    treating({ consents: [dissent] }, { config: { dissentOverDefaults: false } }),
    'PERMIT treating',
  ],
  [
    'D5: then still for all others',
    switched({ dissentOverDefaults: false }, { consents: [open, dissent] }),
    'DENY consent:D',
  ],
]

checkRules(t, [...INSIDE, ...ACROSS, ...DEFAULTS])
