// Which consents are one agreement, and which of them give way (N4).
import fc from 'fast-check'
import t from 'tap'
import { agreementKey, supersede } from '../../src/consent/agreement.ts'
import type { ConsentResource } from '../../src/consent/normalise.ts'
import { actor, createOwnVocabulary, grant, label, policyRule, purpose, scope } from '../support/consents.ts'

const vocabulary = createOwnVocabulary()
const TO_B = { type: 'permit', actor: [actor('Organization/b')] }
const OPTOUT = policyRule('OPTOUT')

function hide(id: string, ref: string): ConsentResource {
  const data = [{ meaning: 'instance', reference: { reference: ref } }]
  return grant({ id, policyRule: OPTOUT, provision: { type: 'deny', data } })
}

const before = grant({ id: 'before', provision: TO_B })

/** What differs from a grant to B on policy 1.0, and whether it is still the same agreement. */
const AFTER: readonly (readonly [string, Record<string, unknown>, boolean])[] = [
  ['the same once more', {}, true],
  ['a newer text', { policy: [{ uri: 'https://controller.example/policy|2.0' }] }, true],
  ['other rules for the same grantee', { provision: { ...TO_B, purpose: [purpose('TREAT')] } }, true],
  [
    'an exception for somebody else',
    { provision: { ...TO_B, provision: [{ type: 'deny', actor: [actor('Practitioner/n')] }] } },
    true,
  ],
  ['an older date', { dateTime: '2001-01-01' }, true],
  ['a versioned reference', { patient: { reference: 'Patient/p/_history/7' } }, true],
  ['a dissent from the same grantee', { policyRule: OPTOUT, provision: { ...TO_B, type: 'deny' } }, true],
  ['the grantee named beneath a deny', { provision: { type: 'deny', provision: [TO_B] } }, true],
  ['another text', { policy: [{ uri: 'https://controller.example/other|1.0' }] }, false],
  ['another grantee', { provision: { ...TO_B, actor: [actor('Organization/c')] } }, false],
  [
    'one grantee more',
    { provision: { ...TO_B, actor: [actor('Organization/b'), actor('Organization/c')] } },
    false,
  ],
  ['no grantee', { provision: { type: 'permit' } }, false],
  ['another controller', { organization: [{ reference: 'Organization/x' }] }, false],
  ['another patient', { patient: { reference: 'Patient/q' } }, false],
]

for (const [title, changes, isSame] of AFTER)
  t.test(`${title} ${isSame ? 'replaces the grant' : 'is another agreement'}`, async (t) => {
    const after = grant({ id: 'after', provision: TO_B, ...changes })
    t.equal(agreementKey(after) === agreementKey(before), isSame)
    t.same(supersede(vocabulary, after, [before]), isSame ? ['Consent/before'] : [])
  })

t.test('an agreement that misses one of its four parts has no key and replaces nothing', async (t) => {
  for (const missing of ['patient', 'policy', 'organization']) {
    const consent = grant({ id: 'after', provision: TO_B, [missing]: undefined })
    t.equal(agreementKey(consent), undefined, missing)
    t.same(supersede(vocabulary, consent, [grant({ id: 'x', provision: TO_B, [missing]: undefined })]), [])
  }
})

t.test(
  'only active, enforced and readable consents give way, and only to one that becomes active',
  async (t) => {
    const after = grant({ id: 'after', provision: TO_B })
    for (const status of ['draft', 'inactive', 'entered-in-error']) {
      t.same(supersede(vocabulary, after, [{ ...before, status }]), [])
      t.same(supersede(vocabulary, { ...after, status }, [before]), [])
    }
    t.same(supersede(vocabulary, after, [{ ...before, scope: scope('treatment') }]), [])
    t.same(supersede(vocabulary, after, [{ ...before, id: 'after' }]), [], 'it does not replace itself')
    const unreadable = grant({ id: 'before', provision: { ...TO_B, purpose: [purpose('NONE')] } })
    t.same(supersede(vocabulary, after, [unreadable]), [], 'N3 holds until it is resolved')
  },
)

t.test('hiding a second record leaves the first hidden; hiding it again replaces', async (t) => {
  const first = hide('first', 'Observation/1')
  t.same(supersede(vocabulary, hide('second', 'Observation/2'), [first]), [])
  t.same(supersede(vocabulary, hide('again', 'Observation/1'), [first]), ['Consent/first'])
})

t.test(
  'a dissent from everything is not replaced by one from a part, nor by one from research alone',
  async (t) => {
    const whole = grant({ id: 'whole', policyRule: OPTOUT, provision: { type: 'deny' } })
    const psy = { type: 'deny', securityLabel: [label('PSY')] }
    t.same(supersede(vocabulary, grant({ id: 'part', policyRule: OPTOUT, provision: psy }), [whole]), [])
    const research = grant({ ...whole, id: 'research', scope: scope('research') })
    t.same(supersede(vocabulary, research, [whole]), [])
    t.same(supersede(vocabulary, grant({ ...whole, id: 'again' }), [whole]), ['Consent/whole'])
  },
)

t.test(
  'a grant takes back a dissent from everything for the same grantees, never one from a part',
  async (t) => {
    const dissent = { id: 'dissent', policyRule: OPTOUT }
    const after = grant({ id: 'after', provision: { ...TO_B, purpose: [purpose('TREAT')] } })
    const whole = grant({ ...dissent, provision: { ...TO_B, type: 'deny' } })
    t.same(supersede(vocabulary, after, [whole]), ['Consent/dissent'])
    const part = grant({ ...dissent, provision: { ...TO_B, type: 'deny', securityLabel: [label('PSY')] } })
    t.same(supersede(vocabulary, after, [part]), [])
  },
)

t.test('the order of grantees and controllers, and naming one twice, changes no key', async () => {
  const refs = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 })
  const withRefs = (actors: readonly string[], controllers: readonly string[]) =>
    agreementKey(
      grant({
        provision: { type: 'permit', actor: actors.map((id) => actor(`Organization/${id}`)) },
        organization: controllers.map((id) => ({ reference: `Organization/${id}` })),
      }),
    )
  fc.assert(
    fc.property(refs, refs, (actors, controllers) => {
      const twice = [...actors, ...actors].toReversed()
      return withRefs(actors, controllers) === withRefs(twice, controllers.toReversed())
    }),
  )
  fc.assert(
    fc.property(refs, refs, (some, others) => {
      const isSame = some.toSorted().join() === others.toSorted().join()
      return (withRefs(some, ['a']) === withRefs(others, ['a'])) === isSame
    }),
  )
})
