import t from 'tap'
import { parsePolicy } from '../../src/consent/policy-rows.ts'
import { createOwnVocabulary } from '../support/consents.ts'

const vocabulary = createOwnVocabulary()
const hard = { kind: 'hard-deny', id: 'block', patient: 'Patient/1' }
const statutory = { kind: 'statutory-permit', id: 'law', legalBasis: 'law-12' }
const optout = {
  kind: 'optout-secondary',
  id: 'jisedai',
  purpose: 'HRESCH',
  operator: 'Organization/operator',
  provider: 'Organization/hospital',
  days: 30,
}

const RIGHT: readonly object[] = [
  hard,
  { kind: 'hard-deny', id: 'a', actor: 'Group/g' },
  { kind: 'hard-deny', id: 'a', purpose: 'HMARKT' },
  statutory,
  { ...statutory, patient: 'Patient/1', actor: 'Organization/police' },
  optout,
  { ...optout, purpose: 'demo-study' },
]

t.test('a policy in which nothing is wrong comes back as it was', async (t) => {
  for (const policy of RIGHT) t.equal(parsePolicy(policy, vocabulary), policy)
})

const FAULTS: readonly (readonly [policy: unknown, names: RegExp])[] = [
  ['text', /one JSON object/],
  [[hard], /one JSON object/],
  [null, /one JSON object/],
  [{ ...hard, kind: 'wish' }, /kind must be one of hard-deny, statutory-permit, optout-secondary/],
  [{ ...hard, kind: 'constructor' }, /kind must be one of/],
  [{ ...hard, id: undefined }, /id must be a code/],
  [{ ...hard, id: 'two words' }, /id must be a code/],
  [{ ...hard, legalBasis: 'x' }, /A hard-deny has no legalBasis/],
  [{ ...hard, toString: 'x' }, /A hard-deny has no toString/],
  [{ ...hard, patient: '1' }, /patient must be a reference/],
  [{ ...hard, actor: 'Observation/1' }, /actor must be a reference/],
  [{ ...hard, purpose: 'NONSENSE' }, /purpose must be a v3-ActReason/],
  [{ kind: 'hard-deny', id: 'all' }, /must name a patient, an actor or a purpose/],
  [{ ...statutory, legalBasis: undefined }, /legalBasis must be a code/],
  [{ ...statutory, patient: ['Patient/1'] }, /patient must be a reference/],
  [{ ...optout, purpose: 'TREAT' }, /purpose must be a purpose of secondary use/],
  [{ ...optout, operator: undefined }, /operator must be a reference/],
  [{ ...optout, provider: 'Practitioner/1' }, /provider must be a reference/],
  [{ ...optout, days: 29 }, /days must be a whole number/],
  [{ ...optout, days: '30' }, /days must be a whole number/],
  [{ ...optout, notices: {} }, /has no notices/],
]

t.test('a policy with a fault is refused with a message that names it', async (t) => {
  for (const [policy, message] of FAULTS)
    t.throws(() => parsePolicy(policy, vocabulary), { code: 'invalid', message }, JSON.stringify(policy))
})
