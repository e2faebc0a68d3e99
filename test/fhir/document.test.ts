// Documents as they are stored. https://hl7.org/fhir/R4/resource.html#Meta
import t from 'tap'
import { buildDocument, sameContent, stampDocument } from '../../src/fhir/document.ts'
import { parseJson } from '../../src/fhir/json.ts'
import type { Resource } from '../../src/fhir/resource.ts'

const parse = (text: string) => parseJson(text) as Resource

t.test('resourceType, id and meta come first, and the stamp lands in lastUpdated', async (t) => {
  const resource = parse(
    '{"name":[{"text":"山"}],"meta":{"tag":[{"code":"x"}],"lastUpdated":"old","versionId":"9"},"id":"a","x":1.00,"resourceType":"Patient"}',
  )
  const document = stampDocument(buildDocument(resource, '2'), Date.UTC(2026, 0, 2))
  t.equal(
    Buffer.from(document).toString(),
    '{"resourceType":"Patient","id":"a","meta":{"versionId":"2","lastUpdated":"2026-01-02T00:00:00.000Z","tag":[{"code":"x"}]},"name":[{"text":"山"}],"x":1.00}',
  )
})

t.test(
  'the stamp is counted in bytes, also with no meta, no id or names that sort before others',
  async (t) => {
    for (const text of [
      '{"resourceType":"Patient"}',
      '{"resourceType":"患者","id":"é"}',
      '{"1":2,"resourceType":"Patient","meta":{"1":2}}',
    ]) {
      const { document, stampAt } = buildDocument(parse(text), 'v')
      t.equal(Buffer.from(document.subarray(stampAt - 1, stampAt + 25)).toString(), `"${' '.repeat(24)}"`)
      t.ok(JSON.parse(Buffer.from(document).toString()))
    }
  },
)

t.test('meta that is no object is refused', async (t) => {
  for (const meta of ['1', '"x"', 'null', '[]', '1.0'])
    t.throws(
      () => buildDocument(parse(`{"resourceType":"Patient","meta":${meta}}`), '1'),
      { code: 'structure' },
      meta,
    )
})

t.test('content is the same but for version, time and order; numbers by their text', async (t) => {
  const one = parse(
    '{"resourceType":"X","meta":{"versionId":"1","lastUpdated":"a"},"a":[1.0,{"b":null,"c":"d"}]}',
  )
  const same = [
    '{"a":[1.0,{"c":"d","b":null}],"resourceType":"X"}',
    '{"resourceType":"X","meta":{"versionId":"2"},"a":[1.0,{"b":null,"c":"d"}]}',
  ]
  for (const text of same) t.ok(sameContent(one, parse(text)) && sameContent(parse(text), one), text)
  for (const text of [
    '{"resourceType":"X","a":[1.00,{"b":null,"c":"d"}]}',
    '{"resourceType":"X","a":[1,{"b":null,"c":"d"}]}',
    '{"resourceType":"X","a":[1.0,{"c":"d"}]}',
    '{"resourceType":"X","a":[{"b":null,"c":"d"},1.0]}',
    '{"resourceType":"X","a":{"0":1.0,"1":{"b":null,"c":"d"}}}',
    '{"resourceType":"X","a":[{"rawJSON":"1.0"},{"b":null,"c":"d"}]}',
    '{"resourceType":"X","meta":{"tag":[]},"a":[1.0,{"b":null,"c":"d"}]}',
    '{"resourceType":"X","a":[1.0,{"b":null,"c":"d"}],"e":1}',
  ])
    t.notOk(sameContent(one, parse(text)) || sameContent(parse(text), one), text)
})
