import fc from 'fast-check'
import t from 'tap'
import { parseScope, parseScopes } from '../../src/access/scopes.ts'

const isType = (name: string) => ['Patient', 'Observation', 'Device'].includes(name)

const GRANTED: readonly (readonly [text: string, level: string, type: string, rights: string])[] = [
  ['patient/Observation.rs', 'patient', 'Observation', 'rs'],
  ['user/*.cruds', 'user', '*', 'cruds'],
  ['system/Patient.c', 'system', 'Patient', 'c'],
  ['system/Patient.us', 'system', 'Patient', 'us'],
  ['patient/Observation.read', 'patient', 'Observation', 'rs'],
  ['user/Device.write', 'user', 'Device', 'cud'],
  ['system/*.*', 'system', '*', 'cruds'],
]

t.test('a scope is level, type and an in-order suffix; v1 suffixes mean rs, cud and cruds', async (t) => {
  for (const [text, level, type, rights] of GRANTED) {
    t.strictSame(parseScope(text, isType), { level, type, rights, params: [], text }, text)
  }
})

t.test('what is not a scope to the letter is refused, never read as one nearby', async (t) => {
  const refused = [
    'patient/Observation.',
    'patient/Observation.sr',
    'patient/Observation.rr',
    'patient/Observation.rx',
    'patient/Observation.reads',
    'patient/Observation.Read',
    'patient/Observation',
    'Patient/Observation.rs',
    'group/Observation.rs',
    'patient/Nonsense.rs',
    'patient/observation.rs',
    'patient/Resource.rs',
    'patient/**.rs',
    'patient/Observation.rs?',
    'patient/Observation.rs?category',
    'patient/Observation.rs?=x',
    'patient/Observation.rs?category=',
    'patient/Observation.rs?category=a&',
    'patient/Observation.rs?category=%E0%A4%A',
    'patient/Observation.read?category=a',
    'patient/Observation.rs?code=a\\,b',
    'patient/Observation.rs?code="a"',
    ' patient/Observation.rs',
    'xpatient/Observation.rs',
    '',
  ]
  for (const text of refused) t.equal(parseScope(text, isType), undefined, text)
})

t.test('parameters of a granular scope are decoded and keep their order', async (t) => {
  const text = 'user/Observation.rs?category=http://x%7Claboratory&code=a|b&code=c'
  t.strictSame(parseScope(text, isType)?.params, [
    ['category', 'http://x|laboratory'],
    ['code', 'a|b'],
    ['code', 'c'],
  ])
})

t.test('scopes that grant no resource are known and kept apart from those that are refused', async (t) => {
  const text =
    'openid fhirUser launch/patient offline_access patient/*.rs  patient/*.rs admin/*.rs launch/Patient'
  const { scopes, others, refused } = parseScopes(text, isType)
  t.strictSame(
    scopes.map((scope) => scope.text),
    ['patient/*.rs'],
  )
  t.strictSame(others, ['openid', 'fhirUser', 'launch/patient', 'offline_access'])
  t.strictSame(refused, ['admin/*.rs', 'launch/Patient'])
})

t.test('every subset of cruds is granted in order and refused in any other order', async () => {
  const letters = fc.uniqueArray(fc.constantFrom(...'cruds'), { minLength: 1 })
  fc.assert(
    fc.property(letters, (chosen) => {
      const suffix = chosen.join('')
      const inOrder = [...'cruds'].filter((letter) => chosen.includes(letter)).join('')
      return (
        parseScope(`user/Patient.${suffix}`, isType)?.rights === (suffix === inOrder ? suffix : undefined)
      )
    }),
  )
})

t.test('no text makes the parser throw', async () => {
  fc.assert(
    fc.property(fc.string(), (text) => parseScopes(`patient/Observation.rs?${text}`, isType) !== undefined),
  )
})
