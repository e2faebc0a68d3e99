// Versions in order, and which one is meant. https://hl7.org/fhir/R4/references.html#canonical
import fc from 'fast-check'
import t from 'tap'
import { compareVersions, fitsRange, fitsVersion } from '../../../src/fhir/package/version.ts'

const ORDERED = [
  undefined,
  '0.9',
  '1.0.0-alpha',
  '1.0.0-beta',
  '1.0.0-beta.2',
  '1.0.0',
  '1.0.1',
  '1.2.0',
  '1.10.0',
  '2',
  '2.0.1',
  '2024.1',
  '20240101',
]

t.test('versions are compared number by number, pre-releases before their release', async (t) => {
  ORDERED.forEach((a, i) => {
    ORDERED.forEach((b, j) => {
      t.equal(Math.sign(compareVersions(a, b)), Math.sign(i - j), `${a} and ${b}`)
    })
  })
})

t.test('the order is one: total and the other way round', async () => {
  const version = fc.stringMatching(/^[0-9]{1,2}(\.[0-9]{1,2}){0,3}(-[a-z0-9.]{1,6})?$/)
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      if (Math.sign(compareVersions(a, b)) !== -Math.sign(compareVersions(b, a))) return false
      return !(compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) || compareVersions(a, c) <= 0
    }),
  )
})

t.test(
  'a version asked for is the same or begins with its parts; a range of a package may have x',
  async (t) => {
    for (const [version, wanted, fits] of [
      ['1.2.3', '1.2.3', true],
      ['1.2.3', '1.2', true],
      ['1.2.3', '1', true],
      ['1.20.3', '1.2', false],
      [undefined, '1', false],
    ] as const)
      t.equal(fitsVersion(version, wanted), fits, `${version} for ${wanted}`)
    for (const [version, range, fits] of [
      ['1.2.3', '1.2.3', true],
      ['1.2.3', '1.2.x', true],
      ['1.2.3', '1.x', true],
      ['1.2.3', '*', true],
      ['1.2.3', 'latest', true],
      ['1.2.3', '1.3.x', false],
      ['1.2.3', '2.0.0', false],
    ] as const)
      t.equal(fitsRange(version, range), fits, `${version} in ${range}`)
  },
)
