// URI searches, case by case. https://hl7.org/fhir/R4/search.html#uri
import { openCatalogue, refused } from '../../support/naive-search.ts'

const valueSet = (id: string, url?: string) => ({
  resourceType: 'ValueSet',
  id,
  status: 'active',
  ...(url && { url }),
})

const { check } = await openCatalogue([
  valueSet('root', 'http://acme.org/fhir'),
  valueSet('slash', 'http://acme.org/fhir/'),
  valueSet('child', 'http://acme.org/fhir/ValueSet'),
  valueSet('leaf', 'http://acme.org/fhir/ValueSet/123'),
  valueSet('longer', 'http://acme.org/fhir/ValueSet/1234'),
  valueSet('sibling', 'http://acme.org/fhirs/ValueSet/123'),
  valueSet('upper', 'http://acme.org/FHIR'),
  valueSet('host', 'http://acme.org'),
  valueSet('urn', 'urn:oid:1.2.3'),
  valueSet('suburn', 'urn:oid:1.2.3.4'),
  valueSet('comma', 'http://acme.org/a,b'),
  valueSet('none'),
])

check('a URI is compared as it is written', [
  ['ValueSet?url=http://acme.org/fhir', 'root'],
  ['ValueSet?url=http://acme.org/fhir/', 'slash'],
  ['ValueSet?url=http://acme.org/FHIR', 'upper'],
  ['ValueSet?url=HTTP://acme.org/fhir', ''],
  ['ValueSet?url=http://acme.org/fhir/ValueSet/123', 'leaf'],
  ['ValueSet?url=http://acme.org/fhir/ValueSet/12', ''],
  ['ValueSet?url=urn:oid:1.2.3', 'urn'],
  ['ValueSet?url=urn:oid:1.2.3,http://acme.org', 'urn host'],
  ['ValueSet?url=http://acme.org/a\\,b', 'comma'],
])

check(':below is itself and every path beneath', [
  ['ValueSet?url:below=http://acme.org/fhir/ValueSet', 'child leaf longer'],
  ['ValueSet?url:below=http://acme.org/fhir/ValueSet/', 'leaf longer'],
  ['ValueSet?url:below=http://acme.org/fhir', 'root slash child leaf longer'],
  ['ValueSet?url:below=http://acme.org/fhir/ValueSet/123', 'leaf'],
  ['ValueSet?url:below=http://acme.org/fhi', ''],
  ['ValueSet?url:below=http://acme.org', 'root slash child leaf longer sibling upper host comma'],
  ['ValueSet?url:below=http://acme.org/fhirs,http://acme.org/FHIR', 'sibling upper'],
])

check(':above is itself and every path over it', [
  ['ValueSet?url:above=http://acme.org/fhir/ValueSet/123/_history/5', 'root slash child leaf host'],
  ['ValueSet?url:above=http://acme.org/fhir/ValueSet/123', 'root slash child leaf host'],
  ['ValueSet?url:above=http://acme.org/fhir', 'root host'],
  ['ValueSet?url:above=http://acme.org/fhirs/x', 'host'],
  ['ValueSet?url:above=http://other.org/fhir', ''],
])

check('a urn: has no paths', [
  ['ValueSet?url:below=urn:oid:1.2.3', 'urn'],
  ['ValueSet?url:above=urn:oid:1.2.3.4', 'suburn'],
])

check(':missing, empty values and other modifiers', [
  ['ValueSet?url:missing=true', 'none'],
  ['ValueSet?url:missing=true&url=urn:oid:1.2.3', ''],
  ['ValueSet?url=', refused('url')],
  ['ValueSet?url:contains=acme', refused('contains')],
  ['ValueSet?url:exact=acme', refused('exact')],
])
