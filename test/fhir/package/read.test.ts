// What is read of a package, and what is refused. https://confluence.hl7.org/display/FHIR/NPM+Package+Specification
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { readPackage } from '../../../src/fhir/package/read.ts'
import { manifest, packTgz, requiring } from '../../support/package.ts'
import { openFolder } from '../../support/server.ts'

const folder = openFolder(t)

function write(name: string, bytes: Uint8Array): string {
  const file = join(folder, name)
  writeFileSync(file, bytes)
  return file
}

t.test('a .tgz gives its manifest and its definitions, without examples and other files', async (t) => {
  const file = write(
    'good.tgz',
    packTgz({
      'package/package.json': manifest('a.b', '1.2.3', { dependencies: { 'c.d': '1.x' } }),
      'package/.index.json': { files: [] },
      'package/StructureDefinition-a.json': requiring('http://a.b/a', 'name'),
      'package/ValueSet-a.json': { resourceType: 'ValueSet', url: 'http://a.b/v', status: 'active' },
      'package/Patient-a.json': { resourceType: 'Patient' },
      'package/example/StructureDefinition-b.json': requiring('http://a.b/b', 'name'),
      'package/other/spec.json': { resourceType: 'ValueSet', url: 'http://a.b/w' },
      'other/StructureDefinition-c.json': requiring('http://a.b/c', 'name'),
    }),
  )
  const pack = readPackage(file)
  t.same(pack.manifest, { name: 'a.b', version: '1.2.3', dependencies: { 'c.d': '1.x' } })
  t.same(
    [...pack.definitions()].map(({ type, resource }) => [type, resource.url]),
    [
      ['StructureDefinition', 'http://a.b/a'],
      ['ValueSet', 'http://a.b/v'],
    ],
  )
})

t.test('a folder needs no manifest', async (t) => {
  const root = join(folder, 'mine')
  mkdirSync(join(root, 'deep'), { recursive: true })
  mkdirSync(join(root, 'examples'))
  writeFileSync(join(root, 'deep', 'a.json'), JSON.stringify(requiring('http://a.b/a', 'name')))
  writeFileSync(join(root, 'examples', 'b.json'), JSON.stringify(requiring('http://a.b/b', 'name')))
  const pack = readPackage(root)
  t.equal(pack.manifest.name, 'mine')
  t.same(
    [...pack.definitions()].map(({ name }) => name),
    ['deep/a.json'],
  )
})

/** What is wrong, the file, and what is said. */
const BAD: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ['no gzip', Buffer.from('nothing'), /cannot be unpacked/],
  ['no tar', gzipSync(Buffer.alloc(2048, 'a')), /no tar archive/],
  [
    'an archive that ends early',
    gzipSync(Buffer.from(gunzip(packTgz({ 'package/package.json': 'x'.repeat(2000) })).subarray(0, 1024))),
    /ends within a file/,
  ],
  ['no manifest', packTgz({ 'package/a.json': '{}' }), /no package\/package.json/],
  ['a manifest that is no JSON', packTgz({ 'package/package.json': '{' }), /JSON/],
  ['a manifest without version', packTgz({ 'package/package.json': { name: 'a' } }), /no version/],
  [
    'another release',
    packTgz({ 'package/package.json': manifest('a', '1', { fhirVersions: ['5.0.0'] }) }),
    /FHIR 5\.0\.0/,
  ],
]

function gunzip(bytes: Uint8Array): Buffer {
  return gunzipSync(bytes)
}

t.test('what is no package of R4 is refused with the reason', async (t) => {
  for (const [name, bytes, says] of BAD) t.throws(() => readPackage(write('bad.tgz', bytes)), says, name)
  t.throws(() => readPackage(join(folder, 'none.tgz')), /There is no file/)
})

t.test('a definition that is no JSON is refused by its name', async (t) => {
  const file = write(
    'broken.tgz',
    packTgz({ 'package/package.json': manifest('a', '1'), 'package/b.json': '{"a"' }),
  )
  t.throws(() => [...readPackage(file).definitions()], /b\.json/)
})
