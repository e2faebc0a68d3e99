// Rules M1 to M17: when a provision speaks of a request and a resource; a permit narrowly, a deny widely. https://hl7.org/fhir/R4/consent.html
import t from 'tap'
import type { Vector } from '../../conformance/consent/vector.ts'
import { checkRules, type Question, type RuleRow, type Sketch, toConsent } from '../support/consent.ts'

const B = ['Organization/hospB']
const grant: Sketch = { type: 'permit', actor: B }
const open = toConsent(grant, { id: 'OPEN' })

/** Only this permit, and the resource or request it is asked about. */
const permit = (sketch: Sketch, given: Question = {}): Question => ({
  ...given,
  consents: [toConsent({ ...grant, ...sketch })],
})
/** An open grant beside this dissent. */
const deny = (sketch: Sketch, given: Question = {}): Question => ({
  ...given,
  consents: [open, toConsent({ type: 'deny', ...sketch }, { id: 'D' })],
})
const of = (resource: Partial<Vector['resource']>): Question => ({ resource })
const asks = (request: Partial<Vector['request']>): Question => ({ request })
const by = (...actors: { ref: string; via: 'user' | 'acting' | 'affil' | 'group' | 'client' }[]) =>
  asks({ actors })
const partOf = { 'Organization/ward': 'Organization/hospB', 'Organization/hospB': 'Organization/corp' }

const PERMIT = 'PERMIT consent'
const NONE = 'DENY default'
const DENY = 'DENY consent:D'

const REQUEST: readonly RuleRow[] = [
  ['M1: all dimensions must match', permit({ class: ['Observation'], code: ['http://loinc.org|1'] }), NONE],
  ['M1: of one dimension any value', permit({ class: ['Condition', 'Observation'] }), PERMIT],
  ...(
    [
      { actor: ['Organization/hospC', 'Organization/hospB'] },
      { purpose: ['HPAYMT', 'TREAT'] },
      { action: ['disclose', 'access'] },
      { code: ['http://loinc.org|1', 'http://loinc.org|718-7'] },
      { label: ['PSY', 'N'] },
      {
        data: [
          ['instance', 'Observation/o2'],
          ['authoredby', 'Practitioner/dr1'],
        ],
      },
    ] as const
  ).flatMap((sketch): RuleRow[] => [
    [`M1: of one dimension any value: ${JSON.stringify(sketch)}`, permit(sketch), PERMIT],
    [`M1: in a deny too: ${JSON.stringify(sketch)}`, deny(sketch), DENY],
  ]),
  ['M2: a permit without actor is for any actor', permit({ actor: undefined }), PERMIT],
  [
    'M2: but never for a secondary purpose, even one that is named',
    permit({ actor: undefined, purpose: ['HRESCH'] }, asks({ purpose: 'HRESCH' })),
    NONE,
  ],
  ['M2: a deny without actor is against everyone', deny({}), DENY],
  ['M2: except the person', deny({}, asks({ self: 'Patient/p1', purpose: 'PATRQT' })), 'PERMIT self'],
  [
    'M2: and their proxies',
    {
      ...deny({}, asks({ proxyFor: 'Patient/p1', actors: [{ ref: 'RelatedPerson/m', via: 'user' }] })),
      state: {
        consents: [open, toConsent({ type: 'deny' }, { id: 'D' })],
        delegations: [
          { patient: 'Patient/p1', proxy: 'RelatedPerson/m', status: 'active', kind: 'voluntary' },
        ],
      },
    },
    'PERMIT proxy',
  ],
  [
    'M3: whoever else the requester is',
    permit(
      {},
      by(
        { ref: 'Organization/hospB', via: 'acting' },
        { ref: 'Organization/hospC', via: 'affil' },
        { ref: 'Practitioner/1', via: 'user' },
      ),
    ),
    PERMIT,
  ],
  ['M3: a permit is for the organisation acted for', permit({}), PERMIT],
  [
    'M3: never for another affiliation of the user',
    permit({}, by({ ref: 'Organization/hospC', via: 'acting' }, { ref: 'Organization/hospB', via: 'affil' })),
    NONE,
  ],
  [
    'M3: nor for what is part of it',
    { ...permit({}), actor: 'Organization/ward', state: { consents: [toConsent(grant)], partOf } },
    NONE,
  ],
  [
    'M3: a deny is against an affiliation too',
    deny(
      { actor: ['Organization/hospC'] },
      by({ ref: 'Organization/hospB', via: 'acting' }, { ref: 'Organization/hospC', via: 'affil' }),
    ),
    DENY,
  ],
  [
    'M3: and against what is part of the organisation',
    {
      state: {
        consents: [open, toConsent({ type: 'deny', actor: ['Organization/corp'] }, { id: 'D' })],
        partOf,
      },
    },
    DENY,
  ],
  [
    'M3: not against what the organisation is part of',
    {
      state: {
        consents: [open, toConsent({ type: 'deny', actor: ['Organization/ward'] }, { id: 'D' })],
        partOf,
      },
    },
    PERMIT,
  ],
  ...(
    [
      ['Practitioner/1', 'user'],
      ['PractitionerRole/1', 'user'],
      ['Group/1', 'group'],
      ['CareTeam/1', 'group'],
      ['Device/1', 'client'],
    ] as const
  ).flatMap(([ref, via]): RuleRow[] => [
    [`M4: ${ref} matches by reference`, permit({ actor: [ref] }, by({ ref, via })), PERMIT],
    [
      `M4: a deny of ${ref} too`,
      deny({ actor: [ref] }, by({ ref: 'Organization/hospB', via: 'acting' }, { ref, via })),
      DENY,
    ],
    [`M4: another than ${ref} does not`, permit({ actor: [ref] }, by({ ref: `${ref}2`, via })), NONE],
  ]),
  ['M5: without action a permit is for all of them', permit({}, asks({ action: 'disclose' })), PERMIT],
  ['M5: access does not imply disclose', permit({ action: ['access'] }, asks({ action: 'disclose' })), NONE],
  ['M5: without action a deny is of all of them', deny({}, asks({ action: 'correct' })), DENY],
  ['M6: a permit covers the purpose itself', permit({ purpose: ['TREAT'] }), PERMIT],
  ['M6: and those below it', permit({ purpose: ['TREAT'] }, asks({ purpose: 'ETREAT' })), PERMIT],
  ['M6: not those above it', permit({ purpose: ['ETREAT'] }), NONE],
  ['M6: a project is below HRESCH', permit({ purpose: ['HRESCH'] }, asks({ purpose: 'proj-beta' })), PERMIT],
  ...['CLINTRL', 'POPHLTH', 'TRAIN'].map(
    (purpose): RuleRow => [
      `M6: a permit for PurposeOfUse stops at ${purpose}`,
      permit({ purpose: ['PurposeOfUse'] }, asks({ purpose })),
      NONE,
    ],
  ),
  [
    'M6: a barrier that is named is permitted',
    permit({ purpose: ['CLINTRL'] }, asks({ purpose: 'CLINTRL' })),
    PERMIT,
  ],
  [
    'M6: a deny knows no barrier',
    {
      ...asks({ purpose: 'CLINTRL' }),
      consents: [
        toConsent({ ...grant, purpose: ['CLINTRL'] }),
        toConsent({ type: 'deny', purpose: ['TREAT'] }, { id: 'D' }),
      ],
    },
    DENY,
  ],
  ['M7: a permit without purpose is for primary use', permit({}, asks({ purpose: 'HPAYMT' })), PERMIT],
  ['M7: never for secondary use', permit({}, asks({ purpose: 'HMARKT' })), NONE],
  [
    'M7: a deny without purpose is of all use',
    {
      ...asks({ purpose: 'HRESCH' }),
      consents: [toConsent({ ...grant, purpose: ['HRESCH'] }), toConsent({ type: 'deny' }, { id: 'D' })],
    },
    DENY,
  ],
]

const profiles = { facets: { profiles: ['http://example.org/p'] } }

const CLASS_AND_CODE: readonly RuleRow[] = [
  ['M8: a permit is for exactly that type', permit({ class: ['Condition'] }), NONE],
  [
    'M8: not for what only holds it',
    permit({ class: ['Condition'] }, { facets: { holds: ['Condition'] } }),
    NONE,
  ],
  ['M8: a profile that is claimed', permit({ class: ['http://example.org/p'] }, profiles), PERMIT],
  [
    'M8: one of several that are claimed',
    permit(
      { class: ['http://example.org/p'] },
      { facets: { profiles: ['http://example.org/p', 'http://example.org/q'] } },
    ),
    PERMIT,
  ],
  ['M8: another profile is not', permit({ class: ['http://example.org/other'] }, profiles), NONE],
  [
    'M8: a claim of one version is a claim of the profile',
    permit({ class: ['http://example.org/p'] }, { facets: { profiles: ['http://example.org/p|2.0'] } }),
    PERMIT,
  ],
  [
    'M8: a deny also of what holds the type',
    deny({ class: ['Condition'] }, { facets: { holds: ['Condition'] } }),
    DENY,
  ],
  ['M8: a deny of another type is not', deny({ class: ['Condition'] }), PERMIT],
  ['M9: a permit looks at the primary code', permit({ code: ['http://loinc.org|718-7'] }), PERMIT],
  [
    'M9: never at other codings',
    permit({ code: ['http://loinc.org|2'] }, of({ anyCodes: ['loinc|2'] })),
    NONE,
  ],
  [
    'M9: a deny looks at every coding',
    deny({ code: ['http://loinc.org|2'] }, of({ anyCodes: ['loinc|2'] })),
    DENY,
  ],
  ['M9: of the same system', deny({ code: ['urn:other|718-7'] }), PERMIT],
]

const period2022 = { start: '2022-01-01', end: '2022-12-31' }

const LABELS: readonly RuleRow[] = [
  ['M10: a permit for R opens N', permit({ label: ['R'] }), PERMIT],
  ['M10: a permit for N opens N', permit({ label: ['N'] }), PERMIT],
  ['M10: a permit for N does not open R', permit({ label: ['N'] }, of({ conf: 'R' })), NONE],
  ['M10: a permit for U does not open L', permit({ label: ['U'] }, of({ conf: 'L' })), NONE],
  ['M11: a deny of R covers V', deny({ label: ['R'] }, of({ conf: 'V' })), DENY],
  ['M11: a deny of R covers R', deny({ label: ['R'] }, of({ conf: 'R' })), DENY],
  ['M11: a deny of R leaves N', deny({ label: ['R'] }), PERMIT],
  [
    'M12: a deny of one label of several',
    deny({ label: ['PSY'] }, of({ conf: 'R', sens: ['HIV', 'PSY'] })),
    DENY,
  ],
  [
    'M12: a permit needs all of them',
    permit({ label: ['PSY'] }, of({ conf: 'R', sens: ['HIV', 'PSY'] })),
    NONE,
  ],
  [
    'M12: all of them listed',
    permit({ label: ['PSY', 'HIV'] }, of({ conf: 'R', sens: ['HIV', 'PSY'] })),
    PERMIT,
  ],
  ['M12: R alone does not open R with PSY', permit({ label: ['R'] }, of({ conf: 'R', sens: ['PSY'] })), NONE],
  [
    'M12: in a deny the two kinds are OR-ed',
    deny({ label: ['V', 'PSY'] }, of({ conf: 'R', sens: ['PSY'] })),
    DENY,
  ],
  ['M12: in a permit too', permit({ label: ['N', 'PSY'] }), PERMIT],
  [
    'M13: not yet labelled: a permit by label opens nothing',
    permit({ label: ['V'] }, of({ conf: 'unclassified' })),
    NONE,
  ],
  ['M13: a deny by label covers it', deny({ label: ['PSY'] }, of({ conf: 'unclassified' })), DENY],
  ['M13: a permit without label opens it', permit({}, of({ conf: 'unclassified' })), PERMIT],
]

const TIME: readonly RuleRow[] = [
  [
    'M14: a permit contains the interval',
    permit({ dataPeriod: period2022 }, of({ when: ['2022-03'] })),
    PERMIT,
  ],
  ['M14: to its very ends', permit({ dataPeriod: period2022 }, of({ when: ['2022'] })), PERMIT],
  [
    'M14: one that straddles it is not contained',
    permit({ dataPeriod: period2022 }, of({ when: ['2021-12-31', '2022-01-02'] })),
    NONE,
  ],
  [
    'M14: a deny is of what overlaps',
    deny({ dataPeriod: period2022 }, of({ when: ['2021-12-31', '2022-01-02'] })),
    DENY,
  ],
  [
    'M14: not of what only comes near',
    deny({ dataPeriod: period2022 }, of({ when: ['2021-12-31'] })),
    PERMIT,
  ],
  ['M14: undated: no permit', permit({ dataPeriod: period2022 }, of({ when: [] })), NONE],
  ['M14: undated: a deny', deny({ dataPeriod: period2022 }, of({ when: [] })), DENY],
  ...[{ start: '2022-03-15T09:00:00+09:00' }, { end: '2022-03-15T09:00:00+09:00' }].map(
    (dataPeriod): RuleRow => [
      `M14: one instant in common is an overlap: ${JSON.stringify(dataPeriod)}`,
      deny({ dataPeriod }, of({ when: ['2022-03-15T09:00:00+09:00'] })),
      DENY,
    ],
  ),
  [
    'M14: days are those of Tokyo',
    deny({ dataPeriod: period2022 }, of({ when: ['2022-12-31T15:00:00Z'] })),
    PERMIT,
  ],
]

const DATA: readonly RuleRow[] = [
  ['M15: the instance itself', permit({ data: [['instance', 'Observation/o1']] }), PERMIT],
  ['M15: any version of it', permit({ data: [['instance', 'Observation/o1/_history/2']] }), PERMIT],
  ['M15: not the same id of another type', permit({ data: [['instance', 'Condition/o1']] }), NONE],
  ['M15: nor another instance', deny({ data: [['instance', 'Observation/o2']] }), PERMIT],
  [
    'M16: a permit for related covers what the instance refers to',
    permit({ data: [['related', 'DiagnosticReport/r']] }, of({ refBy: ['DiagnosticReport/r'] })),
    PERMIT,
  ],
  [
    'M16: not what refers to it',
    permit({ data: [['related', 'Observation/x']] }, of({ refs: ['Observation/x'] })),
    NONE,
  ],
  ...['Encounter/e', 'EpisodeOfCare/e', 'CarePlan/e'].map(
    (ref): RuleRow => [
      `M16: except where that is ${ref} (K2)`,
      permit({ data: [['related', ref]] }, of({ refs: [ref] })),
      PERMIT,
    ],
  ),
  [
    'M16: a permit for dependents covers what refers to the instance',
    permit({ data: [['dependents', 'Observation/x']] }, of({ refs: ['Observation/x'] })),
    PERMIT,
  ],
  [
    'M16: not what the instance refers to',
    permit({ data: [['dependents', 'DiagnosticReport/r']] }, of({ refBy: ['DiagnosticReport/r'] })),
    NONE,
  ],
  ...(['related', 'dependents'] as const).flatMap((meaning): RuleRow[] => [
    [
      `M16: a deny of ${meaning} covers what refers to it`,
      deny({ data: [[meaning, 'Condition/x']] }, of({ refs: ['Condition/x'] })),
      DENY,
    ],
    [
      `M16: a deny of ${meaning} covers what it refers to`,
      deny({ data: [[meaning, 'Condition/x']] }, of({ refBy: ['Condition/x'] })),
      DENY,
    ],
  ]),
  ['M17: a permit by author', permit({ data: [['authoredby', 'Practitioner/dr1']] }), PERMIT],
  ['M17: never by source institution', permit({ data: [['authoredby', 'Organization/hospA']] }), NONE],
  ['M17: a deny by author', deny({ data: [['authoredby', 'Practitioner/dr1']] }), DENY],
  ['M17: a deny by source institution', deny({ data: [['authoredby', 'Organization/hospA']] }), DENY],
  [
    'M17: a deny by what the source institution is part of',
    {
      ...of({ sourceOrg: 'Organization/ward' }),
      state: {
        consents: [
          open,
          toConsent({ type: 'deny', data: [['authoredby', 'Organization/corp']] }, { id: 'D' }),
        ],
        partOf,
      },
    },
    DENY,
  ],
  ['M17: not by another institution', deny({ data: [['authoredby', 'Organization/hospX']] }), PERMIT],
]

checkRules(t, [...REQUEST, ...CLASS_AND_CODE, ...LABELS, ...TIME, ...DATA])
