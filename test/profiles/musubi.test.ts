// Our own profiles on their examples: what is right passes, each fault is refused where it stands.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { CONSENT_RULES } from '../../src/consent/problem-issues.ts'
import { parseJson } from '../../src/fhir/json.ts'
import { MESSAGES } from '../../src/fhir/outcome.ts'
import { PROFILE_RULES } from '../../src/fhir/profile/rules.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { RESOURCE_RULES } from '../../src/fhir/validate/resource-rules.ts'
import { STRUCTURE_RULES } from '../../src/fhir/validate/structure-rules.ts'
import { openTestValidation } from '../support/validation.ts'

const FOLDER = join(import.meta.dirname, '../../profiles/musubi')

function read(file: string): Resource {
  return parseJson(readFileSync(join(FOLDER, file))) as Resource
}

const definitions = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .map(read)
const validate = openTestValidation(definitions)

t.test('each definition is itself valid', async (t) => {
  for (const each of definitions) {
    const issues = await validate(each, { level: 'all' })
    const told = issues.filter(({ severity, rule }) => severity === 'error' || rule === 'unknown-code')
    t.same(told, [], String(each['url']))
  }
})

t.test('every message code of an outcome is in the code system that the outcome names', (t) => {
  const messages = definitions.find(({ url }) => url === MESSAGES)
  const concepts = messages?.['concept'] as readonly { code: string; designation: unknown[] }[]
  const codes = concepts.map(({ code }) => code)
  for (const table of [STRUCTURE_RULES, RESOURCE_RULES, PROFILE_RULES, { more: 1 }])
    for (const code of Object.keys(table)) t.ok(codes.includes(code), code)
  for (const code of Object.values(CONSENT_RULES)) t.ok(codes.includes(code), code)
  t.equal(new Set(codes).size, codes.length)
  t.end()
})

/** Message code and place of the one error of each wrong example. */
const WRONG: Readonly<Record<string, readonly [rule: string, expression: string]>> = {
  'checkup-result.boolean': ['profile-type', 'Observation.value'],
  'checkup-result.no-date': ['profile-few', 'Observation'],
  'checkup-result.no-value': ['invariant', 'Observation'],
  'checkup-result.short-code': ['invariant', 'Observation.code.coding[0].code'],
  'checkup-result.two-jlac10': ['slice-many', 'Observation.code.coding[1]'],
  'consent.action': ['binding-required', 'Consent.provision.action[0]'],
  'consent.label': ['binding-required', 'Consent.provision.securityLabel[0]'],
  'consent.nested-role': ['binding-required', 'Consent.provision.provision[0].actor[0].role'],
  'consent.nested-type': ['profile-few', 'Consent.provision.provision[0]'],
  'consent.no-performer': ['profile-few', 'Consent'],
  'consent.no-policy': ['profile-few', 'Consent'],
  'consent.no-type': ['profile-few', 'Consent.provision'],
  'consent.optout-permit': ['invariant', 'Consent'],
  'consent.policy-rule': ['binding-required', 'Consent.policyRule'],
  'consent.policy-version': ['invariant', 'Consent.policy[0].uri'],
  'consent.role': ['binding-required', 'Consent.provision.actor[0].role'],
  'consent.scope': ['binding-required', 'Consent.scope'],
  'consent.too-deep': ['profile-none', 'Consent.provision.provision[0].provision[0].provision'],
  'home-blood-pressure.kpa': ['fixed', 'Observation.component[0].value.code'],
  'home-blood-pressure.no-diastolic': ['slice-few', 'Observation.component'],
  'home-blood-pressure.other-component': ['slice-none', 'Observation.component[3]'],
  'home-blood-pressure.too-high': ['max-value', 'Observation.component[0].value.value'],
  'home-blood-pressure.twice': ['slice-many', 'Observation.component[1]'],
  'home-blood-pressure.upside-down': ['invariant', 'Observation'],
  'home-measurement.code': ['binding-required', 'Observation.code'],
  'home-measurement.comparator': ['profile-none', 'Observation.value.comparator'],
  'home-measurement.group': ['target-type', 'Observation.subject'],
  'home-measurement.measured-by': ['binding-required', 'Observation.extension[0].value'],
  'home-measurement.text-value': ['profile-type', 'Observation.value'],
  'home-measurement.unit': ['binding-required', 'Observation.value.code'],
  'musubi-delegation.by-proxy': ['invariant', 'Consent'],
  'musubi-delegation.class': ['profile-none', 'Consent.provision.class'],
  'musubi-delegation.excluded-action': ['invariant', 'Consent'],
  'musubi-delegation.kind': ['binding-required', 'Consent.category[0]'],
  'musubi-delegation.practitioner': ['target-type', 'Consent.provision.actor[0].reference'],
  'musubi-delegation.unverified': ['invariant', 'Consent'],
  'resident.kana-in-kanji': ['invariant', 'Patient.name[1].family'],
  'resident.no-identifier': ['profile-few', 'Patient'],
  'resident.no-kana': ['slice-few', 'Patient.name'],
  'resident.postal-code': ['invariant', 'Patient.address[0].postalCode'],
  'resident.year-of-birth': ['invariant', 'Patient.birthDate'],
}

for (const file of readdirSync(join(FOLDER, 'examples'))) {
  const name = file.slice(0, -'.json'.length)
  t.test(`the example ${name} is ${name.includes('.') ? 'refused' : 'accepted'}`, async (t) => {
    const issues = await validate(read(`examples/${file}`), { level: 'all' })
    const errors = issues.filter(({ severity }) => severity === 'error')
    const found = errors.map(({ rule, expression }) => [rule, expression?.[0]])
    t.same(found, name.includes('.') ? [WRONG[name]] : [], errors.map((each) => each.diagnostics).join('\n'))
  })
}

t.test('every wrong example of the table is there', async (t) => {
  const files = new Set(readdirSync(join(FOLDER, 'examples')))
  t.same(
    Object.keys(WRONG).filter((name) => !files.has(`${name}.json`)),
    [],
  )
})
