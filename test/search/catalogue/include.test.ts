// `_include`, `_revinclude` and `:iterate`, case by case. https://hl7.org/fhir/R4/search.html#include
import t from 'tap'
import { idsOf, matchesOf, openCatalogue, toUrl } from '../../support/naive-search.ts'
import { diagnosticsOf } from '../../support/rest.ts'

const ref = (reference: string) => ({ reference })
const organization = (id: string, partOf?: string) => ({
  resourceType: 'Organization',
  id,
  name: id,
  ...(partOf && { partOf: ref(partOf) }),
})
const observation = (id: string, more: object) => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ code: id.slice(0, 1) }] },
  ...more,
})
const request = (id: string, more: object) => ({
  resourceType: 'MedicationRequest',
  id,
  status: 'active',
  intent: 'order',
  subject: ref('Patient/p1'),
  ...more,
})

const { call } = await openCatalogue(
  [
    organization('top'),
    organization('mid', 'Organization/top'),
    organization('low', 'Organization/mid'),
    organization('self', 'Organization/self'),
    organization('ping', 'Organization/pong'),
    organization('pong', 'Organization/ping'),
    organization('gone'),
    { resourceType: 'Practitioner', id: 'dr' },
    {
      resourceType: 'Patient',
      id: 'p1',
      managingOrganization: ref('Organization/low'),
      generalPractitioner: [ref('Practitioner/dr'), ref('Organization/mid')],
    },
    { resourceType: 'Patient', id: 'p2', managingOrganization: ref('Organization/gone') },
    { resourceType: 'Patient', id: 'p3', link: [{ other: ref('Patient/p1'), type: 'seealso' }] },
    { resourceType: 'Group', id: 'g', type: 'person', actual: true },
    observation('a1', {
      subject: ref('Patient/p1'),
      performer: [ref('Practitioner/dr')],
      effectiveDateTime: '2020-01-01',
    }),
    observation('a2', {
      subject: ref('Patient/p1'),
      effectiveDateTime: '2020-01-02',
      hasMember: [ref('Observation/a1')],
    }),
    observation('b1', { subject: ref('Group/g') }),
    observation('c1', { subject: ref('Patient/never') }),
    observation('d1', { subject: ref('Patient/p2') }),
    observation('e1', { subject: ref('Patient/p1/_history/1') }),
    observation('f1', { subject: { identifier: { value: 'p1' }, type: 'Patient' } }),
    request('m1', { medicationReference: ref('Medication/med') }),
    { resourceType: 'Medication', id: 'med', manufacturer: ref('Organization/top') },
    {
      resourceType: 'Provenance',
      id: 'prov',
      target: [ref('Observation/a1')],
      recorded: '2020-01-01T00:00:00Z',
      agent: [{ who: ref('Practitioner/dr') }],
    },
  ],
  { deleted: ['Organization/gone'] },
)

/** Asserts what matches, what comes along, and that the total counts the matches alone. */
function check(
  title: string,
  rows: readonly (readonly [query: string, matches: string, included: string])[],
): void {
  t.test(title, async (t) => {
    for (const [query, matches, included] of rows) {
      const reply = await call('GET', toUrl(`${query}&_total=accurate`))
      t.equal(reply.status, 200, `${query} ${diagnosticsOf(reply)}`)
      const sorted = (ids: readonly string[]) => ids.toSorted().join(' ')
      t.equal(sorted(matchesOf(reply.body)), sorted(matches.split(' ').filter(Boolean)), query)
      t.equal(
        sorted(idsOf(reply.body, 'include')),
        sorted(included.split(' ').filter(Boolean)),
        `${query} includes`,
      )
      t.equal(reply.body.total, matchesOf(reply.body).length, `${query} counts its matches alone`)
    }
  })
}

check('_include brings what is pointed at, once, and nothing for what is not there', [
  ['Observation?code=a&_include=Observation:subject', 'a1 a2', 'p1'],
  ['Observation?code=a&_include=Observation:patient', 'a1 a2', 'p1'],
  ['Observation?code=b&_include=Observation:subject', 'b1', 'g'],
  ['Observation?code=b&_include=Observation:patient', 'b1', ''],
  ['Observation?code=c&_include=Observation:subject', 'c1', ''],
  ['Observation?code=e&_include=Observation:subject', 'e1', 'p1'],
  ['Observation?code=f&_include=Observation:subject', 'f1', ''],
  ['Patient?_id=p2&_include=Patient:organization', 'p2', ''],
  ['Patient?_id=p1&_include=Patient:organization&_include=Patient:general-practitioner', 'p1', 'low dr mid'],
  ['Observation?code=nothing&_include=Observation:subject', '', ''],
])

check('a target type narrows', [
  ['Patient?_id=p1&_include=Patient:general-practitioner:Practitioner', 'p1', 'dr'],
  ['Patient?_id=p1&_include=Patient:general-practitioner:Organization', 'p1', 'mid'],
  ['Patient?_id=p1&_include=Patient:general-practitioner:PractitionerRole', 'p1', ''],
  ['Observation?code=a,b&_include=Observation:subject:Group', 'a1 a2 b1', 'g'],
])

check('wildcards take every reference', [
  ['Patient?_id=p1&_include=Patient:*', 'p1', 'low dr mid'],
  ['Patient?_id=p1&_include=*', 'p1', 'low dr mid'],
  ['Observation?_id=a2&_include=Observation:*', 'a2', 'p1 a1'],
  ['Patient?_id=p1&_revinclude=Observation:*', 'p1', 'a1 a2 e1'],
])

check('_revinclude brings what points here', [
  ['Patient?_id=p1&_revinclude=Observation:subject', 'p1', 'a1 a2 e1'],
  ['Patient?_id=p1&_revinclude=Observation:patient', 'p1', 'a1 a2 e1'],
  ['Patient?_id=p1&_revinclude=Observation:subject:Patient', 'p1', 'a1 a2 e1'],
  ['Patient?_id=p3&_revinclude=Observation:subject', 'p3', ''],
  ['Observation?_id=a1&_revinclude=Provenance:target', 'a1', 'prov'],
  ['Practitioner?_id=dr&_revinclude=Provenance:agent&_revinclude=Observation:performer', 'dr', 'prov a1'],
  ['Patient?_id=p1&_include=Patient:organization&_revinclude=Observation:subject', 'p1', 'low a1 a2 e1'],
])

check('what matches is a match, even where it is included as well', [
  ['Observation?_id=a1,a2&_include=Observation:has-member', 'a1 a2', ''],
  ['Patient?_id=p1,p3&_include=Patient:link', 'p1 p3', ''],
  ['Organization?_id=self&_include=Organization:partof', 'self', ''],
])

check('without :iterate one hop is made, with it all of them, in whatever order they are given', [
  ['Organization?_id=low&_include=Organization:partof', 'low', 'mid'],
  ['Organization?_id=low&_include:iterate=Organization:partof', 'low', 'mid top'],
  ['Organization?_id=top&_revinclude:iterate=Organization:partof', 'top', 'mid low'],
  ['Observation?_id=a1&_include=Observation:subject&_include:iterate=Patient:organization', 'a1', 'p1 low'],
  ['Observation?_id=a1&_include:iterate=Patient:organization&_include=Observation:subject', 'a1', 'p1 low'],
  [
    'Observation?_id=a1&_include:iterate=Organization:partof&_include:iterate=Patient:organization&_include=Observation:subject',
    'a1',
    'p1 low mid top',
  ],
  [
    'MedicationRequest?_id=m1&_include=MedicationRequest:medication&_include:iterate=Medication:manufacturer',
    'm1',
    'med top',
  ],
  [
    'Patient?_id=p1&_revinclude=Observation:subject&_revinclude:iterate=Provenance:target',
    'p1',
    'a1 a2 e1 prov',
  ],
  ['Provenance?_id=prov&_include=Provenance:target&_include:iterate=Observation:subject', 'prov', 'a1 p1'],
])

check('cycles end', [
  ['Organization?_id=self&_include:iterate=Organization:partof', 'self', ''],
  ['Organization?_id=ping&_include:iterate=Organization:partof', 'ping', 'pong'],
  ['Organization?_id=ping&_revinclude:iterate=Organization:partof', 'ping', 'pong'],
  [
    'Organization?_id=ping&_include:iterate=Organization:partof&_revinclude:iterate=Organization:partof',
    'ping',
    'pong',
  ],
  ['Patient?_id=p1&_include:iterate=Patient:*&_revinclude:iterate=Patient:*', 'p1', 'low mid dr p3'],
])

const REFUSED: readonly (readonly [string, string])[] = [
  ['Observation?_include=Observation:subject:Organization', 'Organization'],
  ['Observation?_include=Observation:nothing', 'nothing'],
  ['Observation?_include=Observation:code', 'code'],
  ['Observation?_include=Observation', '_include'],
  ['Observation?_include=Nothing:subject', 'Nothing'],
  ['Observation?_include=Patient:organization', 'Patient'],
  ['Observation?_include=Observation:subject:Nothing', 'Nothing'],
  ['Observation?_include=Observation:subject:Patient:x', '_include'],
  ['Observation?_include=', '_include'],
  ['Observation?_include:recurse=Observation:subject', '_include'],
  ['Patient?_revinclude=Observation:encounter', 'encounter'],
  ['Patient?_revinclude=Observation:subject:Nothing', 'Nothing'],
  ['Patient?_revinclude=Observation:subject:Group', 'Group'],
  ['Patient?_revinclude=Observation:nothing', 'nothing'],
]
t.test('an include that cannot be is refused by name', async (t) => {
  for (const [query, name] of REFUSED) {
    const reply = await call('GET', query)
    t.equal(reply.status, 400, query)
    t.match(diagnosticsOf(reply), name, query)
  }
})

t.test('each page brings what its own matches point at', async (t) => {
  const first = await call('GET', 'Observation?code=a&_include=Observation:subject&_sort=date&_count=1')
  t.same(matchesOf(first.body), ['a1'])
  t.same(idsOf(first.body, 'include'), ['p1'])
  const { url } = first.body.link.find(({ relation }: { relation: string }) => relation === 'next')
  const second = await call('GET', url.replace(/^.*?\/fhir/, ''))
  t.same(matchesOf(second.body), ['a2'])
  t.same(idsOf(second.body, 'include'), ['p1'])
})

t.test('matches come first and keep their order', async (t) => {
  const { body } = await call('GET', 'Observation?code=a&_include=Observation:subject&_sort=-date')
  t.same(
    body.entry.map(({ resource }: { resource: { id: string } }) => resource.id),
    ['a2', 'a1', 'p1'],
  )
})
