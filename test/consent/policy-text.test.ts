// Which policy URIs name a version, and what is left without it (A2, N4).
import t from 'tap'
import { readPolicyUri } from '../../src/consent/policy-text.ts'
import { ownDefinitions, readOwn } from '../support/consents.ts'
import { openTestValidation } from '../support/validation.ts'

/** URI → its text and version; none where it names no version. */
const URIS: Readonly<Record<string, readonly [canonical: string, version: string] | undefined>> = {
  'https://a.example/policy|1.0': ['https://a.example/policy', '1.0'],
  'https://a.example/v2/policy|3': ['https://a.example/v2/policy', '3'],
  'urn:oid:1.2.392.100495|2026': ['urn:oid:1.2.392.100495', '2026'],
  'https://a.example/policy/v2': ['https://a.example/policy', 'v2'],
  'https://a.example/policy/V2.1/text.html': ['https://a.example/policy/text.html', 'V2.1'],
  'https://a.example/policy/1.0': ['https://a.example/policy', '1.0'],
  'https://a.example/policy/1.0.html': ['https://a.example/policy', '1.0'],
  'https://a.example/policy/2.1.0-draft?lang=ja#top': ['https://a.example/policy?lang=ja#top', '2.1.0-draft'],
  'https://a.example/policy/2026-04-01': ['https://a.example/policy', '2026-04-01'],
  'https://a.example/policy/2026-04.pdf': ['https://a.example/policy', '2026-04'],
  'https://a.example/v1/policy/2.0': ['https://a.example/v1/policy', '2.0'],
  'https://a.example/policy': undefined,
  'https://a.example/policy|': undefined,
  'https://a.example/v2/policy|': undefined,
  '|1.0': undefined,
  'https://a.example/policy/12': ['https://a.example/policy', '12'],
  'https://a.example/policy/version': undefined,
  'https://10.0.0.1/policy': undefined,
  'https://a.example/policy?v=/v2': undefined,
  'urn:oid:1.2.392.100495': undefined,
  'policy/v2': undefined,
  '': undefined,
}

for (const [uri, expected] of Object.entries(URIS))
  t.test(`"${uri}" ${expected ? `is version ${expected[1]}` : 'names no version'}`, async (t) => {
    t.same(readPolicyUri(uri), expected && { canonical: expected[0], version: expected[1] })
  })

t.test('the profile asks the same of a policy', async (t) => {
  const validate = openTestValidation(ownDefinitions())
  const consent = readOwn('examples/consent.json')
  for (const [uri, expected] of Object.entries(URIS).filter(([uri]) => uri !== '')) {
    const issues = await validate({ ...consent, policy: [{ uri }] }, { level: 'errors' })
    const isRefused = issues.some(({ diagnostics }) => diagnostics.includes('musubi-version'))
    t.equal(isRefused, expected === undefined, uri)
  }
})
