import t from 'tap'
import { assertGrant } from '../../src/access/grant.ts'
import type { TokenGrant } from '../../src/access/principal.ts'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { FhirError } from '../../src/fhir/outcome.ts'

const context = {
  definitions: loadDefinitions(),
  compileParams: async () => {
    throw new FhirError('not-supported', 'no such parameter')
  },
}
const standard: TokenGrant = {
  subject: 'Client/cli',
  client: 'cli',
  scope: 'system/*.cruds',
  purpose: 'TREAT',
  expiresAt: 1,
}

t.test('a grant in which nothing is wrong comes back as it was', async (t) => {
  t.equal(await assertGrant(standard, context), standard)
  const resident = {
    ...standard,
    subject: 'Patient/me',
    patient: 'me',
    scope: 'openid launch/patient patient/*.rs',
  }
  t.equal(await assertGrant(resident, context), resident)
})

const FAULTS: readonly (readonly [change: Partial<TokenGrant>, names: RegExp])[] = [
  [{ scope: 'system/*.dr' }, /"system\/\*\.dr" is not a scope/],
  [{ scope: 'system/Nonsense.rs' }, /is not a scope/],
  [{ scope: 'patient/*.rs' }, /needs a patient/],
  [{ scope: 'user/*.rs' }, /needs a person/],
  [{ subject: 'Practitioner/7' }, /belongs to a client/],
  [{ subject: 'Observation/7' }, /subject must be a reference/],
  [{ subject: 'Practitioner' }, /subject must be a reference/],
  [{ patient: 'Patient/7' }, /patient must be an id/],
  [{ organization: '3' }, /organization must be a reference/],
  [{ purpose: 'because I can' }, /purpose must be a v3-ActReason code/],
  [{ scope: 'system/Observation.rs?nonsense=1' }, /names a parameter/],
]

t.test('a grant with a fault is refused with a message that names it', async (t) => {
  for (const [change, message] of FAULTS)
    await t.rejects(
      assertGrant({ ...standard, ...change }, context),
      { code: 'invalid', message },
      JSON.stringify(change),
    )
})
