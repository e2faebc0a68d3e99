// Literal references. https://hl7.org/fhir/R4/references.html#literal
import t from 'tap'
import {
  forEachReference,
  parseReference,
  referencedType,
  rewriteReferences,
} from '../../src/fhir/reference.ts'

t.test('a literal is read by its form, on our base as if it were relative', async (t) => {
  const base = 'https://a.example/fhir'
  const own = { kind: 'own', type: 'Patient', id: '1' }
  t.same(parseReference('Patient/1', base), own)
  t.same(parseReference(`${base}/Patient/1`, base), own)
  t.same(parseReference('Patient/1/_history/2', base), { ...own, versionId: '2' })
  t.same(parseReference('#p', base), { kind: 'contained', id: 'p' })
  t.same(parseReference('Patient?identifier=x|1', base), {
    kind: 'conditional',
    type: 'Patient',
    query: 'identifier=x|1',
  })
  for (const uri of [
    'https://b.example/fhir/Patient/1',
    `${base}x/Patient/1`,
    'urn:uuid:1',
    'patient/1',
    'Patient/',
    'Patient/a b',
    'Patient/1/x',
    '',
  ])
    t.same(parseReference(uri, base), { kind: 'external', uri }, uri)
})

t.test('the type of a reference is in its URL on any server, else in its type', async (t) => {
  t.equal(referencedType({ reference: 'https://b.example/fhir/Patient/1/_history/3' }), 'Patient')
  t.equal(referencedType({ reference: 'urn:uuid:1', type: 'Group' }), 'Group')
  t.equal(referencedType({ reference: 'urn:uuid:1' }), undefined)
})

const old = 'urn:uuid:1'
const resource = {
  resourceType: 'DocumentReference',
  identifier: [{ system: 'urn:ietf:rfc:3986', value: old }],
  subject: { reference: old },
  description: 'other',
  text: {
    status: 'generated',
    div: `<div><a href="${old}#x">${old}</a><img src='${old}'/><p title="${old}"/></div>`,
  },
  content: [
    { attachment: { contentType: 'text/plain', url: 'http://old/Binary/1' } },
    { format: { code: 'x' } },
  ],
  extension: [
    { url: 'http://x', valueUri: old },
    { url: 'http://x', valueString: old },
  ],
  contained: [{ resourceType: 'Patient', link: [{ other: { reference: `${old}#frag` } }] }],
}

t.test('links are rewritten wherever they stand, text is not, and the rest is shared', async (t) => {
  const before = structuredClone(resource)
  const map = new Map([
    [old, 'Patient/9'],
    ['http://old/Binary/1', 'Binary/8'],
    ['http://x', 'wrong'],
  ])
  const result = rewriteReferences(resource, (uri) => map.get(uri)) as unknown as typeof resource
  t.equal(result.subject.reference, 'Patient/9')
  t.equal(result.identifier[0]!.value, old, 'Identifier.value is a string')
  t.equal(
    result.text.div,
    `<div><a href="Patient/9#x">${old}</a><img src='Patient/9'/><p title="${old}"/></div>`,
  )
  t.equal(result.content[0]!.attachment!.url, 'Binary/8')
  t.equal(result.content[1], resource.content[1])
  t.same(result.extension, [
    { url: 'http://x', valueUri: 'Patient/9' },
    { url: 'http://x', valueString: old },
  ])
  t.equal(result.contained[0]!.link[0]!.other.reference, 'Patient/9#frag')
  t.same(resource, before)
  t.equal(
    rewriteReferences(resource, () => undefined),
    resource,
  )
})

t.test('a new link cannot leave the attribute it is written in', async (t) => {
  const result = rewriteReferences(resource, (uri) =>
    uri === old ? 'x"><script>&' : undefined,
  ) as unknown as typeof resource
  t.notMatch(result.text.div, '<script>')
})

t.test('every literal reference is visited, contained ones too', async (t) => {
  const seen: string[] = []
  forEachReference(resource, (reference) => seen.push(reference.reference))
  t.same(seen.sort(), [old, `${old}#frag`])
})
