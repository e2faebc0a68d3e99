// Searchsets and histories: their links, their form, and walks from page to page. https://hl7.org/fhir/R4/http.html#paging
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { type Call, diagnosticsOf, openClient } from '../support/rest.ts'
import { openServer, type TestServer } from '../support/server.ts'

interface Bundle {
  readonly link?: readonly { readonly relation: string; readonly url: string }[]
  readonly entry?: readonly {
    readonly resource?: { readonly id: string }
    readonly search?: { readonly mode: string }
  }[]
}

const BASE = 'http://127.0.0.1:3000/fhir'

const linkOf = (page: Bundle, relation: string) => page.link?.find((each) => each.relation === relation)?.url
const idsOf = (page: Bundle) => (page.entry ?? []).flatMap(({ resource }) => resource?.id ?? [])
const below = (url: string | undefined) => url?.slice(BASE.length).replace(/^\//, '') ?? ''

async function openWithFive(
  t: Parameters<typeof openServer>[0],
  environment = {},
): Promise<{ server: TestServer; call: Call }> {
  const server = await openServer(t, environment)
  const call = await openClient(server)
  await call('PUT', 'Patient/p', {
    resourceType: 'Patient',
    id: 'p',
    name: [{ family: '山田' }],
    gender: 'male',
  })
  for (const n of [1, 2, 3, 4, 5])
    await call('PUT', `Observation/o${n}`, {
      resourceType: 'Observation',
      id: `o${n}`,
      status: 'final',
      code: { coding: [{ system: 'urn:codes', code: 'a' }], text: 'x' },
      subject: { reference: 'Patient/p' },
      effectiveDateTime: `2024-05-0${n}`,
      valueString: 'secret',
    })
  return { server, call }
}

t.test('a searchset has whole resources with their URLs, and says what was applied', async (t) => {
  const { call } = await openWithFive(t)
  const { body, headers } = await call(
    'GET',
    'Observation?code=urn:codes%7Ca&_sort=date&_count=2&_format=json',
  )
  t.equal(headers['cache-control'], 'private, no-store')
  t.strictSame([body.resourceType, body.type, body.total], ['Bundle', 'searchset', undefined])
  t.equal(linkOf(body, 'self'), `${BASE}/Observation?code=urn:codes%7Ca&_sort=date&_count=2`)
  t.match(linkOf(body, 'next'), /^http:\/\/127\.0\.0\.1:3000\/fhir\/Observation\?_page=[A-Za-z0-9_-]+$/)
  t.strictSame(idsOf(body), ['o1', 'o2'])
  t.equal(body.entry[0].fullUrl, `${BASE}/Observation/o1`)
  t.strictSame(body.entry[0].search, { mode: 'match' })
  t.strictSame(body.entry[0].resource, (await call('GET', 'Observation/o1')).body)
})

t.test('a walk ends without a next link when the last page is full', async (t) => {
  const { call } = await openWithFive(t)
  const walk = async (path: string) => {
    const pages: string[][] = []
    for (let url = path; url !== ''; ) {
      const { body, status } = await call('GET', url)
      t.equal(status, 200)
      t.equal(linkOf(body, 'self'), `${BASE}/${url}`)
      pages.push(idsOf(body))
      url = below(linkOf(body, 'next'))
    }
    return pages
  }
  t.strictSame(await walk('Observation?_sort=-date&_count=2'), [['o5', 'o4'], ['o3', 'o2'], ['o1']])
  t.strictSame(
    (await walk('Observation?_count=5')).map((page) => page.length),
    [5],
  )
  t.strictSame(
    (await walk('Patient/p/Observation?_count=3')).map((page) => page.length),
    [3, 2],
  )
  t.strictSame(
    (await walk('Patient/p/*?_count=4')).map((page) => page.length),
    [4, 2],
  )
})

t.test(
  'a POST search asks the same and goes on by GET, without a value of it in any next link',
  async (t) => {
    const { call } = await openWithFive(t)
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const posted = await call(
      'POST',
      'Observation/_search?_count=2',
      'subject:Patient.name=%E5%B1%B1%E7%94%B0&_sort=date',
      form,
    )
    t.equal(posted.status, 200)
    t.strictSame(idsOf(posted.body), ['o1', 'o2'])
    t.notMatch(linkOf(posted.body, 'next'), /name|%E5/)
    t.strictSame(idsOf((await call('GET', below(linkOf(posted.body, 'next')))).body), ['o3', 'o4'])
    const system = await call('POST', '_search', '_type=Patient', form)
    t.strictSame(idsOf(system.body), ['p'])
    t.equal((await call('POST', 'Patient/p/Observation/_search', 'code=a', form)).body.entry.length, 5)
    t.equal((await call('POST', 'Observation/_search', '', form)).body.entry.length, 5)
    t.equal((await call('POST', 'Observation/_search', 'code=%E0%A4%A', form)).status, 400)
    t.equal((await call('POST', 'Observation/_search', Buffer.from([0x63, 0x3d, 0xff]), form)).status, 400)
  },
)

t.test('a search too long for a URL goes on as well', async (t) => {
  const { server, call } = await openWithFive(t)
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const codes = Array.from({ length: 1500 }, (_, n) => `urn:codes|nonsense-${n}`).join(',')
  const posted = await call('POST', 'Observation/_search', `code=${codes},a&_count=3&_sort=date`, form)
  t.strictSame(idsOf(posted.body), ['o1', 'o2', 'o3'])
  const next = below(linkOf(posted.body, 'next'))
  t.ok(next.length < 1000)
  t.strictSame(idsOf((await call('GET', next)).body), ['o4', 'o5'])
  const key = (await server.store.records.list('walk'))[0]!.key
  await server.store.records.delete('walk', key)
  t.equal((await call('GET', next)).status, 410, 'until it is swept')
})

t.test('a page link that was altered, belongs to another, or is used elsewhere is 400', async (t) => {
  const { server, call } = await openWithFive(t)
  const next = below(linkOf((await call('GET', 'Observation?_count=2')).body, 'next'))
  const sealed = next.slice(next.indexOf('=') + 1)
  const flipped = (sealed.startsWith('A') ? 'B' : 'A') + sealed.slice(1)
  for (const path of [
    `Observation?_page=${flipped}`,
    `Observation?_page=${sealed.slice(0, -2)}`,
    `Observation?_page=`,
    'Observation?_page=x',
    `Observation?_page=${sealed}&code=a`,
    `Patient?_page=${sealed}`,
    `?_page=${sealed}`,
    `Observation/_history?_page=${sealed}`,
    `Observation?_page=${sealed}&_page=${sealed}`,
  ]) {
    const reply = await call('GET', path)
    t.equal(reply.status, 400, path)
    t.equal(reply.body.resourceType, 'OperationOutcome')
  }
  const others = [{ subject: 'Client/other' }, { client: 'other' }, { purpose: 'HRESCH' }]
  for (const grant of others)
    t.equal(
      (await (await openClient(server, undefined, grant))('GET', next)).status,
      400,
      JSON.stringify(grant),
    )
  t.equal((await (await openClient(server))('GET', next)).status, 200, 'a new token of the same one goes on')
})

t.test('a page of one patient’s record does not go on in the context of another', async (t) => {
  const { server, call } = await openWithFive(t)
  await call('PUT', 'Patient/q', { resourceType: 'Patient', id: 'q' })
  const inContextOf = (patient: string) =>
    openClient(server, 'patient/*.rs', { subject: 'Practitioner/dr', patient })
  const page = (await (await inContextOf('p'))('GET', 'Observation?_count=2&_total=accurate')).body
  t.equal(page.total, 5)
  const next = below(linkOf(page, 'next'))
  t.equal((await (await inContextOf('q'))('GET', next)).status, 400)
  t.equal((await (await inContextOf('p'))('GET', next)).body.entry.length, 2)
})

t.test('where access was withdrawn meanwhile the page is empty and has no next', async (t) => {
  const { server, call } = await openWithFive(t)
  const cases: readonly [string, string][] = [
    ['Observation?_count=2', 'system/Patient.rs'],
    ['Observation?_count=2&subject:Patient.gender=male', 'system/Observation.rs'],
    ['Patient/p/Observation?_count=2', 'system/Patient.rs'],
    ['Observation?_count=2&_total=accurate', 'system/Observation.rs?code=b'],
  ]
  for (const [path, scope] of cases) {
    const next = below(linkOf((await call('GET', path)).body, 'next'))
    const reply = await (await openClient(server, scope))('GET', next)
    t.equal(reply.status, 200, path)
    t.equal(reply.body.entry, undefined, path)
    t.equal(linkOf(reply.body, 'next'), undefined, path)
  }
})

t.test('an expired page link is 410', async (t) => {
  const { call } = await openWithFive(t, { MUSUBI_PAGE_LINK_TTL: '1' })
  const next = below(linkOf((await call('GET', 'Observation?_count=2')).body, 'next'))
  await sleep(1100)
  const reply = await call('GET', next)
  t.strictSame([reply.status, reply.body.issue[0].code], [410, 'expired'])
})

t.test('lenient searches leave out what they cannot apply, say so, and drop it from self', async (t) => {
  const { call } = await openWithFive(t)
  const path = 'Observation?code=a&nonsense=1&_count=1'
  const strict = await call('GET', path)
  t.equal(strict.status, 400)
  t.match(diagnosticsOf(strict), /nonsense/)
  const { body } = await call('GET', path, undefined, { prefer: 'handling=lenient' })
  t.equal(linkOf(body, 'self'), `${BASE}/Observation?code=a&_count=1`)
  const last = body.entry.at(-1)
  t.strictSame([last.search.mode, last.resource.resourceType], ['outcome', 'OperationOutcome'])
  t.match(last.resource.issue[0].diagnostics, /nonsense/)
  t.equal(body.entry.length, 2)
  const next = await call('GET', below(linkOf(body, 'next')))
  t.strictSame(
    next.body.entry.map((entry: { search: { mode: string } }) => entry.search.mode),
    ['match'],
    'the walk stays lenient, and says it once',
  )
})

t.test('_summary, _elements, _total, _count and includes shape a page', async (t) => {
  const { call } = await openWithFive(t)
  const get = async (query: string) => (await call('GET', `Observation?${query}`)).body
  for (const query of ['_summary=count', '_count=0&_total=accurate']) {
    const page = await get(query)
    t.strictSame([page.total, page.entry, linkOf(page, 'next')], [5, undefined, undefined], query)
  }
  t.equal((await get('_total=accurate&_count=2')).total, 5)
  const summary = (await get('_summary=true&_count=1')).entry[0].resource
  t.equal(summary.meta.tag[0].code, 'SUBSETTED')
  const elements = (await get('_elements=status&_count=1')).entry[0].resource
  t.strictSame(
    [elements.status, elements.valueString, elements.meta.tag[0].code],
    ['final', undefined, 'SUBSETTED'],
  )
  t.ok(elements.code, 'what is mandatory stays')
  const cut = await call('GET', `Observation?_elements=status&_count=1`)
  t.equal(
    (await call('PUT', `Observation/${idsOf(cut.body)[0]}`, elements)).status,
    422,
    'a cut resource is not stored',
  )
  const included = await get('_include=Observation:subject&_count=2&_total=accurate')
  t.strictSame(
    included.entry.map((entry: { search: { mode: string } }) => entry.search.mode),
    ['match', 'match', 'include'],
  )
  t.equal(included.total, 5)
  const next = (await call('GET', below(linkOf(included, 'next')))).body
  t.strictSame(idsOf(next).at(-1), 'p', 'the next page repeats what it includes')
  const wide = await get('_count=999999')
  t.match(linkOf(wide, 'self'), /_count=1000$/)
  t.match((await call('GET', 'Observation?_count=1&_pretty=true')).text, /^\{\n {2}"resourceType": "Bundle"/)
})

t.test('compartments answer what belongs to them, and refuse types that never do', async (t) => {
  const { call } = await openWithFive(t)
  t.equal((await call('GET', 'Patient/p/Observation?date=2024-05-03')).body.entry.length, 1)
  t.equal((await call('GET', 'Patient/none/Observation')).body.entry, undefined)
  t.equal((await call('GET', 'Patient/p/Organization')).status, 400)
  t.equal((await call('GET', 'Patient/p/*?_type=Observation&_summary=count')).body.total, 5)
  t.equal((await call('GET', 'Observation/o1/Patient')).status, 404)
})

t.test('a history lists versions newest first, each with how it came about', async (t) => {
  const { call } = await openWithFive(t)
  await call('PATCH', 'Patient/p', [{ op: 'replace', path: '/gender', value: 'female' }], {
    'content-type': 'application/json-patch+json',
  })
  await call('DELETE', 'Patient/p')
  const made = await call('POST', 'Patient', { resourceType: 'Patient' })
  const { body } = await call('GET', 'Patient/p/_history')
  t.strictSame([body.type, body.total], ['history', 3])
  t.strictSame(
    body.entry.map(
      ({
        request,
        resource,
        response,
      }: {
        request: { method: string; url: string }
        resource?: object
        response: { status: string }
      }) => [request.method, request.url, resource !== undefined, response.status.slice(0, 3)],
    ),
    [
      ['DELETE', 'Patient/p', false, '204'],
      ['PATCH', 'Patient/p', true, '200'],
      ['PUT', 'Patient/p', true, '200'],
    ],
  )
  for (const entry of body.entry) {
    t.equal(entry.fullUrl, `${BASE}/Patient/p`)
    t.match(entry.response, { etag: /^W\/"/, lastModified: /Z$/ })
  }
  const type = (await call('GET', 'Patient/_history')).body
  t.equal(type.entry.length, 4)
  t.match(type.entry[0], {
    request: { method: 'POST', url: 'Patient' },
    response: { status: '201 Created' },
    resource: { id: made.body.id },
  })
  t.equal((await call('GET', '_history?_count=100')).body.entry.length, 9)
  t.equal((await call('GET', 'Patient/none/_history')).status, 404)
  const elements = (await call('GET', 'Patient/p/_history?_elements=gender')).body.entry[1].resource
  t.strictSame([elements.gender, elements.name], ['female', undefined])
})

t.test('_since, _before, _at and _count bound a history', async (t) => {
  const server = await openServer(t)
  const call = await openClient(server)
  const instants: string[] = []
  for (const gender of ['male', 'female', 'other']) {
    await sleep(5)
    const { body } = await call('PUT', 'Patient/p', { resourceType: 'Patient', id: 'p', gender })
    instants.push(encodeURIComponent(body.meta.lastUpdated))
    await sleep(5)
  }
  const genders = async (query: string) => {
    const reply = await call('GET', `Patient/p/_history?${query}`)
    t.equal(reply.status, 200, `${query}: ${reply.text}`)
    return (reply.body.entry ?? []).map((entry: { resource: { gender: string } }) => entry.resource.gender)
  }
  const [first, second, third] = instants
  t.strictSame(await genders(`_since=${second}`), ['other', 'female'])
  t.strictSame(await genders(`_before=${third}`), ['female', 'male'])
  t.strictSame(await genders(`_since=${second}&_before=${third}`), ['female'])
  t.strictSame(await genders(`_at=${second}`), ['female'])
  t.strictSame(
    await genders(`_since=${new Date(Date.now() - 1).toISOString().replace('Z', '%2B00:00')}`),
    [],
    'nothing since, but the resource is there',
  )
  t.strictSame(await genders('_count=1'), ['other'])
  t.strictSame(await genders('_sort=-_lastUpdated'), ['other', 'female', 'male'])
  t.strictSame(await genders('_count=0'), [])
  for (const query of [
    '_since=x',
    '_since=2024-13-01',
    `_before=${new Date(Date.now() + 60_000).toISOString()}`,
    '_count=-1',
    '_count=x',
    '_sort=name',
    'code=a',
    '_list=x',
    `_at=${first}&_since=${first}`,
    '_total=x',
  ])
    t.equal((await call('GET', `Patient/p/_history?${query}`)).status, 400, query)
})
