// Each primitive type with its good and bad forms. https://hl7.org/fhir/R4/datatypes.html#primitive
import t from 'tap'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { parseJson, stringifyJson } from '../../src/fhir/json.ts'
import { createValidator } from '../../src/fhir/validate.ts'

const validate = createValidator(loadDefinitions())

/** JSON texts, so that digits and escapes are as sent. */
interface Row {
  readonly good: readonly string[]
  readonly bad: readonly string[]
}

const text = (...values: string[]) => values.map((value) => JSON.stringify(value))
const NOT_TEXT = ['1', 'true', 'null', '{}', '[]', '["a"]', '""']

const FORMS: Readonly<Record<string, Row>> = {
  base64Binary: {
    good: text('QUJD', 'QUI=', 'QQ==', 'QU\nJD', ' Q U J D '),
    bad: [...text('QUJ', 'QUJDR', 'Q===', 'Q=UJ', 'QU_D', 'QU-D', '=', '山', ' '), ...NOT_TEXT],
  },
  boolean: { good: ['true', 'false'], bad: ['"true"', '0', '1', 'null', '{}', '[true]', '"TRUE"'] },
  canonical: {
    good: text('http://a.b/c', 'http://a.b/c|1.0', 'http://a.b/c|1#x', '#x', 'urn:oid:1.2.3|4', 'ValueSet/a'),
    bad: [...text('http://a b', '|1.0', 'urn:oid:X.Y', 'a|b c', '#a b', ' a'), ...NOT_TEXT],
  },
  code: {
    good: text('a', 'a b', 'a-b c', '山田', '健康 診断'),
    bad: [...text(' a', 'a ', 'a  b', 'a\tb', 'a\n', 'a\u00a0', '\u3000a', 'a\u3000b', ' '), ...NOT_TEXT],
  },
  date: {
    good: text('2024', '2024-02', '2024-02-29', '2000-02-29', '0001-01-01', '9999-12-31'),
    bad: [
      ...text(
        '2023-02-29',
        '1900-02-29',
        '2024-02-30',
        '2024-13',
        '2024-00',
        '2024-04-31',
        '2024-01-00',
        '0000-01-01',
      ),
      ...text(
        '24-01-01',
        '2024-1-1',
        '2024/01/01',
        '20240101',
        '2024-01-01T00:00:00Z',
        '2024-',
        ' 2024',
        '2024-01-0a',
      ),
      ...text('２０２４', '+2024', '12024'),
      ...NOT_TEXT,
    ],
  },
  dateTime: {
    good: [
      ...text('2024', '2024-02', '2024-02-29', '2024-02-29T10:00:00Z', '2024-02-29T10:00:00+09:00'),
      ...text('2024-02-29T10:00:00.123456789-14:00', '2016-12-31T23:59:60Z', '2024-01-01T00:00:00-00:00'),
    ],
    bad: [
      ...text(
        '2024-02-29T10:00Z',
        '2024-02-29T10:00:00',
        '2024-02-29T24:00:00Z',
        '2024-02-30T10:00:00Z',
        '2024-02T10:00:00Z',
      ),
      ...text(
        '2024-02-29T10:60:00Z',
        '2024-02-29T10:00:61Z',
        '2024-02-29T10:00:00+14:01',
        '2024-02-29T10:00:00+15:00',
      ),
      ...text(
        '2024-02-29T10:00:00.Z',
        '2024-02-29 10:00:00Z',
        '2024-02-29T10:00:00z',
        '2024-02-29T10:00:00+0900',
      ),
      ...text(
        '2024-02-29T10:00:00+09',
        '2024-02-29T',
        '2024-02-29T10:00:00ZZ',
        '2024-02-29T1:00:00Z',
        '2024-02-29t10:00:00Z',
      ),
      ...NOT_TEXT,
    ],
  },
  decimal: {
    good: ['0', '-1', '1.00', '1E+3', '1e-7', '0.1234567890123456789', '-1.000000000000000000E+245', '-0'],
    bad: ['"1"', '"1.0"', 'true', 'null', '{}', '[1]', '""', '{"rawJSON":"1.0"}'],
  },
  id: {
    good: text('a', 'A-1.b', 'x'.repeat(64)),
    bad: [...text('x'.repeat(65), 'a b', 'a_b', 'a/b', '山', 'a\n', 'é', '@', '[', '`', '{'), ...NOT_TEXT],
  },
  instant: {
    good: text('2024-02-29T10:00:00Z', '2024-02-29T10:00:00.000+09:00', '2015-06-30T23:59:60Z'),
    bad: [
      ...text('2024-02-29', '2024', '2024-02-29T10:00Z', '2024-02-29T10:00:00', '2023-02-29T10:00:00Z'),
      ...NOT_TEXT,
    ],
  },
  integer: {
    good: ['0', '-1', '2147483647', '-2147483648'],
    bad: [
      '2147483648',
      '-2147483649',
      '1.0',
      '1.5',
      '1e3',
      '1e21',
      '-0',
      '"1"',
      'null',
      'true',
      '{}',
      '[1]',
      '""',
    ],
  },
  markdown: { good: text('*a*\n\nb', ' '), bad: [...text('a\u0000', '\u000b'), ...NOT_TEXT] },
  oid: {
    good: text('urn:oid:1.2.392.200119', 'urn:oid:0.1', 'urn:oid:2.16.840'),
    bad: [
      ...text(
        '1.2.3',
        'urn:oid:3.1',
        'urn:oid:1',
        'urn:oid:1.02',
        'urn:oid:1.',
        'urn:oid:1..2',
        'urn:oid:1.a',
        'urn:uuid:1.2',
      ),
      ...text(`urn:oid:1.${'1'.repeat(2000)}`),
      ...NOT_TEXT,
    ],
  },
  positiveInt: { good: ['1', '2147483647'], bad: ['0', '-1', '2147483648', '1.0', '"1"', 'null', '{}'] },
  string: {
    good: text(
      '山田　太郎',
      'a\u00a0b',
      'a\u200bb',
      'e\u0301',
      '　',
      ' ',
      'a\r\n\tb',
      '𠮷野家',
      'x'.repeat(1_048_576),
    ),
    bad: [
      ...text('a\u0000b', '\u0007', 'a\u000bb', 'a\u000cb', '\u001f', 'x'.repeat(1_048_577)),
      ...NOT_TEXT,
    ],
  },
  time: {
    good: text('00:00:00', '23:59:59', '23:59:60', '12:00:00.5'),
    bad: [
      ...text('24:00:00', '12:00', '12:60:00', '12:00:61', '12:00:00Z', '1:00:00', '12:00:00.', '12-00-00'),
      ...NOT_TEXT,
    ],
  },
  unsignedInt: { good: ['0', '2147483647'], bad: ['-1', '2147483648', '0.0', '"0"', 'null', '{}'] },
  uri: {
    good: text('http://a.b/c?d=e#f', 'urn:oid:1.2.3', 'urn:uuid:A', 'a', 'http:////', 'http://例え.jp/'),
    bad: [...text('a b', ' a', 'a\n', 'urn:oid:X.Y.Z', 'urn:oid:1.2|3', ' '), ...NOT_TEXT],
  },
  url: { good: text('http://a.b', 'mailto:a@b.c'), bad: [...text('a b', '\t'), ...NOT_TEXT] },
  uuid: {
    good: text(
      'urn:uuid:c757873d-ec9a-4326-a141-556f43239520',
      'urn:uuid:C757873D-EC9A-4326-A141-556F43239520',
    ),
    bad: [
      ...text(
        'c757873d-ec9a-4326-a141-556f43239520',
        'urn:uuid:c757873dec9a4326a141556f43239520',
        'urn:uuid:c757873d',
      ),
      ...text('urn:uuid:g757873d-ec9a-4326-a141-556f43239520', 'urn:oid:1.2.3'),
      ...NOT_TEXT,
    ],
  },
}

/** An extension whose value is of the type: the one place in R4 where any type may stand. */
function issuesOf(type: string, json: string) {
  const name = `value${type[0]!.toUpperCase()}${type.slice(1)}`
  return validate(
    parseJson(
      `{"resourceType":"Basic","code":{"text":"a"},"extension":[{"url":"http://a.b","${name}":${json}}]}`,
    ),
  )
}

for (const [type, { good, bad }] of Object.entries(FORMS)) {
  t.test(`${type} is accepted in its good forms and refused in its bad ones`, async (t) => {
    for (const json of good) t.same(issuesOf(type, json), [], json.slice(0, 80))
    for (const json of bad) {
      const [issue, ...more] = issuesOf(type, json)
      t.equal(issue?.expression?.[0], 'Basic.extension[0].value', json.slice(0, 80))
      t.equal(issue?.severity, 'error')
      t.equal(more.length, 0)
    }
  })
}

t.test('the id of a resource is an id, the id of an element any text without spaces', async (t) => {
  const basic = { resourceType: 'Basic', code: { id: 'a_b/山', text: 'a' } }
  t.same(validate(basic), [])
  t.equal(validate({ ...basic, id: 'a_b' })[0]?.expression?.[0], 'Basic.id')
  t.equal(validate({ ...basic, code: { id: 'a b', text: 'a' } })[0]?.expression?.[0], 'Basic.code.id')
  t.equal(
    validate({ ...basic, code: { id: 'a', _id: { id: 'b' }, text: 'a' } })[0]?.expression?.[0],
    'Basic.code',
  )
})

t.test(
  'a number of many digits is a decimal wherever one may stand, and comes back to the digit',
  async (t) => {
    const json =
      '{"resourceType":"Observation","status":"final","code":{"text":"a"},"valueQuantity":{"value":1.00}}'
    const observation = parseJson(json)
    t.same(validate(observation), [])
    t.equal(stringifyJson(observation), json)
  },
)

t.test('the sentence says the rule, the type and what was found', async (t) => {
  const [issue] = issuesOf('date', '"2023-02-29"')
  t.match(issue?.diagnostics, /date that exists.*type date.*found "2023-02-29"/)
  t.equal(issue?.code, 'value')
  const [long] = issuesOf('code', JSON.stringify(` ${'x'.repeat(500)}`))
  t.ok((long?.diagnostics.length ?? 999) < 300, 'long values are cut')
})
