import t from 'tap'
import {
  ACT_CODE,
  CONFIDENTIALITY,
  createSensitivities,
  loadSensitivities,
  rankOf,
} from '../../src/consent/labels.ts'
import { loadDefinitions } from '../../src/fhir/definitions.ts'

const definitions = loadDefinitions()
const sensitivities = loadSensitivities(definitions)

t.test('confidentiality is ordered U < L < M < N < R < V, and nothing else has a rank', async (t) => {
  t.strictSame(CONFIDENTIALITY.map(rankOf), [0, 1, 2, 3, 4, 5])
  for (const code of ['', 'n', 'B', 'HIV', 'length', 'RR']) t.equal(rankOf(code), undefined, code)
})

t.test('every code of the order is one of v3-Confidentiality', async (t) => {
  const { codes } =
    definitions.terminology().codeSystems['http://terminology.hl7.org/CodeSystem/v3-Confidentiality']!
  for (const code of CONFIDENTIALITY) t.ok(codes.includes(code), code)
})

t.test(
  'sensitivity codes are those beneath InformationSensitivityPolicy, not all of v3-ActCode',
  async (t) => {
    for (const code of ['HIV', 'PSY', 'SUD', 'ETH', 'ETHUD', 'STD', 'SDV', 'SEX', 'GDIS', 'DEMO', 'CEL'])
      t.ok(sensitivities.has(code), code)
    for (const code of ['AMB', 'NODSCLCD', 'OPTIN', 'R', 'hiv', '', 'REPRO', 'toString'])
      t.notOk(sensitivities.has(code), code)
  },
)

t.test('a code covers itself and all beneath it (Q09), and nothing above or beside', async (t) => {
  t.strictSame(sensitivities.descendants('HIV'), ['HIV'])
  t.strictSame([...sensitivities.descendants('SUD')].sort(), ['ETHUD', 'OPIOIDUD', 'SUD'])
  const special = sensitivities.descendants('SPI')
  for (const code of ['SPI', 'BH', 'COGN', 'MH', 'PSY', 'SUD', 'OPIOIDUD']) t.ok(special.includes(code), code)
  for (const code of ['HIV', '_InformationSensitivityPolicy']) t.notOk(special.includes(code), code)
  t.ok(sensitivities.descendants('_InformationSensitivityPolicy').includes('OPIOIDUD'))
})

t.test('the descendants of what is no sensitivity code are none', async (t) => {
  for (const code of ['AMB', 'R', '']) t.strictSame(sensitivities.descendants(code), [], code)
})

t.test('a code system of its own works as R4’s does', async (t) => {
  const codes = ['_InformationSensitivityPolicy', 'A', 'B', 'ELSE']
  const own = createSensitivities({ codes, edges: [1, 0, 2, 1] })
  t.strictSame(own.descendants('A'), ['A', 'B'])
  t.notOk(own.has('ELSE'))
  t.ok(definitions.terminology().codeSystems[ACT_CODE], 'the system of R4 is shipped')
})
