// Rules A3 to A6, N1 to N5 and S1 to S5: which Consents count, when, and what their provisions inherit. https://hl7.org/fhir/R4/consent.html
import t from 'tap'
import { checkRules, type Head, type RuleRow, type Sketch, toConsent } from '../support/consent.ts'

const B = ['Organization/hospB']
const grant: Sketch = { type: 'permit', actor: B }
const open = toConsent(grant, { id: 'OPEN' })
/** The question where beside an open grant there is another consent. */
const beside = (sketch: Sketch, head: Head = {}) => ({ consents: [open, toConsent(sketch, head)] })
const alone = (sketch: Sketch, head: Head = {}) => ({ consents: [toConsent(sketch, head)] })
const UNREADABLE = 'DENY consent:unsupported-active'
const ACCESS = { system: 'http://terminology.hl7.org/CodeSystem/consentaction', code: 'access' }
const RECIPIENT = {
  coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }],
}
const foreign = [{ system: 'urn:other', code: 'x' }]

const ADMISSION: readonly RuleRow[] = [
  [
    'A3: a policyRule that is neither OPTIN nor OPTOUT cannot be read',
    beside(grant, { policyRule: 'NOPP' }),
    UNREADABLE,
  ],
  [
    'A3: a Consent without policyRule cannot be read',
    beside(grant, { raw: { policyRule: undefined } }),
    UNREADABLE,
  ],
  ['A3: an OPTOUT whose root permits cannot be read', beside(grant, { policyRule: 'OPTOUT' }), UNREADABLE],
  ['A3: an OPTOUT whose root denies is a dissent', beside({ type: 'deny' }), 'DENY consent:K'],
  ['A3: an OPTIN whose root permits is a grant', alone(grant), 'PERMIT consent'],
  [
    'A3: an OPTIN whose root denies with a permit beneath is a grant',
    alone({ type: 'deny', provision: [grant] }, { policyRule: 'OPTIN' }),
    'PERMIT consent',
  ],
  [
    'A3: an OPTIN whose root denies without a permit beneath cannot be read',
    beside({ type: 'deny', provision: [{ type: 'deny' }] }, { policyRule: 'OPTIN' }),
    UNREADABLE,
  ],
  [
    'A3: one permit beneath is enough',
    alone(
      { type: 'deny', provision: [{ type: 'deny', class: ['Condition'] }, grant] },
      { policyRule: 'OPTIN' },
    ),
    'PERMIT consent',
  ],
  ['A4: a root without type cannot be read', beside({ actor: B }), UNREADABLE],
  ['A4: a nested provision without type cannot be read', beside({ ...grant, provision: [{}] }), UNREADABLE],
  [
    'A4: two levels below the root are read',
    alone({ ...grant, provision: [{ type: 'deny', provision: [{ type: 'permit' }] }] }),
    'PERMIT consent',
  ],
  [
    'A4: three levels below the root cannot be read',
    beside({
      ...grant,
      provision: [{ type: 'deny', provision: [{ type: 'permit', provision: [{ type: 'permit' }] }] }],
    }),
    UNREADABLE,
  ],
  ['A5: an actor in the role IRCP receives', alone({ ...grant, role: 'IRCP' }), 'PERMIT consent'],
  ['A5: an actor in the role GRANTEE receives', alone({ ...grant, role: 'GRANTEE' }), 'PERMIT consent'],
  ['A5: a custodian is no actor', beside({ ...grant, role: 'CST' }), UNREADABLE],
  ['A5: a primary recipient (PRCP) is no actor', beside({ ...grant, role: 'PRCP' }), UNREADABLE],
  [
    'A5: an actor without a role cannot be read',
    beside({ type: 'permit', raw: { actor: [{ reference: { reference: B[0] } }] } }),
    UNREADABLE,
  ],
  [
    'A6: a modifier extension of the Consent cannot be read',
    beside(grant, { raw: { modifierExtension: [{ url: 'urn:x', valueCode: 'x' }] } }),
    UNREADABLE,
  ],
  [
    'A6: a modifier extension deep within cannot be read',
    beside({ ...grant, provision: [{ type: 'permit', raw: { modifierExtension: [{ url: 'urn:x' }] } }] }),
    UNREADABLE,
  ],
  [
    'A6: an unknown code system in class cannot be read',
    beside({ ...grant, raw: { class: foreign } }),
    UNREADABLE,
  ],
  [
    'A6: an unknown code system in purpose cannot be read',
    beside({ ...grant, raw: { purpose: foreign } }),
    UNREADABLE,
  ],
  [
    'A6: an unknown code system in securityLabel cannot be read',
    beside({ ...grant, raw: { securityLabel: foreign } }),
    UNREADABLE,
  ],
  [
    'A6: an unknown code system in action cannot be read',
    beside({ ...grant, raw: { action: [{ coding: foreign }] } }),
    UNREADABLE,
  ],
  ['A6: a contained actor cannot be read', beside({ type: 'permit', actor: ['#b'] }), UNREADABLE],
  [
    'A6: data that is no resource here cannot be read',
    beside({ ...grant, data: [['instance', '#o']] }),
    UNREADABLE,
  ],
  ...(
    [
      ['a profile that is no URI', { class: [{ system: 'urn:ietf:rfc:3986', code: 'x' }] }],
      ['a URI of another system', { class: [{ system: 'urn:other', code: 'http://example.org/p' }] }],
      ['a class without code', { class: [{ system: 'urn:ietf:rfc:3986' }] }],
      ['a code without coding', { code: [{ text: 'x' }] }],
      [
        'a code of which one coding has none',
        { code: [{ coding: [{ system: 'urn:x', code: 'x' }, { system: 'urn:x' }] }] },
      ],
      ['an empty code', { code: [{ coding: [{ system: 'urn:x', code: '' }] }] }],
      ['an action without coding', { action: [{ text: 'x' }] }],
      [
        'an action of which one coding is unknown',
        { action: [{ coding: [ACCESS, { system: 'urn:x', code: 'x' }] }] },
      ],
      [
        'an actor that is no requester',
        { actor: [{ role: RECIPIENT, reference: { reference: 'Location/1' } }] },
      ],
      [
        'an actor in one more role',
        {
          actor: [
            {
              role: { coding: [...RECIPIENT.coding, { code: 'CST' }] },
              reference: { reference: 'Organization/hospB' },
            },
          ],
        },
      ],
      [
        'a meaning that R4 does not have',
        { data: [{ meaning: 'other', reference: { reference: 'Observation/o1' } }] },
      ],
      ['a period that is none', { period: { start: 'soon' } }],
      ['a period of data that is none', { dataPeriod: { end: 'later' } }],
    ] as const
  ).map(
    ([what, raw]): RuleRow => [`A6: ${what} cannot be read`, beside({ type: 'permit', raw }), UNREADABLE],
  ),
]

const READING: readonly RuleRow[] = [
  ['N1: an active consent enters', alone(grant), 'PERMIT consent'],
  ['N1: a rejected one does not', alone(grant, { status: 'rejected' }), 'DENY default'],
  [
    'N1: one that is not active is not even unreadable',
    beside(grant, { status: 'inactive', policyRule: 'NOPP' }),
    'PERMIT consent',
  ],
  [
    'N2: research without a purpose is for HRESCH',
    { ...alone(grant, { scope: 'research' }), request: { purpose: 'HRESCH' } },
    'PERMIT consent',
  ],
  ['N2: and for nothing else', alone(grant, { scope: 'research' }), 'DENY default'],
  [
    'N2: a purpose at the root stands in its place',
    {
      ...alone({ ...grant, purpose: ['proj-alpha'] }, { scope: 'research' }),
      request: { purpose: 'proj-beta' },
    },
    'DENY default',
  ],
  ['N3: an unreadable active consent denies third parties', beside({ actor: B }), UNREADABLE],
  [
    'N3: and secondary use, by the custodian too',
    {
      actor: 'Organization/hospA',
      request: { purpose: 'HRESCH' },
      consents: [
        toConsent({ type: 'permit', actor: ['Organization/hospA'], purpose: ['HRESCH'] }),
        toConsent({ actor: B }, { id: 'BAD' }),
      ],
    },
    UNREADABLE,
  ],
  ['N3: of that person alone', beside({ actor: B }, { patient: 'Patient/p2' }), 'PERMIT consent'],
  [
    'N4: dateTime gives no precedence: a later grant does not undo a dissent',
    {
      consents: [
        toConsent({ type: 'deny', actor: B }, { id: 'D', raw: { dateTime: '2020-01-01' } }),
        toConsent(grant, { id: 'K', raw: { dateTime: '2026-03-31' } }),
      ],
    },
    'DENY consent:D',
  ],
  [
    'N5: a nested rule inherits what it does not state',
    {
      ...alone({ ...grant, provision: [{ type: 'deny', label: ['PSY'] }] }),
      resource: { conf: 'R', sens: ['PSY'] },
    },
    'DENY consent:K',
  ],
  [
    'N5: what is inherited keeps it to the same actor',
    {
      consents: [
        toConsent({ type: 'permit', actor: ['Organization/hospC'], provision: [{ type: 'deny' }] }),
        toConsent(grant, { id: 'OPEN' }),
      ],
    },
    'PERMIT consent',
  ],
  [
    'N5: a stated dimension replaces the inherited one',
    {
      ...alone({ ...grant, label: ['N'], provision: [{ type: 'permit', label: ['R'] }] }),
      resource: { conf: 'R' },
    },
    'PERMIT consent',
  ],
  [
    'N5: a child never outlives its parent',
    alone({
      ...grant,
      period: { end: '2026-03-31' },
      provision: [{ type: 'permit', period: { end: '2027' } }],
    }),
    'DENY default',
  ],
  [
    'N5: nor begins before it',
    alone({
      ...grant,
      period: { start: '2026-05' },
      provision: [{ type: 'permit', period: { start: '2020' } }],
    }),
    'DENY default',
  ],
]

const until = (end: string) => alone({ ...grant, period: { end } })

const TIME: readonly RuleRow[] = [
  ...['draft', 'proposed', 'rejected', 'inactive', 'entered-in-error'].map(
    (status): RuleRow => [
      `S1: ${status} has no effect`,
      beside({ type: 'deny' }, { status }),
      'PERMIT consent',
    ],
  ),
  ['S2: at the last instant of a period it holds', until('2026-04-01T10:00:00+09:00'), 'PERMIT consent'],
  ['S2: a second later it does not', until('2026-04-01T09:59:59+09:00'), 'DENY default'],
  [
    'S3: a day ends at midnight in Tokyo',
    { ...until('2026-03-31'), request: { time: '2026-03-31T14:59:59.999Z' } },
    'PERMIT consent',
  ],
  [
    'S3: and not later',
    { ...until('2026-03-31'), request: { time: '2026-03-31T15:00:00Z' } },
    'DENY default',
  ],
  [
    'S3: a month and a year too',
    { ...until('2026'), request: { time: '2026-12-31T23:59:59+09:00' } },
    'PERMIT consent',
  ],
  [
    'S3: a day begins at midnight in Tokyo',
    { ...alone({ ...grant, period: { start: '2026-04-01' } }), request: { time: '2026-03-31T15:00:00Z' } },
    'PERMIT consent',
  ],
  [
    'S4: a revoked consent is inactive and has no effect',
    alone(grant, { status: 'inactive' }),
    'DENY default',
  ],
  [
    'S5: before its period starts a consent has no effect',
    alone({ ...grant, period: { start: '2026-04-02' } }),
    'DENY default',
  ],
  [
    'S5: from then on it has',
    {
      ...alone({ ...grant, period: { start: '2026-04-02' } }),
      request: { time: '2026-04-02T00:00:00+09:00' },
    },
    'PERMIT consent',
  ],
]

checkRules(t, [...ADMISSION, ...READING, ...TIME])
