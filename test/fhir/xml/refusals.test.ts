// What is refused of an XML document, and where. https://hl7.org/fhir/R4/xml.html
import fc from 'fast-check'
import t from 'tap'
import { loadDefinitions } from '../../../src/fhir/definitions.ts'
import { FhirError } from '../../../src/fhir/outcome.ts'
import { locateXml, parseXml } from '../../../src/fhir/xml/parse.ts'

const definitions = loadDefinitions()
const HEAD = '<Patient xmlns="http://hl7.org/fhir">'
const patient = (body: string) => `${HEAD}${body}</Patient>`
const DIV = '<div xmlns="http://www.w3.org/1999/xhtml">'

/** What is wrong, the document, and what is said of it (V31). */
const REFUSED: readonly (readonly [string, string, RegExp])[] = [
  ['nothing', '', /ends too early/],
  ['text', 'Patient', /text may not stand/],
  ['a document type', `<!DOCTYPE Patient>${patient('')}`, /not allowed \(line 1, column 1\)/],
  ['an entity declaration', `<!DOCTYPE p [<!ENTITY a "b">]>${patient('')}`, /not allowed/],
  ['an entity of its own', patient('<gender value="&gender;"/>'), /entity "&gender;"/],
  ['a reference to a character that XML does not have', patient('<gender value="&#0;"/>'), /entity/],
  ['a processing instruction', patient('<?php a?>'), /processing instructions/],
  ['CDATA', patient('<![CDATA[a]]>'), /CDATA/],
  ['another encoding', `<?xml version="1.0" encoding="Shift_JIS"?>${patient('')}`, /Shift_JIS/],
  ['a root without namespace', '<Patient/>', /namespace http:\/\/hl7\.org\/fhir/],
  ['a root of another namespace', '<Patient xmlns="urn:hl7-org:v3"/>', /namespace/],
  [
    'an element of another namespace',
    patient('<gender xmlns="urn:a" value="male"/>'),
    /gender is not in FHIR's/,
  ],
  ['a prefix of another namespace', patient('<a:gender value="male"/>'), /a:gender is not in FHIR's/],
  ['no resource type', '<Person2 xmlns="http://hl7.org/fhir"/>', /no resource type Person2/],
  [
    'an unknown element',
    patient('\n  <nickname value="a"/>'),
    /nickname is not one of Patient \(line 2, column 3\)/,
  ],
  ['a name in the wrong case', patient('<Gender value="male"/>'), /Gender is not one of/],
  ['an unknown attribute', patient('<gender value="male" colour="a"/>'), /no attribute colour/],
  ['an attribute twice', patient('<gender value="male" value="female"/>'), /value stands twice/],
  ['a value on a complex element', patient('<name value="a"/>'), /no attribute value/],
  ['text between elements', patient('male'), /text may not stand/],
  [
    'an element that may not repeat',
    patient('<gender value="male"/><gender value="male"/>'),
    /may not repeat/,
  ],
  ['elements in the wrong order', patient('<gender value="male"/><name/>'), /name stands behind/],
  ['a primitive without value or extension', patient('<gender/>'), /neither a value nor/],
  ['a tag that is not closed', `${HEAD}<name>`, /ends too early/],
  ['tags that cross', patient('<name><family value="a"></name></family>'), /closing tag/],
  ['an attribute without quotes', patient('<gender value=male/>'), /in quotes/],
  ['"<" in an attribute', patient('<gender value="<"/>'), /&lt;/],
  ['something behind the root', `${patient('')}<Patient/>`, /nothing may follow/],
  ['a contained element without a resource', patient('<contained/>'), /holds no resource/],
  [
    'a contained element with two',
    patient('<contained><Basic><code/></Basic><Basic/></contained>'),
    /more than one/,
  ],
  [
    'a narrative of another namespace',
    patient('<text><status value="generated"/><div>a</div></text>'),
    /1999\/xhtml/,
  ],
  [
    'a narrative with CDATA',
    patient(`<text><status value="generated"/>${DIV}<![CDATA[a]]></div></text>`),
    /CDATA/,
  ],
  ['a narrative that does not end', `${HEAD}<text><status value="generated"/>${DIV}<p>`, /does not end/],
  ['elements nested too deeply', patient('<extension url="a">'.repeat(300)), /deeper than/],
  ['a comment that does not end', patient('<!-- a'), /comment/],
]

t.test('each is refused with the reason and the place', async (t) => {
  for (const [name, xml, says] of REFUSED) t.throws(() => parseXml(xml, definitions), says, name)
})

t.test('a long name is read as itself, not as a known one that happens to share its slot', async (t) => {
  const slotOf = (name: string) =>
    Array.from(name).reduce((hash, one) => (hash * 31 + one.charCodeAt(0)) | 0, 0) & 2047
  const long = Array.from({ length: 100_000 }, (_, at) => `${'a'.repeat(60)}${100_000 + at}`)
  const twin = long.find((name) => slotOf(name) === slotOf('gender'))
  parseXml(patient('<gender value="male"/>'), definitions)
  t.throws(
    () => parseXml(patient(`<${twin} value="male"/>`), definitions),
    /element a{60}1\d{3}… is not one of Patient/,
  )
})

t.test('bytes that are no text of a known encoding are refused', async (t) => {
  t.throws(() => parseXml(Buffer.from([0xc3, 0x28]), definitions), /UTF-8/)
  t.throws(() => parseXml(Buffer.from(patient('<gender value="\u0001"/>')), definitions), /U\+0001/)
})

t.test('what XML allows and means nothing is read', async (t) => {
  const gender = { resourceType: 'Patient', gender: 'male' }
  for (const xml of [
    `<?xml version="1.0" encoding="utf-8"?>\n<!-- a -->\n${patient("\n  <!-- b --><gender\n value = 'male'/>\n")}\n`,
    '<f:Patient xmlns:f="http://hl7.org/fhir"><f:gender value="male"/></f:Patient>',
    `<Patient xmlns="http://hl7.org/fhir" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b"><gender value="&#109;ale"/></Patient>`,
    `\ufeff${patient('<gender value="male"></gender>')}`,
  ])
    t.same(parseXml(xml, definitions), gender)
  t.same(parseXml(Buffer.from(`\ufeff${patient('<gender value="male"/>')}`, 'utf16le'), definitions), gender)
})

t.test('values that are not of their type stay text, for the validator to name', async (t) => {
  t.same(parseXml(patient('<active value="yes"/><multipleBirthInteger value="two"/>'), definitions), {
    resourceType: 'Patient',
    active: 'yes',
    multipleBirthInteger: 'two',
  })
})

t.test('the place of an element is found by its way through JSON', async (t) => {
  const xml = `${HEAD}\n  <name>\n    <given value="a"/>\n    <given value="b"><extension url="c"/></given>\n  </name>\n</Patient>`
  const paths = [
    [],
    ['name', 0],
    ['name', 0, 'given', 1],
    ['name', 0, '_given', 1, 'extension', 0],
    ['name', 0, 'family'],
    ['gender'],
  ]
  t.same(
    locateXml(xml, definitions, paths).map(({ line, column }) => [line, column]),
    [
      [1, 1],
      [2, 3],
      [4, 5],
      [4, 22],
      [2, 3],
      [1, 1],
    ],
  )
})

const pieces = fc.constantFrom(
  '<',
  '>',
  '</',
  '/>',
  '"',
  "'",
  '&',
  ';',
  '=',
  'xmlns',
  '<!--',
  '-->',
  '<![CDATA[',
  '<?',
  ' ',
  '\n',
  'Patient',
  'name',
  'value',
  '\u0000',
  '😀',
)
const SAMPLE = patient('<name><given value="a"/></name><contained><Basic><code/></Basic></contained>')

t.test('no bytes make it throw anything but a FhirError, or take long', async (t) => {
  const survive = (run: () => void) => {
    const started = performance.now()
    try {
      run()
    } catch (error) {
      if (!(error instanceof FhirError)) throw error
    }
    return performance.now() - started < 1000
  }
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(SAMPLE.length), fc.nat(12), pieces), { maxLength: 6 }), (edits) => {
      const xml = edits.reduce(
        (all, [at, length, put]) => all.slice(0, at) + put + all.slice(at + length),
        SAMPLE,
      )
      return (
        survive(() => parseXml(xml, definitions)) && survive(() => locateXml(xml, definitions, [['name', 0]]))
      )
    }),
    { numRuns: 3000 },
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => survive(() => parseXml(bytes, definitions))),
    { numRuns: 1000 },
  )
  for (const long of ['<', '<!--', '<a ', '&', '<Patient xmlns="http://hl7.org/fhir">', '"'])
    t.ok(
      survive(() => parseXml(`${HEAD}${long.repeat(200_000)}`, definitions)),
      long,
    )
})
