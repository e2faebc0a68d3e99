// The server in XML: what is read, what is written, and how one asks for it. https://hl7.org/fhir/R4/http.html#mime-type
import t from 'tap'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { parseXml } from '../../src/fhir/xml/parse.ts'
import { stringifyXml } from '../../src/fhir/xml/stringify.ts'
import { openServer } from '../support/server.ts'

const definitions = loadDefinitions()
const XML = 'application/fhir+xml'
const PATIENT =
  '<Patient xmlns="http://hl7.org/fhir"><name><family value="山田"/></name><gender value="female"/></Patient>'

t.test(
  'the statement in one format is not taken for the other; a refused patch says which are read',
  async (t) => {
    const { app, auth } = await openServer(t)
    const statement = await app.inject({ url: '/fhir/metadata', headers: { accept: XML } })
    t.match(statement.headers['vary'], /accept/i)
    const json = await app.inject({ url: '/fhir/metadata', headers: { origin: 'http://a.b' } })
    t.match(json.headers['vary'], /accept/i)
    const headers = { ...(await auth()), 'content-type': 'text/plain' }
    const patch = await app.inject({ method: 'PATCH', url: '/fhir/Patient/x', headers, payload: 'a' })
    t.equal(patch.statusCode, 415)
    t.match(patch.headers['accept-patch'], /application\/json-patch\+json, application\/xml-patch\+xml/)
  },
)

t.test('what $validate cannot even parse is told in the format of _format', async (t) => {
  const { app, auth } = await openServer(t)
  const headers = { ...(await auth()), 'content-type': 'application/fhir+json' }
  const url = '/fhir/Patient/$validate?_format=xml'
  const reply = await app.inject({ method: 'POST', url, headers, payload: '{"a":' })
  t.equal(reply.statusCode, 200)
  t.match(reply.headers['content-type'], XML)
  t.match(reply.body, /<OperationOutcome/)
})

t.test('a server that speaks XML', async (t) => {
  const { app, auth } = await openServer(t)
  const headers = await auth()
  const send = (
    method: 'GET' | 'POST' | 'PUT' | 'PATCH',
    url: string,
    more: { body?: string; type?: string; accept?: string } = {},
  ) =>
    app.inject({
      method,
      url: `/fhir/${url}`,
      headers: {
        ...headers,
        ...(more.type && { 'content-type': more.type }),
        ...(more.accept && { accept: more.accept }),
      },
      ...(more.body !== undefined && { payload: more.body }),
    })

  const created = await send('POST', 'Patient', { body: PATIENT, type: XML, accept: XML })
  const { id } = parseXml(created.body, definitions)

  t.test('creates from XML and answers in XML', async (t) => {
    t.equal(created.statusCode, 201)
    t.equal(created.headers['content-type'], 'application/fhir+xml; charset=utf-8')
    t.match(created.body, '<family value="山田"/>')
  })

  /** Accept, `_format`, and the Content-Type of the answer; undefined for a refusal. */
  const ASKED: readonly (readonly [string | undefined, string, string | undefined])[] = [
    [undefined, '', 'application/fhir+json'],
    ['*/*', '', 'application/fhir+json'],
    ['application/fhir+xml', '', XML],
    ['application/xml', '', XML],
    ['text/xml;q=0.5, application/fhir+json;q=0.4', '', XML],
    ['application/fhir+xml;q=0.4, application/fhir+json;q=0.5', '', 'application/fhir+json'],
    ['application/fhir+json, application/fhir+xml', '', 'application/fhir+json'],
    ['application/fhir+xml;q=0, */*', '', 'application/fhir+json'],
    ['application/fhir+xml; fhirVersion=4.0', '', XML],
    ['application/fhir+xml; fhirVersion=5.0', '', undefined],
    ['application/fhir+json', 'xml', XML],
    [undefined, 'application/fhir%2Bxml', XML],
    [undefined, 'application/fhir+xml', XML],
    ['application/fhir+xml', 'json', 'application/fhir+json'],
    ['text/turtle', '', undefined],
    [undefined, 'ttl', undefined],
  ]
  t.test('writes what is preferred', async (t) => {
    for (const [accept, format, type] of ASKED) {
      const reply = await send(
        'GET',
        `Patient/${id}${format && `?_format=${format}`}`,
        accept === undefined ? {} : { accept },
      )
      const name = `${accept} ${format}`
      t.equal(reply.statusCode, type === undefined ? 406 : 200, name)
      if (type !== undefined) t.equal(reply.headers['content-type'], `${type}; charset=utf-8`, name)
    }
  })

  t.test('searches, histories, metadata, operations and failures in XML', async (t) => {
    const page = await send('GET', 'Patient?name=山田', { accept: XML })
    t.equal((parseXml(page.body, definitions)['entry'] as readonly unknown[]).length, 1)
    t.equal(
      parseXml((await send('GET', `Patient/${id}/_history`, { accept: XML })).body, definitions)['type'],
      'history',
    )
    t.equal(
      parseXml((await send('GET', 'metadata?_format=xml')).body, definitions).resourceType,
      'CapabilityStatement',
    )
    t.equal(
      parseXml((await send('GET', `Patient/${id}/$everything`, { accept: XML })).body, definitions)
        .resourceType,
      'Bundle',
    )
    const absent = await send('GET', 'Patient/none', { accept: XML })
    t.equal(absent.statusCode, 404)
    t.equal(parseXml(absent.body, definitions).resourceType, 'OperationOutcome')
    t.match((await send('GET', `Patient/${id}?_format=xml&_pretty=true`)).body, '\n  <name>\n    <family')
  })

  t.test('pages as NDJSON, one resource a line, their links in a header', async (t) => {
    await send('POST', 'Patient', { body: PATIENT, type: XML })
    const reply = await send('GET', 'Patient?_count=1', { accept: 'application/fhir+ndjson' })
    t.equal(reply.headers['content-type'], 'application/fhir+ndjson; charset=utf-8')
    t.same(
      reply.body
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).resourceType),
      ['Patient'],
    )
    t.match(reply.headers['link'], /rel="next"/)
    t.equal((await send('GET', `Patient/${id}`, { accept: 'application/fhir+ndjson' })).statusCode, 406)
  })

  t.test('runs a transaction in XML', async (t) => {
    const bundle = stringifyXml(
      {
        resourceType: 'Bundle',
        type: 'transaction',
        entry: [
          {
            resource: { resourceType: 'Basic', code: { text: 'a' } },
            request: { method: 'POST', url: 'Basic' },
          },
        ],
      },
      definitions,
    )
    const reply = await send('POST', '', { body: bundle, type: XML, accept: XML })
    t.equal(reply.statusCode, 200, reply.body)
    t.equal(parseXml(reply.body, definitions)['type'], 'transaction-response')
  })

  t.test('tells the line and column of what is wrong in XML', async (t) => {
    const broken = await send('POST', 'Patient', {
      body: '<Patient xmlns="http://hl7.org/fhir">\n  <nickname value="a"/></Patient>',
      type: XML,
    })
    t.equal(broken.statusCode, 400)
    t.match(broken.json().issue[0].diagnostics, /line 2, column 3/)
    const invalid = await send('POST', 'Patient', {
      body: '<Patient xmlns="http://hl7.org/fhir">\n  <gender value="x"/>\n</Patient>',
      type: XML,
    })
    t.equal(invalid.statusCode, 422)
    t.same(
      invalid.json().issue[0].extension.map(({ valueInteger }: { valueInteger: number }) => valueInteger),
      [2, 3],
    )
  })

  t.test('patches by XML Patch, and by FHIRPath Patch in XML', async (t) => {
    const diff =
      '<diff xmlns:f="http://hl7.org/fhir"><replace sel="f:Patient/f:gender/@value">male</replace></diff>'
    const patched = await send('PATCH', `Patient/${id}`, { body: diff, type: 'application/xml-patch+xml' })
    t.equal(patched.statusCode, 200, patched.body)
    t.equal(patched.json().gender, 'male')
    const parameters = stringifyXml(
      {
        resourceType: 'Parameters',
        parameter: [
          {
            name: 'operation',
            part: [
              { name: 'type', valueCode: 'replace' },
              { name: 'path', valueString: 'Patient.gender' },
              { name: 'value', valueCode: 'other' },
            ],
          },
        ],
      },
      definitions,
    )
    const again = await send('PATCH', `Patient/${id}`, { body: parameters, type: XML })
    t.equal(again.statusCode, 200, again.body)
    t.equal(again.json().gender, 'other')
  })
})
