// The label rules that come with the server: what is labelled by which code, and that every code is one.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createLabeller } from '../../src/access/labels.ts'
import { loadSensitivities } from '../../src/consent/labels.ts'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { parseJson } from '../../src/fhir/json.ts'
import { FhirError } from '../../src/fhir/outcome.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { readLabelRules } from '../../src/interactions/labels.ts'
import { examplesMissing, officialExamples } from '../support/examples.ts'
import { openTestValidation } from '../support/validation.ts'

const PROFILES = join(import.meta.dirname, '../../profiles/musubi')
const FOLDER = join(PROFILES, 'labels')
const rules = readLabelRules(FOLDER)
const label = createLabeller(rules, loadSensitivities(loadDefinitions()))

const ICD = 'http://hl7.org/fhir/sid/icd-10'
const JP_ICD = 'http://jpfhir.jp/fhir/core/mhlw/CodeSystem/ICD10-2013-full'
const CM = 'http://hl7.org/fhir/sid/icd-10-cm'
const LOINC = 'http://loinc.org'
const SCT = 'http://snomed.info/sct'
const ATC = 'http://www.whocc.no/atc'
const JLAC10 = 'urn:oid:1.2.392.200119.4.504'

/** Codes by the labels that they give. */
const TABLE: readonly (readonly [labels: string, system: string, codes: string])[] = [
  ['HIV', ICD, 'B20 B20.0 B21 B22.7 B24 Z21 R75 F02.4 Z71.7'],
  ['HIV', JP_ICD, 'B20 B200 B24 Z21'],
  ['HIV', CM, 'B20 B97.35 O98.7'],
  ['HIV', LOINC, '75622-1 7917-8 56888-1 25835-0 20447-9'],
  ['HIV', SCT, '86406008 62479008'],
  ['HIV', ATC, 'J05AR20 J05AJ03 J05AE10'],
  ['HIV', JLAC10, '5F560155002305211 5F500145302287549'],
  ['PSY', ICD, 'F20 F20.0 F32.1 F41 F43.1 F60.3 F69 F80 F84.0 F90 F99 X60 X84'],
  ['PSY', JP_ICD, 'F200 F329 F99'],
  ['PSY', LOINC, '44261-6 70274-6'],
  ['PSY', SCT, '58214004 35489007'],
  ['PSY', ATC, 'N05AX08 N06AB06'],
  ['SUD', ICD, 'F10 F10.2 F11 F19.9 Z50.2 Z71.4'],
  ['SUD', JP_ICD, 'F102 F19'],
  ['SUD', SCT, '5602001 7200002'],
  ['STD', ICD, 'A50 A51.0 A56 A60 A63.0 A64 Z22.4'],
  ['STD', JP_ICD, 'A539 A64'],
  ['STD', LOINC, '20507-0 43304-5 43305-2'],
  ['STD', SCT, '76272004 15628003'],
  ['STD', JLAC10, '5E075135102306211 5E074135102306211 5E021000009986211 6B615000008588600'],
  ['SDV', ICD, 'T74 T74.1 Y05 Y07 Y07.0 Z63.0 Z04.4'],
  ['SDV', JP_ICD, 'T741 Y070 Z630'],
  ['SDV', SCT, '706893006'],
  ['GDIS', ICD, 'Q90 Q90.9 G10 E84.0 G71.0 D66'],
  ['GDIS', LOINC, '81247-9 69548-6'],
  ['GDIS SEX', ICD, 'Z31.5'],
  ['SEX', ICD, 'O04 O04.9 O03 Z30 Z30.0 Z32.0 N97 Z64.0'],
  ['SEX', JP_ICD, 'O049 Z300'],
  ['SEX', SCT, '714812005'],
  ['SEX', LOINC, '76690-7'],
  ['PSY SEX', ICD, 'F52 F52.2 F64.0 F65 F66.1'],
  [
    '',
    ICD,
    'I10 E11.9 F00 F03 F17.2 F70 F79 A49 A65 B19 B25 Z34 Z37.0 Z38 Z39 O80 T73 T75 Y08 Z63.1 Z20.3 Q89 J45',
  ],
  ['', JP_ICD, 'I10 F172 F03 Z379'],
  ['', LOINC, '8480-6 4548-4 72166-2'],
  ['', ATC, 'J05AF10 J05AE11 N05BA12 N05CF02 C09AA01'],
  ['', JLAC10, '3D046000001906202 5F016143102302311 5E076000009986211'],
  ['', 'urn:other', 'B20 F20 86406008'],
]

for (const [labels, system, codes] of TABLE)
  t.test(`${codes} of ${system} give ${labels || 'no label'}`, async (t) => {
    for (const code of codes.split(' ')) {
      const { labels: given } = label({ resourceType: 'Condition', code: { coding: [{ system, code }] } })
      t.equal(given.sensitivity.join(' '), labels, code)
      t.equal(given.confidentiality, labels === '' ? 'N' : 'R', code)
    }
  })

t.test('every label that the policy needs is given by some rule', async (t) => {
  const labels = new Set(rules.map((rule) => rule.label))
  for (const each of ['HIV', 'PSY', 'SUD', 'STD', 'SDV', 'GDIS', 'SEX']) t.ok(labels.has(each), each)
})

const definitions = readdirSync(FOLDER)
  .filter((file) => file.startsWith('ValueSet-'))
  .map((file) => parseJson(readFileSync(join(FOLDER, file))) as Resource)

t.test('every value set is valid, says in both languages why, and is used by a rule', async (t) => {
  const validate = openTestValidation(definitions)
  for (const each of definitions) {
    const issues = await validate(each, { level: 'all' })
    t.same(
      issues.filter(({ severity }) => severity === 'error'),
      [],
      String(each['url']),
    )
    for (const text of [each['description'], each['purpose']]) {
      t.match(String(text), /[ぁ-んァ-ヶ一-龠]/, 'Japanese')
      t.match(String(text), /[a-z]{3}/, 'English')
    }
    t.ok(
      rules.some(({ valueSet }) => valueSet['url'] === each['url']),
      String(each['url']),
    )
  }
})

interface Part {
  readonly system: string
  readonly concept?: readonly { readonly code: string; readonly display?: string }[]
}

function conceptsOf(system: string): readonly { readonly code: string; readonly display?: string }[] {
  const parts = definitions.flatMap(({ compose }) => (compose as { include: readonly Part[] }).include)
  return parts.flatMap((part) => (part.system === system ? (part.concept ?? []) : []))
}

t.test('every LOINC code has its check digit and a display', async (t) => {
  const concepts = conceptsOf(LOINC)
  t.ok(concepts.length > 80)
  for (const { code, display } of concepts) {
    const [number, digit] = code.split('-')
    const sum = [...number!].reverse().reduce((total, each, at) => {
      const value = at % 2 === 0 ? Number(each) * 2 : Number(each)
      return total + (value > 9 ? value - 9 : value)
    }, 0)
    t.equal(Number(digit), (10 - (sum % 10)) % 10, code)
    t.ok(display, code)
  }
})

/** Verhoeff’s tables: https://confluence.ihtsdotools.org/display/DOCRELFMT/Appendix+B%3A+Check-digit+Computation */
const FIRST = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]

function verhoeff(digits: string): number {
  const times = (a: number, b: number) =>
    a < 5 ? (b < 5 ? (a + b) % 5 : 5 + ((a + b) % 5)) : b < 5 ? 5 + ((a - b) % 5) : (a - b + 5) % 5
  const permute = (digit: number, round: number): number =>
    round === 0 ? digit : permute(FIRST[digit]!, round - 1)
  return [...digits].reverse().reduce((check, each, at) => times(check, permute(Number(each), at % 8)), 0)
}

t.test('every SNOMED CT code has its check digit and a display', async (t) => {
  const concepts = conceptsOf(SCT)
  t.ok(concepts.length > 40)
  t.not(verhoeff('86406009'), 0, 'a wrong digit is seen')
  for (const { code, display } of concepts) {
    t.equal(verhoeff(code), 0, code)
    t.ok(display, code)
  }
})

t.test('no code is listed twice in one value set', async (t) => {
  for (const { compose, url } of definitions) {
    const listed = (compose as { include: readonly Part[] }).include.flatMap(({ system, concept = [] }) =>
      concept.map(({ code }) => `${system}|${code}`),
    )
    t.equal(new Set(listed).size, listed.length, String(url))
  }
})

t.test('a value set that a rule names must be in the folder', async (t) => {
  const folder = t.testdir({
    'rules.json': JSON.stringify([{ id: 'a', label: 'HIV', valueSet: 'urn:missing' }]),
  })
  t.throws(() => readLabelRules(folder), FhirError)
})

t.test('a labelled resource is valid: the extension that names the rule is known', async (t) => {
  const extension = parseJson(readFileSync(join(PROFILES, 'StructureDefinition-label-rule.json'))) as Resource
  const validate = openTestValidation([extension], { unknownExtension: 'error' })
  const { resource } = label({
    resourceType: 'Condition',
    code: { coding: [{ system: ICD, code: 'B20' }] },
    subject: { reference: 'Patient/1' },
  })
  const issues = await validate(resource, { level: 'all' })
  t.same(
    issues.filter(({ severity }) => severity === 'error'),
    [],
  )
})

/** R4's own examples that a rule or a label of their own restricts. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  'Bundle-72ac8493-52ac-41bd-8d5d-7258c289b5ea.json': ['STD'],
  'Condition-f202.json': ['TBOO'],
  'Observation-clinical-gender.json': ['SEX'],
  'Observation-example-genetics-2.json': ['GDIS'],
  'ServiceRequest-physiotherapy.json': ['GDIS'],
}

t.test('of the official examples exactly these are restricted', { skip: examplesMissing }, async (t) => {
  const restricted: Record<string, readonly string[]> = {}
  for (const { file, resource } of officialExamples()) {
    const { labels, resource: labelled } = label(resource)
    if (labels.sensitivity.length > 0) restricted[file] = labels.sensitivity
    else t.equal(labelled, resource, file)
  }
  t.strictSame(restricted, EXAMPLES)
})
