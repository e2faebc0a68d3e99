// XML Patch: each operation on each kind of target, each error. https://www.rfc-editor.org/rfc/rfc5261
import t from 'tap'
import { loadDefinitions } from '../../../src/fhir/definitions.ts'
import { applyXmlPatch } from '../../../src/fhir/patch/xml-patch.ts'
import type { Resource } from '../../../src/fhir/resource.ts'

const definitions = loadDefinitions()
const DIV = '<div xmlns="http://www.w3.org/1999/xhtml">a &lt; b<br/></div>'
const PATIENT: Resource = {
  resourceType: 'Patient',
  id: 'x',
  meta: { versionId: '1' },
  text: { status: 'generated', div: DIV },
  name: [
    { use: 'official', family: 'a', given: ['b', 'c'] },
    { use: 'usual', text: 'd' },
  ],
  gender: 'male',
}

const patch = (operations: string) =>
  applyXmlPatch(PATIENT, Buffer.from(`<diff xmlns:f="http://hl7.org/fhir">${operations}</diff>`), definitions)

function messageOf(operations: string): string {
  try {
    patch(operations)
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

/** What is done, the operation, and what differs then. */
const DONE: readonly (readonly [string, string, object])[] = [
  [
    'replace of an attribute',
    '<replace sel="f:Patient/f:gender/@value">female</replace>',
    { gender: 'female' },
  ],
  ['replace without prefixes', '<replace sel="Patient/gender/@value">female</replace>', { gender: 'female' }],
  [
    'replace of an element',
    '<replace sel="/f:Patient/f:gender"><f:gender value="other"/></replace>',
    { gender: 'other' },
  ],
  ['remove of an element', '<remove sel="f:Patient/f:gender"/>', { gender: undefined }],
  [
    'remove by position',
    '<remove sel="f:Patient/f:name[1]/f:given[2]"/>',
    {
      name: [
        { use: 'official', family: 'a', given: ['b'] },
        { use: 'usual', text: 'd' },
      ],
    },
  ],
  [
    'remove by the value of a child',
    `<remove sel="f:Patient/f:name[f:use/@value='usual']"/>`,
    { name: [{ use: 'official', family: 'a', given: ['b', 'c'] }] },
  ],
  [
    'remove by an attribute of its own',
    `<remove sel="f:Patient/f:name[1]/f:given[@value='b']"/>`,
    {
      name: [
        { use: 'official', family: 'a', given: ['c'] },
        { use: 'usual', text: 'd' },
      ],
    },
  ],
  ['add at the end', '<add sel="f:Patient"><f:birthDate value="2024"/></add>', { birthDate: '2024' }],
  [
    'add before',
    '<add sel="f:Patient/f:name[1]/f:given[1]" pos="before"><given value="z"/></add>',
    {
      name: [
        { use: 'official', family: 'a', given: ['z', 'b', 'c'] },
        { use: 'usual', text: 'd' },
      ],
    },
  ],
  [
    'add after',
    '<add sel="f:Patient/f:name[1]/f:given[1]" pos="after"><given value="z"/></add>',
    {
      name: [
        { use: 'official', family: 'a', given: ['b', 'z', 'c'] },
        { use: 'usual', text: 'd' },
      ],
    },
  ],
  [
    'add in front',
    '<add sel="f:Patient/f:name[2]" pos="prepend"><use value="usual"/></add><remove sel="f:Patient/f:name[2]/f:use[2]"/>',
    {},
  ],
  ['add of an attribute', '<add sel="f:Patient/f:gender" type="@id">g</add>', { _gender: { id: 'g' } }],
  [
    'replace of the narrative',
    '<replace sel="f:Patient/f:text/h:div"><div xmlns="http://www.w3.org/1999/xhtml"><div>n</div></div></replace>',
    {
      text: {
        status: 'generated',
        div: '<div xmlns="http://www.w3.org/1999/xhtml"><div>n</div></div>',
      },
    },
  ],
  [
    'replace of what is around the narrative, with a prefix',
    '<replace sel="f:Patient/f:text"><f:text><f:status value="extensions"/><div xmlns="http://www.w3.org/1999/xhtml">n<!-- </div> --></div></f:text></replace>',
    {
      text: {
        status: 'extensions',
        div: '<div xmlns="http://www.w3.org/1999/xhtml">n<!-- </div> --></div>',
      },
    },
  ],
  [
    'two in order',
    '<remove sel="f:Patient/f:name[1]"/><replace sel="f:Patient/f:name/f:text/@value">e</replace>',
    { name: [{ use: 'usual', text: 'e' }] },
  ],
]

t.test('each operation changes its place and nothing else; the narrative stays as it is', async (t) => {
  for (const [name, operations, change] of DONE) {
    const expected = { ...PATIENT, ...change } as Record<string, unknown>
    for (const key of Object.keys(expected)) if (expected[key] === undefined) delete expected[key]
    t.same(patch(operations), expected, name)
  }
})

/** What is wrong, the operation, and what is said. */
const REFUSED: readonly (readonly [string, string, RegExp])[] = [
  ['an operation that does not exist', '<move sel="f:Patient"/>', /no operation move/],
  ['no selector', '<remove/>', /no sel/],
  ['a selector that is no path', '<remove sel="//f:name"/>', /must be a path/],
  ['a function', '<remove sel="f:Patient/f:name[last()]"/>', /must be a path/],
  ['nothing found', '<remove sel="f:Patient/f:birthDate"/>', /finds nothing/],
  ['several found', '<remove sel="f:Patient/f:name"/>', /finds 2 places/],
  ['an attribute that is not there', '<remove sel="f:Patient/f:gender/@id"/>', /no attribute id/],
  ['an add without an element', '<add sel="f:Patient">a</add>', /must be given/],
  ['an add to an attribute', '<add sel="f:Patient/f:gender/@value">a</add>', /needs the element/],
  ['an attribute that is there already', '<add sel="f:Patient/f:gender" type="@value">a</add>', /already/],
  [
    'a position that does not exist',
    '<add sel="f:Patient" pos="above"><gender value="a"/></add>',
    /pos must be/,
  ],
  [
    'an element that R4 does not have',
    '<add sel="f:Patient"><nickname value="a"/></add>',
    /no resource of R4/,
  ],
  [
    'a second value',
    '<add sel="f:Patient/f:gender" pos="after"><gender value="other"/></add>',
    /may not repeat/,
  ],
  ['another id', '<replace sel="f:Patient/f:id/@value">y</replace>', /cannot change id/],
  ['another version', '<replace sel="f:Patient/f:meta/f:versionId/@value">2</replace>', /meta\.versionId/],
  ['another type', '<replace sel="f:Patient"><Person/></replace>', /cannot change|no resource of R4/],
  ['a second root', '<add sel="f:Patient" pos="after"><Person/></add>', /one root/],
  ['a root in front', '<add sel="f:Patient" pos="before"><Person/></add>', /one root/],
  [
    'an element of another namespace',
    '<replace sel="f:Patient/f:gender"><x:gender xmlns:x="urn:x" value="female"/></replace>',
    /namespace urn:x/,
  ],
  [
    'an element within one of another namespace',
    '<replace sel="f:Patient/f:name[2]"><name><text xmlns="urn:x" value="female"/></name></replace>',
    /namespace urn:x/,
  ],
  ['a prefix of nothing', '<replace sel="f:Patient/f:gender"><y:gender/></replace>', /prefix y/],
  ['an add within the narrative', '<add sel="f:Patient/f:text/h:div"><p/></add>', /narrative/],
  ['an attribute of the narrative', '<add sel="f:Patient/f:text/h:div" type="@id">a</add>', /narrative/],
  ['a place within the narrative', '<remove sel="f:Patient/f:text/h:div/h:br"/>', /finds nothing/],
  ['a narrative that does not end', '<replace sel="f:Patient/f:text/h:div"><div>', /not well formed/],
  ['the whole', '<remove sel="f:Patient"/>', /leaves no resource/],
  [
    'an entity named as a prototype has it',
    '<replace sel="f:Patient/f:gender/@value">&constructor;</replace>',
    /entity "&constructor;"/,
  ],
]

t.test('many operations on a large resource are refused before they take seconds', async (t) => {
  const name = Array.from({ length: 20_000 }, (_, i) => ({ text: String(i) }))
  const one = `<replace sel="f:Patient/*/*[@value='17']/@value">17</replace>`
  const apply = (count: number) =>
    applyXmlPatch({ ...PATIENT, name }, Buffer.from(`<diff>${one.repeat(count)}</diff>`), definitions)
  t.throws(() => apply(1000), { code: 'too-costly' })
  t.same(apply(2)['name'], name)
})

t.test('what cannot be done is refused, and nothing is changed', async (t) => {
  const before = JSON.stringify(PATIENT)
  for (const [name, operations, says] of REFUSED) t.throws(() => patch(operations), says, name)
  t.throws(() => applyXmlPatch(PATIENT, Buffer.from('<patch/>'), definitions), /diff element/)
  t.throws(() => applyXmlPatch(PATIENT, Buffer.from('<diff>'), definitions), /not well formed/)
  t.throws(() => applyXmlPatch(PATIENT, Buffer.from('<!DOCTYPE a><diff/>'), definitions), /not well formed/)
  t.equal(JSON.stringify(PATIENT), before)
  const said = messageOf('<add sel="f:Patient"><language value="ja"/></add>')
  t.match(said, /language stands behind/)
  t.notMatch(said, /line|column/, 'the text that has them is not one that anybody sent')
})
