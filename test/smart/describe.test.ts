// Scopes and purposes in words: complete, in both languages.
import t from 'tap'
import { parseScope } from '../../src/access/scopes.ts'
import { createPurposes } from '../../src/consent/purposes.ts'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { FACETS } from '../../src/smart/describe/facets.ts'
import { describePurpose, PURPOSE_CODES } from '../../src/smart/describe/purposes.ts'
import { describeOther, describeScope } from '../../src/smart/describe/scope.ts'
import { CHOSEN_TYPES, nameOfType } from '../../src/smart/describe/types.ts'

const definitions = loadDefinitions()
const JAPANESE = /[\u3040-\u30ff\u4e00-\u9fff]/
const LANGUAGES = ['en', 'ja'] as const

function say(text: string, language: 'en' | 'ja'): string {
  return describeScope(parseScope(text, definitions.isResourceType)!, language)
}

t.test('every resource type can be told, and what is in a record of a person has words', (t) => {
  for (const type of [...definitions.resourceTypes, '*'])
    for (const language of LANGUAGES) t.ok(nameOfType(type, language).length > 0, type)
  for (const type of Object.keys(CHOSEN_TYPES)) {
    t.ok(definitions.isResourceType(type), type)
    t.match(nameOfType(type, 'ja'), JAPANESE, type)
    t.notMatch(nameOfType(type, 'en'), JAPANESE, type)
  }
  t.equal(nameOfType('StructureMap', 'ja'), 'StructureMap')
  t.end()
})

t.test('every part has words in both languages, and a parameter that R4 knows', (t) => {
  for (const { type, param, words } of FACETS) {
    t.ok(definitions.searchParameters(type).has(param), `${type}.${param}`)
    t.match(words.ja, JAPANESE)
    t.ok(words.en.length > 0)
  }
  t.equal(new Set(FACETS.map(({ type, key }) => `${type}-${key}`)).size, FACETS.length)
  t.end()
})

t.test('every purpose that a token may state has words; one of a project keeps its code', (t) => {
  const purposes = createPurposes(definitions)
  for (const code of PURPOSE_CODES) t.ok(purposes.has(code), `${code} is a purpose`)
  const reasons = definitions.terminology().codeSystems['http://terminology.hl7.org/CodeSystem/v3-ActReason']!
  for (const code of reasons.codes.filter(purposes.has)) {
    t.match(describePurpose(code, 'ja'), JAPANESE, code)
    t.not(describePurpose(code, 'en'), code)
  }
  t.equal(describePurpose('cohort-7', 'ja'), 'cohort-7')
  t.equal(describePurpose('constructor', 'en'), 'constructor')
  t.end()
})

t.test('a scope is a phrase', (t) => {
  t.equal(say('patient/AllergyIntolerance.crs', 'en'), 'see, add allergies')
  t.equal(say('patient/AllergyIntolerance.crs', 'ja'), 'アレルギーを見る・追加する')
  t.equal(say('patient/*.read', 'en'), 'see the whole record, of every kind')
  t.equal(
    say('patient/Observation.rs?code=http://loinc.org|8867-4', 'ja'),
    '検査・測定の記録のうち心拍数を見る',
  )
  t.equal(
    say('patient/Observation.rs?code=8480-6,http://loinc.org|4548-4', 'en'),
    'see test results and measurements: upper blood pressure, HbA1c',
  )
  t.equal(
    say('patient/Observation.d?category=laboratory', 'en'),
    'delete test results and measurements: laboratory results',
  )
  t.end()
})

t.test('a parameter without words stands as it is', (t) => {
  t.equal(
    say('patient/Observation.rs?code=constructor&_security=http://x|N', 'en'),
    'see test results and measurements: code=constructor and _security=http://x|N',
  )
  t.equal(
    say('patient/Observation.rs?code=http://other|8867-4', 'en'),
    'see test results and measurements: code=http://other|8867-4',
    'a code of another system is not read as ours',
  )
  t.end()
})

t.test('what is no right to data is told only where it means something to the person', (t) => {
  t.match(describeOther('offline_access', 'ja'), /あなたが使っていないときも/)
  t.equal(describeOther('openid', 'en'), describeOther('fhirUser', 'en'))
  for (const scope of ['launch', 'launch/patient', 'https://musubi.example/purpose/TREAT', 'toString'])
    t.equal(describeOther(scope, 'en'), undefined)
  t.end()
})
