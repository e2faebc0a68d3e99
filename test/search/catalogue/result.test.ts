// Page size, total, summary, elements, handling and limits, case by case. https://hl7.org/fhir/R4/search.html#return
import t from 'tap'
import { matchesOf, openCatalogue, refused } from '../../support/naive-search.ts'
import { diagnosticsOf, type Reply } from '../../support/rest.ts'

const patients = Array.from({ length: 6 }, (_, n) => ({
  resourceType: 'Patient',
  id: `p${n}`,
  text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">someone</div>' },
  name: [{ family: 'Same' }],
  gender: n % 2 ? 'male' : 'female',
  birthDate: `195${n}`,
  photo: [{ title: 'portrait' }],
  maritalStatus: { text: 'single' },
}))
const { call, check } = await openCatalogue(
  [
    ...patients,
    { resourceType: 'Observation', id: 'o', status: 'final', code: { text: 'x' }, note: [{ text: 'long' }] },
  ],
  { environment: { MUSUBI_DEFAULT_COUNT: '4', MUSUBI_MAX_COUNT: '5' } },
)

const relations = ({ body }: Reply) => body.link.map(({ relation }: { relation: string }) => relation)
const selfOf = ({ body }: Reply): URLSearchParams =>
  new URL(body.link.find(({ relation }: { relation: string }) => relation === 'self').url).searchParams
const outcomesOf = ({ body }: Reply): string =>
  (body.entry ?? [])
    .filter(({ search }: { search: { mode: string } }) => search.mode === 'outcome')
    .flatMap(({ resource }: { resource: { issue: { diagnostics: string }[] } }) => resource.issue)
    .map(({ diagnostics }: { diagnostics: string }) => diagnostics)
    .join('; ')

t.test('_count is the size of a page, and a page that holds all has no next', async (t) => {
  const sizes: readonly (readonly [string, number, boolean])[] = [
    ['Patient', 4, true],
    ['Patient?_count=2', 2, true],
    ['Patient?_count=5', 5, true],
    ['Patient?gender=male&_count=3', 3, false],
    ['Patient?gender=male&_count=4', 3, false],
    ['Patient?_id=p0', 1, false],
    ['Patient?_id=none', 0, false],
  ]
  for (const [query, size, goesOn] of sizes) {
    const reply = await call('GET', query)
    t.equal(matchesOf(reply.body).length, size, query)
    t.equal(relations(reply).includes('next'), goesOn, query)
    t.notMatch(reply.text, '"entry":[]', 'an empty array is no JSON of FHIR')
  }
})

t.test('a _count above the most is cut down and says so; 0 gives the total alone', async (t) => {
  for (const count of ['6', '999999999999999']) {
    const reply = await call('GET', `Patient?_count=${count}`)
    t.equal(reply.status, 200)
    t.equal(matchesOf(reply.body).length, 5)
    t.match(outcomesOf(reply), '_count')
    t.equal(selfOf(reply).get('_count'), '5')
  }
  const none = await call('GET', 'Patient?_count=0')
  t.equal(none.body.total, 6)
  t.notOk('entry' in none.body)
  t.notOk(relations(none).includes('next'))
})

check('a _count that is no number is refused', [
  ['Patient?_count=-1', refused('_count')],
  ['Patient?_count=1.5', refused('_count')],
  ['Patient?_count=all', refused('_count')],
  ['Patient?_count=', refused('_count')],
  ['Patient?_count=9999999999999999', refused('_count')],
  ['Patient?_count=1&_count=2', refused('_count')],
])

t.test('the total is there when it is asked for, exact, and of matches on all pages', async (t) => {
  t.notOk('total' in (await call('GET', 'Patient?_total=none')).body)
  t.notOk('total' in (await call('GET', 'Patient')).body)
  for (const total of ['accurate', 'estimate']) {
    const reply = await call('GET', `Patient?_total=${total}&_count=1`)
    t.equal(reply.body.total, 6, total)
    t.equal(matchesOf(reply.body).length, 1)
  }
  const reply = await call('GET', 'Patient?gender=male&_summary=count')
  t.equal(reply.body.total, 3)
  t.notOk('entry' in reply.body)
  t.equal((await call('GET', 'Patient?_total=about')).status, 400)
})

const keysOf = async (query: string) => {
  const { body } = await call('GET', query)
  const { resource } = body.entry[0]
  const tags = (resource.meta.tag ?? []).map(({ code }: { code: string }) => code)
  return { keys: Object.keys(resource).toSorted().join(' '), tags: tags.join(' ') }
}

t.test('_summary and _elements give parts, what is mandatory with them, and say SUBSETTED', async (t) => {
  const PARTS: readonly (readonly [string, string])[] = [
    ['Patient?_summary=true', 'birthDate gender id meta name resourceType'],
    ['Patient?_summary=text', 'id meta resourceType text'],
    ['Patient?_summary=data', 'birthDate gender id maritalStatus meta name photo resourceType'],
    ['Patient?_elements=gender', 'gender id meta resourceType'],
    ['Patient?_elements=gender,birthDate', 'birthDate gender id meta resourceType'],
    ['Patient?_elements=Patient.gender', 'gender id meta resourceType'],
    ['Observation?_elements=note', 'code id meta note resourceType status'],
    ['Observation?_elements=id', 'code id meta resourceType status'],
  ]
  for (const [query, keys] of PARTS) t.same(await keysOf(query), { keys, tags: 'SUBSETTED' }, query)
  const whole = await keysOf('Patient?_summary=false')
  t.match(whole.keys, 'photo')
  t.equal(whole.tags, '')
})

check('_summary and _elements exclude each other', [
  ['Patient?_summary=true&_elements=name', refused('_elements')],
  ['Patient?_elements=name&_summary=text', refused('_elements')],
  ['Patient?_summary=some', refused('_summary')],
  ['Patient?_elements=', refused('_elements')],
  ['Patient?_elements=a b', refused('_elements')],
  ['Patient?_contained=true', refused('_contained')],
  ['Patient?_summary=true&_summary=text', refused('_summary')],
])

check('what R4 names and this server does not serve is refused by name', [
  ['Patient?_filter=name eq a', refused('_filter')],
  ['Patient?_text=a', refused('_text')],
  ['Patient?_content=a', refused('_content')],
  ['Patient?_query=a', refused('_query')],
  ['Patient?_list=42', refused('_list')],
  ['Patient?_containedType=container', refused('_containedType')],
  ['Patient?_text:contains=a', refused('_text')],
  ['Patient?_has:Observation:subject:_text=a', refused('_text')],
  ['Patient?nonsense=1', refused('nonsense')],
  ['Patient?Gender=male', refused('Gender')],
  ['Patient?gender:nonsense=male', refused('nonsense')],
  ['Patient?=x', refused('that is served here')],
  ['Patient?_score=1', refused('_score')],
])

t.test('with lenient handling what cannot be applied is left out, said, and gone from self', async (t) => {
  const lenient = { prefer: 'handling=lenient' }
  const LEFT: readonly (readonly [query: string, name: string, matches: number])[] = [
    ['Patient?nonsense=1&gender=male', 'nonsense', 3],
    ['Patient?birthdate=yesterday&gender=male', 'birthdate', 3],
    ['Patient?gender:nonsense=x&gender=male', 'gender:nonsense', 3],
    ['Patient?_text=x&gender=male', '_text', 3],
    ['Patient?_sort=nonsense&gender=male', '_sort', 3],
    ['Patient?_include=Patient:nonsense&gender=male', '_include', 3],
    ['Patient?gender:in=http://a.example/none&gender=male', 'gender:in', 3],
  ]
  for (const [query, name, matches] of LEFT) {
    const reply = await call('GET', query, undefined, lenient)
    t.equal(reply.status, 200, `${query} ${diagnosticsOf(reply)}`)
    t.equal(matchesOf(reply.body).length, matches, query)
    t.match(outcomesOf(reply), name, query)
    t.notOk(selfOf(reply).has(name), query)
    t.equal(selfOf(reply).get('gender'), 'male', query)
    t.equal((await call('GET', query, undefined, { prefer: 'handling=strict' })).status, 400, query)
  }
})

check('limits', [
  [`Patient?_id=${Array.from({ length: 3_000 }, (_, n) => `x${n}`).join(',')}`, refused('values', 422)],
  [`Patient?_id=${Array.from({ length: 1_000 }, (_, n) => `p${n}`).join(',')}&gender=male`, 'p1 p3 p5'],
  [`Patient?${'_id=p1&'.repeat(2_001)}`, refused('values', 422)],
  [`Patient?_sort=${'_id,'.repeat(8)}_id`, refused('_sort', 422)],
])

t.test('POST _search asks what GET asks, from the body and the URL together', async (t) => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const posted = await call('POST', 'Patient/_search?gender=male', '_sort=-birthdate&birthdate=lt1955', form)
  t.equal(posted.status, 200, posted.text)
  t.same(matchesOf(posted.body), ['p3', 'p1'])
  const bad = await call('POST', 'Patient/_search', 'nonsense=1', form)
  t.equal(bad.status, 400)
  t.match(diagnosticsOf(bad), 'nonsense')
})
