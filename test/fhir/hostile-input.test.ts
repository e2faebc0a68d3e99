// Bytes made to hurt: neither reader throws anything but a FhirError of the client's, takes a second, or fills the heap. https://owasp.org/www-community/vulnerabilities/XML_External_Entity_(XXE)_Processing
import fc from 'fast-check'
import t from 'tap'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { parseJson } from '../../src/fhir/json.ts'
import { FhirError } from '../../src/fhir/outcome.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { locateXml, parseXml } from '../../src/fhir/xml/parse.ts'
import { stringifyXml } from '../../src/fhir/xml/stringify.ts'
import { parseTree } from '../../src/fhir/xml/tree.ts'

const definitions = loadDefinitions()
const SIZE = 4 << 20
const HEAD = '<Patient xmlns="http://hl7.org/fhir">'
const NARRATIVE = '<text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">'
const patient = (body: string) => `${HEAD}${body}</Patient>`
const gender = (value: string) => patient(`<gender value="${value}"/>`)
const fill = (text: string) => text.repeat(SIZE / text.length)
const list = (make: (at: number) => string, length = 200_000) =>
  Array.from({ length }, (_, at) => make(at)).join('')

type Source = string | Uint8Array
const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')

const XML: Readonly<Record<string, Source>> = {
  'a huge value': gender(fill('a')),
  'a huge value that does not end': `${HEAD}<gender value="${fill('a')}`,
  'a huge value in UTF-16': utf16(gender(fill('a').slice(0, SIZE / 2))),
  'a huge name of an attribute': patient(`<gender ${fill('a')}="x"/>`),
  'a huge name of an element': patient(`<${fill('a-')}/>`),
  'a huge prefix': `<${fill('f')}:Patient xmlns:${fill('f')}="http://hl7.org/fhir"/>`,
  'colons in a name': patient(`<${fill('a:')}/>`),
  'many attributes': patient(`<gender${list((at) => ` a${at}="x"`)}/>`),
  'many namespaces': `<Patient xmlns="http://hl7.org/fhir"${list((at) => ` xmlns:a${at}="x"`)}/>`,
  'one attribute many times': patient(`<gender${list(() => ' a="x"')}/>`),
  'a huge attribute twice': patient(`<gender ${fill('a')}="" ${fill('a')}=""/>`),
  'a huge encoding': `<?xml version="1.0" encoding="${fill('a')}"?>`,
  'many entities': gender(fill('&amp;')),
  'many references to characters': gender(fill('&#x41;')),
  'many entities that are none': gender(fill('&')),
  'an entity without end': gender(`&${fill('a')};`),
  'entities of entities': `<!DOCTYPE l [${list((at) => `<!ENTITY l${at} "&l${at - 1};&l${at - 1};">`, 1000)}]>${gender('&l999;')}`,
  'an entity from outside': `<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]>${gender('&x;')}`,
  'white space in the declaration': `<?xml version="1.0"${fill(' ')}?`,
  'an encoding without end': `<?xml version="1.0" encoding="${fill('a')}`,
  'many lines and then a fault': `${HEAD}${fill('\n')}<x/>`,
  'many comments': `${HEAD}${fill('<!---->')}`,
  'a comment of dashes': `${HEAD}<!--${fill('- ')}-->`,
  'many elements': patient('<name/>'.repeat(100_000)),
  'many items, then a fault': `${HEAD}<name>${'<given value="a"/><given id="b"/>'.repeat(50_000)}`,
  'deep extensions': HEAD + fill('<extension url="a">'),
  'deep contained': HEAD + fill('<contained><Patient>'),
  'a deep narrative': `${HEAD}${NARRATIVE}${fill('<p>')}`,
  'a narrative of brackets': `${HEAD}${NARRATIVE}${fill('<')}`,
  'a narrative of quotes': `${HEAD}${NARRATIVE}${fill('<a "')}`,
  'a long number': patient(`<multipleBirthInteger value="${fill('9')}"/>`),
  'slashes in a tag': HEAD + fill('<gender/'),
  'half a UTF-16 unit': Buffer.concat([utf16(gender('male')), Buffer.from([1])]),
  'half of a surrogate pair': utf16(gender('\ud800')),
  'two byte order marks': `\ufeff\ufeff${gender('male')}`,
  'a mark of UTF-32': Buffer.from([0xff, 0xfe, 0, 0, 0x3c, 0, 0, 0]),
  'a mark alone': Buffer.from([0xfe, 0xff]),
  'too long a form of UTF-8': Buffer.concat([Buffer.from(HEAD), Buffer.from([0xc0, 0xbc])]),
}

const JSON_TEXT: Readonly<Record<string, Source>> = {
  'deep lists': fill('['),
  'deep objects': fill('{"a":'),
  'a huge text': `"${fill('a')}"`,
  'a huge text that does not end': `"${fill('a')}`,
  'a huge name': `{"${fill('a')}":1}`,
  'many escapes': `"${fill('\\u0041')}"`,
  'many backslashes': `"${fill('\\')}`,
  'many names': `{${list((at) => `"a${at}":1,`)}"z":1}`,
  'many numbers for names': `{${list((at) => `"${at * 1_000_003}":1,`)}"z":1}`,
  'an object of its own shape each': `[${list((at) => `{"a${at}":1},`, 100_000)}0]`,
  'a long number': fill('1'),
  'a huge exponent': '1e99999999999999999999',
  'many lines and then a fault': `${fill('\n')}x`,
  'many numbers with digits to keep': `[${'1.0,'.repeat(200_000)}0]`,
  'many surrogate pairs': `[${'"😀",'.repeat(200_000)}0]`,
  'UTF-16': utf16('{"a":1}'),
  'two byte order marks': '\ufeff\ufeff1',
  'a byte order mark alone': Buffer.from([0xef, 0xbb, 0xbf]),
}

/** Runs it; returns what is wrong with how it ended, or undefined. Its own time counts, not that of a busy machine. */
function judge(run: () => unknown): string | undefined {
  const heap = process.memoryUsage().heapUsed
  const started = process.threadCpuUsage()
  try {
    run()
  } catch (error) {
    if (!(error instanceof FhirError)) return `threw ${String(error)}`
    if (error.status < 400 || error.status > 499) return `threw a ${error.status}`
    if (error.message.length > 1000) return `has a message of ${error.message.length} characters`
  }
  const { user, system } = process.threadCpuUsage(started)
  const ms = (user + system) / 1000
  const mib = (process.memoryUsage().heapUsed - heap) / 2 ** 20
  if (ms > 1000) return `took ${Math.round(ms)} ms`
  return mib > 100 ? `took ${Math.round(mib)} MiB` : undefined
}

for (const [name, source] of Object.entries(XML))
  t.test(`XML: ${name}`, async (t) => {
    const bytes = typeof source === 'string' ? Buffer.from(source) : source
    t.equal(
      judge(() => parseXml(bytes, definitions)),
      undefined,
      'read',
    )
    t.equal(
      judge(() => locateXml(bytes, definitions, [['name', 5], ['x']])),
      undefined,
      'located',
    )
  })

for (const [name, source] of Object.entries(JSON_TEXT))
  t.test(`JSON: ${name}`, async (t) => {
    const bytes = typeof source === 'string' ? Buffer.from(source) : source
    t.equal(
      judge(() => parseJson(bytes)),
      undefined,
    )
  })

const TREES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries(XML).filter((each): each is [string, string] => typeof each[1] === 'string'),
  ),
  'a huge comment': `<!--${'a'.repeat(16 << 20)}--><a/>`,
  'more attributes than a stack holds': `<a${list((at) => ` a${at}="x"`, 1_200_000)}/>`,
  'entities between tags': `<a>${fill('&amp;')}</a>`,
  'an entity without end between tags': `<a>&${fill('a')};</a>`,
}

for (const [name, text] of Object.entries(TREES))
  t.test(`XML tree: ${name}`, async (t) => {
    t.equal(
      judge(() => parseTree(text)),
      undefined,
    )
  })

t.test('a patch holds no characters that XML does not have', async (t) => {
  for (const reference of ['&#xD800;', '&#0;', '&', '&b;'])
    t.throws(() => parseTree(`<a>${reference}</a>`), FhirError, reference)
})

t.test('more properties or attributes than any element of FHIR has are refused', async (t) => {
  t.throws(() => parseJson(JSON_TEXT['many names']!), /more than 1000 properties/)
  t.throws(() => parseXml(XML['many attributes']!, definitions), /more than 100 attributes/)
})

const RESOURCE = {
  resourceType: 'Patient',
  text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">山田 &amp; <b>a</b></div>' },
  contained: [{ resourceType: 'Organization', id: 'o', name: '𠮷野' }],
  extension: [{ url: 'http://a.b', valueDecimal: 1.5 }],
  name: [{ family: 'a & "b"', given: ['c', 'd'], _given: [null, { id: 'e' }] }],
} as unknown as Resource
const texts = [
  stringifyXml(RESOURCE, definitions),
  stringifyXml(RESOURCE, definitions, true),
  JSON.stringify(RESOURCE),
]
const seeds = texts.flatMap((text) => [Buffer.from(text), utf16(text), utf16(text).swap16()])

/** One change of bytes: a flip, a cut, a piece put in, a piece said twice. */
const edit = fc.tuple(
  fc.constantFrom('flip', 'cut', 'put', 'twice'),
  fc.nat(5000),
  fc.nat(60),
  fc.uint8Array({ maxLength: 6 }),
)

function apply(
  bytes: Buffer,
  [kind, place, length, put]: readonly [string, number, number, Uint8Array],
): Buffer {
  const at = bytes.length === 0 ? 0 : place % bytes.length
  const before = bytes.subarray(0, at)
  switch (kind) {
    case 'flip':
      return Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ (1 << (length % 8)) : byte)))
    case 'cut':
      return length > 40 ? before : Buffer.concat([before, bytes.subarray(at + length)])
    case 'put':
      return Buffer.concat([before, put, bytes.subarray(at)])
  }
  return Buffer.concat([before, bytes.subarray(at, at + length), bytes.subarray(at)])
}

t.test('any bytes near a resource, in any encoding, by either reader', async (t) => {
  const changed = fc
    .tuple(fc.constantFrom(...seeds), fc.array(edit, { maxLength: 5 }))
    .map(([bytes, edits]) => edits.reduce(apply, bytes))
  fc.assert(
    fc.property(changed, (bytes) => {
      for (const run of [
        () => parseJson(bytes),
        () => stringifyXml(parseXml(bytes, definitions), definitions),
        () => locateXml(bytes, definitions, [['name', 0, 'given', 1], []]),
      ]) {
        const wrong = judge(run)
        if (wrong !== undefined) throw new Error(wrong)
      }
    }),
    { numRuns: 5000, seed: 20_261_127 },
  )
  t.pass()
})
