import t from 'tap'
import { assertGrant } from '../../src/access/grant.ts'
import type { TokenGrant } from '../../src/access/principal.ts'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { FhirError } from '../../src/fhir/outcome.ts'
import { createOwnVocabulary } from '../support/consents.ts'
import { openClient } from '../support/rest.ts'
import { openServer } from '../support/server.ts'

const server = await openServer(t)
const call = await openClient(server)
const role = (id: string, organization: string, more = {}) => ({
  resourceType: 'PractitionerRole',
  id,
  practitioner: { reference: 'Practitioner/dr' },
  organization: { reference: organization },
  ...more,
})
for (const resource of [
  { resourceType: 'Patient', id: 'child' },
  { resourceType: 'Patient', id: 'other' },
  { resourceType: 'RelatedPerson', id: 'mother', patient: { reference: 'Patient/child' } },
  role('ward', 'Organization/a'),
  role('ended', 'Organization/b', { active: false }),
])
  await call('PUT', `${resource.resourceType}/${resource.id}`, resource)

const context = {
  definitions: loadDefinitions(),
  compileParams: async () => {
    throw new FhirError('not-supported', 'no such parameter')
  },
  purposes: createOwnVocabulary().purposes,
  records: server.store.consents,
  timeZone: 'Asia/Tokyo',
}
const IN_AN_HOUR = Date.now() + 3_600_000
const standard: TokenGrant = {
  subject: 'Client/cli',
  client: 'cli',
  scope: 'system/*.cruds',
  purpose: 'TREAT',
  expiresAt: IN_AN_HOUR,
}
const patient = {
  ...standard,
  subject: 'Patient/child',
  patient: 'child',
  scope: 'patient/*.rs',
  purpose: 'PATRQT',
}
const doctor = {
  ...standard,
  subject: 'Practitioner/dr',
  scope: 'user/*.cruds',
  organization: 'Organization/a',
}
const elevated = {
  ...doctor,
  purpose: 'BTG',
  patient: 'child',
  elevation: { id: '1', reason: '意識不明', patient: 'Patient/child' },
}

const RIGHT: Readonly<Record<string, TokenGrant>> = {
  'a client': standard,
  'a client for a registered project': { ...standard, purpose: 'demo-study' },
  'a client with a legal basis': { ...standard, legalBasis: 'infectious-diseases-12' },
  'a person': patient,
  'a person of whom other words are said': { ...patient, scope: 'openid launch/patient patient/*.rs' },
  'a proxy beside the person': { ...patient, act: 'RelatedPerson/mother', purpose: 'FAMRQT' },
  'a proxy that nobody knows yet': { ...patient, act: 'RelatedPerson/aunt', purpose: 'FAMRQT' },
  'a proxy as subject': { ...patient, subject: 'RelatedPerson/mother', purpose: 'FAMRQT' },
  'a practitioner': doctor,
  'a practitioner in a role': { ...doctor, role: 'PractitionerRole/ward' },
  'a role': { ...doctor, subject: 'PractitionerRole/ward' },
  'a practitioner that nobody knows yet': {
    ...doctor,
    subject: 'Practitioner/new',
    organization: 'Organization/x',
  },
  'a practitioner who breaks the glass': elevated,
}

t.test('a grant in which nothing is wrong comes back as it was', async (t) => {
  for (const [name, grant] of Object.entries(RIGHT)) t.equal(await assertGrant(grant, context), grant, name)
})

const FAULTS: readonly (readonly [of: TokenGrant, change: Partial<TokenGrant>, names: RegExp])[] = [
  [standard, { scope: 'system/*.dr' }, /"system\/\*\.dr" is not a scope/],
  [standard, { scope: 'system/Nonsense.rs' }, /is not a scope/],
  [standard, { scope: 'patient/*.rs' }, /needs a patient/],
  [standard, { scope: 'user/*.rs' }, /needs a person/],
  [standard, { subject: 'Practitioner/7' }, /belongs to a client/],
  [standard, { subject: 'Observation/7' }, /subject must be a reference/],
  [standard, { subject: 'Practitioner' }, /subject must be a reference/],
  [standard, { subject: 'Client/a/b' }, /subject must be a reference/],
  [standard, { patient: 'Patient/7' }, /patient must be an id/],
  [standard, { organization: '3' }, /organization must be a reference/],
  [patient, { act: 'Patient/mother' }, /acts for the patient must be a reference/],
  [doctor, { role: 'Practitioner/dr' }, /role must be a reference/],
  [standard, { purpose: 'because I can' }, /purpose must be a v3-ActReason code/],
  [standard, { purpose: 'NONSENSE' }, /purpose NONSENSE is neither/],
  [standard, { purpose: 'PurposeOfUse' }, /purpose PurposeOfUse is neither/],
  [standard, { scope: 'system/Observation.rs?nonsense=1' }, /names a parameter/],
  [patient, { organization: 'Organization/a' }, /acts for no organization/],
  [patient, { patient: 'other' }, /cannot have another patient/],
  [
    { ...patient, scope: 'openid' },
    { subject: 'RelatedPerson/mother', patient: undefined },
    /needs a patient/,
  ],
  [patient, { subject: 'RelatedPerson/mother', organization: 'Organization/a' }, /acts for no organization/],
  [patient, { subject: 'RelatedPerson/mother', patient: 'other' }, /is not related to Patient\/other/],
  [
    patient,
    { subject: 'Patient/other', patient: 'other', act: 'RelatedPerson/mother' },
    /is not related to Patient\/other/,
  ],
  [doctor, { act: 'RelatedPerson/mother' }, /subject must be that Patient/],
  [standard, { role: 'PractitionerRole/ward' }, /needs a Practitioner as subject/],
  [doctor, { role: 'PractitionerRole/gone' }, /no role in force of Practitioner\/dr/],
  [doctor, { role: 'PractitionerRole/ended', organization: 'Organization/b' }, /no role in force/],
  [doctor, { organization: 'Organization/b' }, /no role in force of Practitioner\/dr with Organization\/b/],
  [doctor, { subject: 'Practitioner/new', role: 'PractitionerRole/ward' }, /no role in force/],
  [doctor, { subject: 'PractitionerRole/ended', organization: 'Organization/b' }, /no role in force/],
  [doctor, { purpose: 'BTG' }, /BTG is the purpose of an elevated token/],
  [elevated, { purpose: 'ETREAT' }, /BTG is the purpose of an elevated token/],
  [elevated, { elevation: { reason: ' ', patient: 'Patient/child' } }, /needs a reason/],
  [elevated, { elevation: { reason: 'x' } }, /is for one patient/],
  [elevated, { subject: 'Client/cli', scope: 'system/*.rs' }, /for a practitioner, who is there/],
  [
    { ...elevated, organization: undefined },
    { subject: 'Patient/child', scope: 'patient/*.rs' },
    /practitioner/,
  ],
  [elevated, { expiresAt: IN_AN_HOUR + 60_000 }, /at most 60 minutes/],
  [standard, { legalBasis: 'the law' }, /legal basis must be a code/],
  [patient, { legalBasis: 'law' }, /not by a person/],
]

t.test('a grant with a fault is refused with a message that names it', async (t) => {
  for (const [of, change, message] of FAULTS)
    await t.rejects(
      assertGrant({ ...of, ...change }, context),
      { code: 'invalid', message },
      JSON.stringify(change),
    )
})
