import fc from 'fast-check'
import t from 'tap'
import { FhirError } from '../../src/fhir/outcome.ts'
import { assertMediaType, negotiate } from '../../src/http/negotiate.ts'
import { parsePrefer } from '../../src/http/prefer.ts'

t.test('JSON in any of its names is acceptable; _format goes before Accept', (t) => {
  const accepted: readonly (string | undefined)[] = [
    undefined,
    '*/*',
    'application/fhir+json',
    'Application/JSON',
    'application/json+fhir',
    'text/json',
    'application/*',
    'application/fhir+json;fhirVersion=4.0',
    'application/fhir+json, application/fhir+xml',
    'application/fhir+xml;q=0.1, application/json;q=0.2',
  ]
  for (const accept of accepted)
    t.strictSame(negotiate(accept, []), { format: 'json', pretty: false }, String(accept))
  for (const accept of [
    'text/turtle',
    'text/html',
    'application/json;q=0',
    'application/json;q=0.000',
    'application/fhir+json;fhirVersion=5.0',
    '',
  ])
    t.throws(() => negotiate(accept, []), { code: 'not-acceptable' }, accept)
  t.strictSame(
    negotiate('application/fhir+xml', [
      ['_format', 'json'],
      ['_pretty', 'true'],
    ]),
    { format: 'json', pretty: true },
  )
  t.throws(() => negotiate('application/json', [['_format', 'ttl']]), { code: 'not-acceptable' })
  t.strictSame(negotiate('text/xml, application/json;q=0.1', []), { format: 'xml', pretty: false })
  t.strictSame(negotiate('application/json', [['_format', 'xml']]), { format: 'xml', pretty: false })
  t.throws(() => negotiate(undefined, [['_format', '']]), { code: 'not-acceptable' })
  t.end()
})

t.test('what is named goes before what a wildcard allows', (t) => {
  for (const [accept, format] of [
    ['application/fhir+json;q=0, */*', 'xml'],
    ['application/fhir+xml, */*', 'xml'],
    ['application/fhir+xml, */*;q=0.1', 'xml'],
    ['*/*, application/fhir+xml;q=0.5', 'json'],
    ['application/*;q=0.2, application/fhir+json;q=0.1', 'xml'],
    ['application/*;q=0.2, text/xml;q=0.3', 'xml'],
    ['application/json;q=0, application/fhir+json', 'json'],
    ['application/fhir+ndjson, */*;q=0.5', 'ndjson'],
    ['*/*;q=0, application/fhir+xml', 'xml'],
  ] as const)
    t.equal(negotiate(accept, []).format, format, accept)
  for (const accept of [
    'application/fhir+json;q=0, application/fhir+xml;q=0, */*',
    'application/json;q=0, text/html',
    '*/*;q=0',
    'application/fhir+xml;q=0, text/*',
  ])
    t.throws(() => negotiate(accept, []), { code: 'not-acceptable' }, accept)
  t.end()
})

t.test('a refusal says what was found', (t) => {
  t.throws(() => negotiate('text/turtle', []), /"text\/turtle"/)
  t.throws(() => negotiate(undefined, [['_format', 'ttl']]), /"ttl"/)
  t.throws(() => assertMediaType('resource', 'text/plain'), /"text\/plain"/)
  t.throws(
    () => assertMediaType('resource', 'application/fhir+json; fhirVersion=5.0'),
    /FHIR 4\.0.*fhirversion=5\.0/i,
  )
  t.throws(() => assertMediaType('patch', undefined), /none is given/)
  t.throws(() => assertMediaType('resource', 'application/fhir+json', 'gzip'), /"gzip"/)
  t.throws(() => assertMediaType('resource', 'x'.repeat(1000)), { message: /^.{0,300}$/ })
  t.end()
})

t.test('Prefer is read whatever its case, order and quotes', (t) => {
  t.strictSame(parsePrefer(undefined), { handling: 'strict' })
  t.strictSame(parsePrefer('return=minimal'), { handling: 'strict', return: 'minimal' })
  t.strictSame(parsePrefer('Handling="lenient", RETURN=OperationOutcome'), {
    handling: 'lenient',
    return: 'OperationOutcome',
  })
  t.strictSame(parsePrefer('respond-async; return=representation'), {
    handling: 'strict',
    return: 'representation',
  })
  for (const header of ['return=x', 'return', 'handling=', 'return=toString'])
    t.throws(() => parsePrefer(header), { code: 'invalid' }, header)
  t.end()
})

t.test('any header ends with an answer or a FhirError', (t) => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      for (const act of [
        () => negotiate(a, [['_format', b]]),
        () => negotiate(a, []),
        () => parsePrefer(a),
        () => assertMediaType('resource', a, b),
      ]) {
        try {
          act()
        } catch (error) {
          if (!(error instanceof FhirError) || error.status >= 500) return false
        }
      }
      return true
    }),
  )
  t.end()
})
