// Chains and `_has`, case by case. https://hl7.org/fhir/R4/search.html#chaining
import t from 'tap'
import { idsOf, matchesOf, openCatalogue, refused } from '../../support/naive-search.ts'

const ref = (reference: string) => ({ reference })
const patient = (id: string, family: string, more: object = {}) => ({
  resourceType: 'Patient',
  id,
  name: [{ family }],
  ...more,
})
const observation = (id: string, code: string, more: object) => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ system: 'urn:c', code }] },
  ...more,
})
const encounter = (id: string, more: object) => ({
  resourceType: 'Encounter',
  id,
  status: 'finished',
  class: { code: 'AMB' },
  ...more,
})
const organization = (id: string, name: string, partOf?: string) => ({
  resourceType: 'Organization',
  id,
  name,
  ...(partOf && { partOf: ref(partOf) }),
})

const { call, check } = await openCatalogue(
  [
    organization('top', 'Ministry'),
    organization('mid', 'Prefecture', 'Organization/top'),
    organization('low', 'Clinic', 'Organization/mid'),
    organization('gone', 'Closed', 'Organization/top'),
    patient('p1', 'Adams', {
      managingOrganization: ref('Organization/low'),
      gender: 'male',
      birthDate: '1950-01-01',
    }),
    patient('p2', 'Brown', { managingOrganization: ref('Organization/mid'), gender: 'female' }),
    patient('p3', 'Clark', { managingOrganization: ref('Organization/gone') }),
    patient('pgone', 'Adams', { managingOrganization: ref('Organization/low') }),
    {
      resourceType: 'Group',
      id: 'g1',
      type: 'person',
      actual: true,
      identifier: [{ system: 'urn:g', value: 'Adams' }],
      member: [{ entity: ref('Patient/p1') }, { entity: ref('Patient/p2') }],
    },
    encounter('e1', { subject: ref('Patient/p1'), serviceProvider: ref('Organization/low') }),
    encounter('e2', { subject: ref('Patient/p2') }),
    observation('o1', 'a', {
      subject: ref('Patient/p1'),
      encounter: ref('Encounter/e1'),
      effectiveDateTime: '2020-01-03',
    }),
    observation('o2', 'b', { subject: ref('Patient/p1'), effectiveDateTime: '2020-01-01' }),
    observation('o3', 'a', {
      subject: ref('Patient/p2'),
      encounter: ref('Encounter/e2'),
      effectiveDateTime: '2020-01-02',
    }),
    observation('o4', 'a', { subject: ref('Group/g1') }),
    observation('ogone', 'a', { subject: ref('Patient/pgone') }),
    observation('dangling', 'a', { subject: ref('Patient/never') }),
    observation('logical', 'a', {
      subject: { type: 'Patient', identifier: { system: 'urn:m', value: 'Adams' } },
    }),
    observation('contained', 'a', {
      subject: ref('#me'),
      contained: [{ resourceType: 'Patient', id: 'me', name: [{ family: 'Adams' }] }],
    }),
    observation('foreign', 'a', { subject: ref('https://other.example/fhir/Patient/p1') }),
    observation('versioned', 'c', { subject: ref('Patient/p3/_history/1') }),
    observation('odeleted', 'z', { subject: ref('Patient/p3') }),
    {
      resourceType: 'Provenance',
      id: 'prov',
      target: [ref('Observation/o1')],
      recorded: '2020-01-01T00:00:00Z',
      agent: [{ who: ref('Organization/low') }],
    },
  ],
  { deleted: ['Organization/gone', 'Patient/pgone', 'Observation/odeleted'] },
)

check('a chain of one hop', [
  ['Observation?subject:Patient.family=adams', 'o1 o2'],
  ['Observation?subject.family=adams', 'o1 o2'],
  ['Observation?patient.family=adams', 'o1 o2'],
  ['Observation?patient.family=clark', 'versioned'],
  ['Observation?subject:Patient.family:exact=adams', ''],
  ['Observation?subject:Patient.family=adams,brown', 'o1 o2 o3'],
  ['Observation?subject:Patient.gender:not=male', 'o3 versioned'],
  ['Observation?subject:Patient.birthdate:missing=true', 'o3 versioned'],
  ['Observation?subject:Patient.birthdate=lt1960', 'o1 o2'],
  ['Observation?subject:Patient._id=p1', 'o1 o2'],
  ['Observation?subject:Group.identifier=Adams', 'o4'],
  ['Observation?subject.identifier=Adams', 'o4'],
  ['Observation?subject:Patient.family=adams&code=a', 'o1'],
  ['Observation?subject:Patient.family=adams&subject:Patient.gender=female', ''],
])

check('two and three hops', [
  ['Observation?subject:Patient.organization.name=clinic', 'o1 o2'],
  ['Observation?subject:Patient.organization.partof.name=ministry', 'o3'],
  ['Observation?subject:Patient.organization.partof.partof.name=ministry', 'o1 o2'],
  ['Observation?subject:Patient.organization:Organization.partof:Organization.name=prefecture', 'o1 o2'],
  ['Observation?encounter.subject:Patient.family=brown', 'o3'],
  ['Observation?encounter.service-provider.partof.name=pre', 'o1'],
  ['Observation?subject:Patient.organization=mid,low', 'o1 o2 o3'],
  ['Observation?subject:Patient.organization.name=clinic,prefecture', 'o1 o2 o3'],
])

check('what is deleted, contained, logical, dangling or elsewhere is not followed', [
  ['Observation?subject:Patient.organization.name=closed', ''],
  ['Observation?subject:Patient.organization.partof.name=ministry', 'o3'],
  ['Observation?subject:Patient.family:missing=false', 'o1 o2 o3 versioned'],
  ['Observation?subject:Patient._id=pgone', ''],
  ['Patient?organization.name=closed', ''],
  ['Patient?organization=Organization/gone', 'p3'],
])

check('_has', [
  ['Patient?_has:Observation:subject:code=a', 'p1 p2'],
  ['Patient?_has:Observation:patient:code=a', 'p1 p2'],
  ['Patient?_has:Observation:subject:code=b', 'p1'],
  ['Patient?_has:Observation:subject:code=a,b', 'p1 p2'],
  ['Patient?_has:Observation:subject:code=a&_has:Observation:subject:code=b', 'p1'],
  ['Patient?_has:Observation:subject:code=z', ''],
  ['Patient?_has:Observation:subject:code=c', 'p3'],
  ['Patient?_has:Observation:subject:code:not=a', 'p1 p3'],
  ['Patient?_has:Observation:subject:date=ge2020-01-02', 'p1 p2'],
  ['Patient?_has:Observation:subject:encounter:missing=true', 'p1 p3'],
  ['Patient?_has:Observation:subject:_id=o3', 'p2'],
  ['Patient?_has:Group:member:_id=g1', 'p1 p2'],
  ['Patient?_has:Observation:subject:code=a&gender=female', 'p2'],
])

check('nested _has, a chain within _has and _has within a chain', [
  ['Organization?_has:Patient:organization:_has:Observation:subject:code=b', 'low'],
  ['Organization?_has:Patient:organization:_has:Observation:subject:code=a', 'low mid'],
  ['Patient?_has:Observation:subject:_has:Provenance:target:agent=Organization/low', 'p1'],
  ['Patient?_has:Observation:subject:encounter.service-provider.name=clinic', 'p1'],
  ['Encounter?subject:Patient._has:Observation:subject:code=b', 'e1'],
  ['Observation?subject:Patient._has:Group:member:_id=g1', 'o1 o2 o3'],
  ['Observation?subject._has:Group:member:_id=g1', 'o1 o2 o3'],
  ['Patient?organization.name=clinic&_has:Observation:subject:code=b', 'p1'],
])

check('chains keep their order', [
  ['Observation?subject:Patient.family=adams,brown&_sort=date', 'o2 o3 o1'],
  ['Observation?subject:Patient.family=adams,brown&_sort=-date', 'o1 o3 o2'],
  ['Patient?_has:Observation:subject:code=a&_sort=-family', 'p2 p1'],
])

check('of a reference to many types those are followed that lead on', [
  ['Provenance?target.subject:Patient.family=adams', 'prov'],
  ['Provenance?target.subject.family=adams', 'prov'],
  ['Provenance?target.subject.organization.partof.name=prefecture', 'prov'],
  ['Provenance?target.target.target.target._id=o1', ''],
  ['Provenance?target.encounter.service-provider._id=low', 'prov'],
  ['Provenance?target.nothing.family=adams', refused('nothing')],
  ['Provenance?target.code.family=adams', refused('code')],
  ['Observation?focus.subject.subject.subject.subject.subject._id=p1', refused('name the type', 422)],
])

check('what cannot be followed is refused by name', [
  ['Observation?code.family=a', refused('code')],
  ['Observation?subject:Patient.nothing=a', refused('nothing')],
  ['Observation?subject:Organization.name=a', refused('name')],
  ['Observation?subject.nothing=a', refused('nothing')],
  ['Observation?subject:Patient.=a', refused('subject')],
  ['Observation?nothing.family=a', refused('nothing')],
  ['Patient?_has:Observation:code=a', refused('_has:')],
  ['Patient?_has:Nothing:subject:code=a', refused('Nothing')],
  ['Patient?_has:Observation:code:code=a', refused('code')],
  ['Patient?_has:Observation:encounter:code=a', refused('encounter')],
  ['Patient?_has:Observation:subject:nothing=a', refused('nothing')],
  ['Patient?_has=a', refused('_has')],
  ['Patient?_has:=a', refused('_has')],
  ['Observation?subject:Patient.birthdate=yesterday', refused('birthdate')],
  [`Organization?${'partof.'.repeat(9)}name=a`, refused('at most 8 references', 422)],
  [`Organization?${'_has:Organization:partof:'.repeat(9)}name=a`, refused('at most 8 references', 422)],
  [`Organization?${'partof.'.repeat(8)}name=a`, ''],
])

t.test('the count alone agrees with the list, and pages of one with a page of all', async (t) => {
  for (const query of [
    'Observation?subject:Patient.family=adams,brown',
    'Patient?_has:Observation:subject:code=a',
    'Observation?subject:Patient._has:Group:member:_id=g1&_sort=date',
  ]) {
    const { body: list } = await call('GET', query)
    const { body: counted } = await call('GET', `${query}&_summary=count`)
    t.equal(counted.total, list.entry.length, query)
    t.same(idsOf(counted, 'match'), [])
    const walked: string[] = []
    for (let url: string | undefined = `/fhir/${query}&_count=1`; url; ) {
      const { body } = await call('GET', url.replace(/^.*?\/fhir/, ''))
      walked.push(...matchesOf(body))
      url = body.link.find(({ relation }: { relation: string }) => relation === 'next')?.url
    }
    t.same(walked, matchesOf(list), `${query} walked`)
  }
})
