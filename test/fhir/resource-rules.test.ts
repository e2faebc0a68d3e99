// Bundles, contained resources, extensions in their place, bindings that only warn: each rule met and broken (V2, V23, V26, V28, V29). https://hl7.org/fhir/R4/bundle.html
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { PROFILE_RULES } from '../../src/fhir/profile/rules.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { RESOURCE_RULES } from '../../src/fhir/validate/resource-rules.ts'
import { STRUCTURE_RULES } from '../../src/fhir/validate/structure-rules.ts'
import { element, PROFILE, profileOn } from '../support/profile.ts'
import { openTestValidation } from '../support/validation.ts'

function extension(url: string, more: object, isModifier = false): Resource {
  return {
    resourceType: 'StructureDefinition',
    url,
    name: 'Tested',
    status: 'active',
    kind: 'complex-type',
    abstract: false,
    context: [{ type: 'element', expression: 'Patient' }],
    type: 'Extension',
    baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Extension',
    derivation: 'constraint',
    differential: {
      element: [
        {
          id: 'Extension',
          path: 'Extension',
          ...(isModifier && { isModifier: true, isModifierReason: 'It is tested' }),
        },
        { id: 'Extension.url', path: 'Extension.url', fixedUri: url },
      ],
    },
    ...more,
  }
}

const validate = openTestValidation([
  profileOn(
    'Patient',
    element('Patient.maritalStatus', { binding: { strength: 'extensible', valueSet: 'http://a.b/none' } }),
  ),
  extension('http://a.b/plain', {}),
  extension('http://a.b/changes', {}, true),
  extension('http://a.b/for-men', { contextInvariant: ["gender = 'male'"] }),
])

const ID = '0d7b1f0a-2b1c-4b7a-9d7e-1a2b3c4d5e6f'
const bundle = (type: string, ...entry: readonly object[]) => ({ resourceType: 'Bundle', type, entry })
const patient = (more: object = {}) => ({ resourceType: 'Patient', ...more })
const document = (...entry: readonly object[]) => ({
  ...bundle(
    'document',
    {
      fullUrl: `urn:uuid:${ID}`,
      resource: {
        resourceType: 'Composition',
        status: 'final',
        type: { text: 'a' },
        date: '2026-01-01',
        title: 'a',
        author: [{ reference: 'urn:uuid:1d7b1f0a-2b1c-4b7a-9d7e-1a2b3c4d5e6f' }],
      },
    },
    ...entry,
  ),
  identifier: { system: 'http://a.b', value: '1' },
  timestamp: '2026-01-01T00:00:00Z',
})
const author = {
  fullUrl: 'urn:uuid:1d7b1f0a-2b1c-4b7a-9d7e-1a2b3c4d5e6f',
  resource: { resourceType: 'Organization', name: 'a' },
}
const organization = (id: string) => ({ resourceType: 'Organization', id, name: 'a' })
const marital = (system: string, code: string) => patient({ maritalStatus: { coding: [{ system, code }] } })

/** The rule, what breaks it and where, and the same without the fault. */
const ROWS: readonly (readonly [rule: string, bad: object, expression: string, good: object])[] = [
  [
    'full-url-relative',
    bundle('collection', { fullUrl: 'Patient/1', resource: patient() }),
    'Bundle.entry[0].fullUrl',
    bundle('collection', { fullUrl: 'http://a.b/Patient/1', resource: patient({ id: '1' }) }),
  ],
  [
    'full-url-other',
    bundle('collection', { fullUrl: 'http://a.b/Patient/1', resource: patient({ id: '2' }) }),
    'Bundle.entry[0].fullUrl',
    bundle('collection', { fullUrl: `urn:uuid:${ID}`, resource: patient({ id: '2' }) }),
  ],
  [
    'full-url-other',
    bundle('collection', { fullUrl: 'http://a.b/Person/1', resource: patient({ id: '1' }) }),
    'Bundle.entry[0].fullUrl',
    bundle('collection', { fullUrl: 'http://a.b/person-list', resource: patient({ id: '1' }) }),
  ],
  [
    'request-other-type',
    bundle('transaction', { resource: patient(), request: { method: 'POST', url: 'Person' } }),
    'Bundle.entry[0].request.url',
    bundle('transaction', { resource: patient(), request: { method: 'PUT', url: 'Patient?identifier=a' } }),
  ],
  ['reference-not-in-bundle', document(), 'Bundle.entry[0].resource', document(author)],
  [
    'contained-same-id',
    patient({
      contained: [organization('a'), organization('a')],
      managingOrganization: { reference: '#a' },
    }),
    'Patient.contained[1]',
    patient({
      contained: [organization('a'), organization('b')],
      managingOrganization: { reference: '#a' },
      generalPractitioner: [{ reference: '#b' }],
    }),
  ],
  [
    'extension-context-rule',
    patient({ gender: 'female', extension: [{ url: 'http://a.b/for-men', valueBoolean: true }] }),
    'Patient.extension[0]',
    patient({ gender: 'male', extension: [{ url: 'http://a.b/for-men', valueBoolean: true }] }),
  ],
  [
    'extension-modifier',
    patient({ extension: [{ url: 'http://a.b/changes', valueBoolean: true }] }),
    'Patient.extension[0]',
    patient({ modifierExtension: [{ url: 'http://a.b/changes', valueBoolean: true }] }),
  ],
  [
    'extension-no-modifier',
    patient({ modifierExtension: [{ url: 'http://a.b/plain', valueBoolean: true }] }),
    'Patient.modifierExtension[0]',
    patient({ extension: [{ url: 'http://a.b/plain', valueBoolean: true }] }),
  ],
  [
    'uuid-case',
    patient({ managingOrganization: { reference: `urn:uuid:${ID.toUpperCase()}` } }),
    'Patient.managingOrganization.reference',
    patient({ managingOrganization: { reference: `urn:uuid:${ID}` } }),
  ],
  [
    'binding-extensible',
    marital('http://terminology.hl7.org/CodeSystem/v3-ActCode', 'AMB'),
    'Patient.maritalStatus',
    marital('http://terminology.hl7.org/CodeSystem/v3-MaritalStatus', 'M'),
  ],
  [
    'companion-length',
    patient({ name: [{ given: ['a', 'b'], _given: [{ id: 'x' }] }] }),
    'Patient.name[0].given',
    patient({ name: [{ given: ['a', 'b'], _given: [{ id: 'x' }, null] }] }),
  ],
  [
    'companion-null',
    patient({ name: [{ _given: [null, { id: 'x' }] }] }),
    'Patient.name[0].given[0]',
    patient({ name: [{ given: ['a', null], _given: [null, { id: 'x' }] }] }),
  ],
  [
    'binding-unchecked',
    patient({ meta: { profile: [PROFILE] }, maritalStatus: { coding: [{ system: 'http://x', code: 'a' }] } }),
    'Patient.maritalStatus',
    patient({ meta: { profile: [PROFILE] }, maritalStatus: { text: 'a' } }),
  ],
]

t.test('each rule refuses what breaks it, where it is broken, and nothing else', async (t) => {
  for (const [rule, bad, expression, good] of ROWS) {
    const told = async (resource: object) =>
      (await validate(resource, { level: 'all' }))
        .filter((issue) => issue.rule === rule)
        .map((issue) => issue.expression?.[0])
    t.same(await told(bad), [expression], rule)
    t.same(await told(good), [], `${rule}: the same without the fault`)
  }
})

t.test('no rule is without a test that names it', (t) => {
  const folder = join(import.meta.dirname, '..')
  const text = globSync('**/*.{ts,txt}', { cwd: folder })
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('\n')
  for (const table of [STRUCTURE_RULES, RESOURCE_RULES, PROFILE_RULES])
    for (const rule of Object.keys(table)) t.ok(new RegExp(`['" ]${rule}['"\\n]`).test(text), rule)
  t.end()
})

t.test('an element that R4 lacks is found where it stands, and what was meant is said', async (t) => {
  for (const [name, meant] of [
    ['naem', 'name'],
    ['nam', undefined],
    ['birthdate', 'birthDate'],
    ['genders', 'gender'],
    ['nickname', undefined],
  ] as const) {
    const [issue] = await validate(patient({ contact: [{ name: { text: 'a' } }], [name]: 'a' }), {
      level: 'errors',
    })
    t.same(issue?.expression, ['Patient'], name)
    t.same(issue?.path, [name], `${name}: its own place`)
    t.equal(/did you mean (\w+)/.exec(String(issue?.diagnostics))?.[1], meant, name)
  }
})
