// What every resource can be searched by, and special parameters. https://hl7.org/fhir/R4/search.html#all
import t from 'tap'
import { matchesOf, openCatalogue, refused } from '../../support/naive-search.ts'
import { diagnosticsOf } from '../../support/rest.ts'

const patient = (id: string, meta: object) => ({ resourceType: 'Patient', id, meta })
const location = (id: string, position?: object) => ({
  resourceType: 'Location',
  id,
  name: id,
  ...(position && { position }),
})

const { call, check } = await openCatalogue([
  patient('tagged', { tag: [{ system: 'urn:tags', code: 'a', display: 'Alpha' }] }),
  patient('both', {
    tag: [
      { system: 'urn:tags', code: 'a' },
      { system: 'urn:tags', code: 'b' },
    ],
    security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }],
  }),
  patient('profiled', {
    profile: ['http://example.org/StructureDefinition/p', 'http://example.org/StructureDefinition/q|1.0'],
  }),
  patient('sourced', { source: 'http://example.org/source/a#1' }),
  patient('plain', { versionId: '1' }),
  location('tokyo', { latitude: 35.6812, longitude: 139.7671 }),
  location('shinjuku', { latitude: 35.6896, longitude: 139.7006 }),
  location('osaka', { latitude: 34.7025, longitude: 135.4959 }),
  location('fiji', { latitude: -17.8, longitude: 179.99 }),
  location('dateline', { latitude: -17.8, longitude: -179.99 }),
  location('newyork', { latitude: 40.7128, longitude: -74.006 }),
  location('nowhere'),
])

check('_id, _tag, _security, _profile and _source', [
  ['Patient?_id=both', 'both'],
  ['Patient?_id=both,plain', 'both plain'],
  ['Patient?_tag=urn:tags|a', 'tagged both'],
  ['Patient?_tag=a', 'tagged both'],
  ['Patient?_tag=urn:tags|a&_tag=urn:tags|b', 'both'],
  ['Patient?_tag:not=urn:tags|a', 'profiled sourced plain'],
  ['Patient?_tag:text=alp', 'tagged'],
  ['Patient?_tag:missing=false', 'tagged both'],
  ['Patient?_security=R', 'both'],
  ['Patient?_profile=http://example.org/StructureDefinition/p', 'profiled'],
  ['Patient?_profile=http://example.org/StructureDefinition/q', 'profiled'],
  ['Patient?_profile=http://example.org/StructureDefinition/q|1.0', 'profiled'],
  ['Patient?_profile=http://example.org/StructureDefinition/q|2.0', ''],
  ['Patient?_source=http://example.org/source/a%231', 'sourced'],
  ['Patient?_source=http://example.org/source/a', ''],
  ['?_tag=urn:tags|b', 'both'],
  ['?_type:not=Patient', refused('_type')],
  ['Patient?_type=Patient', refused('_type')],
])

check('near looks around a point, across the date line too', [
  ['Location?near=35.6812|139.7671|1|km', 'tokyo'],
  ['Location?near=35.6812|139.7671', 'tokyo shinjuku'],
  ['Location?near=35.6812|139.7671|500', 'tokyo shinjuku osaka'],
  ['Location?near=35.6812|139.7671|1000|m', 'tokyo'],
  ['Location?near=-17.8|180|10|km', 'fiji dateline'],
  ['Location?near=-17.8|-179.99|10|km', 'fiji dateline'],
  ['Location?near=40.7|-74|10|km', 'newyork'],
  ['Location?near=0|0|1|km', ''],
  ['Location?near:missing=true', 'nowhere'],
  ['Location?near=35', refused('near')],
  ['Location?near=91|0|1|km', refused('near')],
  ['Location?near=35|139|1|kg', refused('near')],
  ['Location?near=35|139|-1|km', refused('near')],
  ['Location?near=a|b', refused('near')],
])

check('a plus in a URL is a space, and encoding changes nothing', [
  ['Location?name=tokyo,osaka', 'tokyo osaka'],
  ['Location?name=tokyo%2Cosaka', 'tokyo osaka'],
  ['Location?name=to+kyo', 'tokyo'],
  ['Location?n%61me=tokyo', 'tokyo'],
])

t.test('_lastUpdated is when it was written', async (t) => {
  const ROWS: readonly (readonly [string, number])[] = [
    ['Patient?_lastUpdated=ge2020', 5],
    ['Patient?_lastUpdated=lt2020', 0],
    ['Patient?_lastUpdated=gt3000', 0],
    ['Patient?_lastUpdated=ne2020', 5],
    ['Patient?_lastUpdated=ap2000', 0],
    ['Patient?_lastUpdated:missing=true', 0],
    ['Patient?_lastUpdated:missing=false', 5],
    ['?_type=Patient,Location&_lastUpdated=sa2020', 12],
  ]
  for (const [query, count] of ROWS) {
    const reply = await call('GET', query)
    t.equal(reply.status, 200, `${query} ${diagnosticsOf(reply)}`)
    t.equal(matchesOf(reply.body).length, count, query)
  }
  const { body } = await call('GET', 'Patient/both')
  const exact = await call(
    'GET',
    `Patient?_lastUpdated=${encodeURIComponent(body.meta.lastUpdated)}&_id=both`,
  )
  t.same(matchesOf(exact.body), ['both'])
})
