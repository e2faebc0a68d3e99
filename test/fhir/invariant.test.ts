// R4's invariants: each can be evaluated, those written by hand say what FHIRPath says, and each refuses what it is for (V15 to V19). https://hl7.org/fhir/R4/conformance-rules.html#constraints
import fc from 'fast-check'
import t from 'tap'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { compileByEngine } from '../../src/fhir/invariant/engine.ts'
import { NATIVE } from '../../src/fhir/invariant/native.ts'
import { compileInvariant, isCovered, listUnevaluable } from '../../src/fhir/invariant.ts'
import type { Constraint } from '../../src/fhir/profile/structure.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { examplesMissing, officialExamples } from '../support/examples.ts'
import { isObject } from '../support/mutants.ts'

const definitions = loadDefinitions()

/** Every rule of R4's own types, by the path of the element that states it. */
const stated = new Map<string, Constraint[]>()
for (const url of definitions.structureUrls()) {
  const structure = definitions.structure(url)!
  if (structure.derivation === 'constraint' || structure.kind === 'logical') continue
  for (const { path, constraints } of structure.elements) {
    const own = constraints.filter((each) => !isCovered(each))
    if (own.length > 0) stated.set(path, [...(stated.get(path) ?? []), ...own])
  }
}

t.test('every rule of R4 can be evaluated', async (t) => {
  let rules = 0
  for (const [path, constraints] of stated)
    for (const constraint of constraints) {
      rules++
      const check = compileInvariant(constraint, path)
      if (typeof check !== 'function') t.fail(`${constraint.key}: ${check.reason}`)
      else check({}, scopeOf({ resourceType: 'Basic' }))
    }
  t.ok(rules > 350, `${rules} rules`)
  t.same(listUnevaluable(), [])
})

function scopeOf(resource: Resource) {
  return { resource, rootResource: resource }
}

/** FHIRPath is wrong about these as R4 means them; each has its own row below. */
const BY_HAND_ALONE = new Set(['que-7', 'ctm-1', 'eld-16', 'eld-19', 'eld-20'])

t.test(
  'what is written by hand says what FHIRPath says, on the official examples',
  { skip: examplesMissing, timeout: 120_000 },
  async (t) => {
    const engine = new Map<string, ReturnType<typeof compileByEngine>>()
    const failed = new Set<string>()
    const asked = new Map<string, number>()
    const different: string[] = []
    const compare = (value: unknown, path: string, resource: Resource) => {
      for (const { key, expression } of stated.get(path) ?? []) {
        const native = NATIVE[key]
        const times = asked.get(`${key} ${path}`) ?? 0
        if (native?.expression !== expression || BY_HAND_ALONE.has(key) || times > 40) continue
        asked.set(`${key} ${path}`, times + 1)
        const other =
          engine.get(key + path) ?? compileByEngine({ key, expression }, path, () => failed.add(key))
        engine.set(key + path, other)
        if (typeof other !== 'function') continue
        const [own, theirs] = [native.holds(value, scopeOf(resource)), other(value, scopeOf(resource))]
        if (own !== theirs && !failed.has(key))
          different.push(`${key} at ${path} of ${resource.resourceType}/${resource.id}: ${own}`)
      }
    }
    const walk = (value: unknown, node: string, resource: Resource) => {
      if (!isObject(value)) return
      compare(value, node, resource)
      const elements = definitions.elements(node.split('.')[0]!)
      for (const [name, child] of Object.entries(value)) {
        const found = elements.find(({ path }) => path === `${node}.${name}`)
        if (!found || found.types[0] === 'Resource') continue
        const inPlace = elements.some(({ path }) => path.startsWith(`${found.path}.`))
        const next = found.contentReference ?? (inPlace ? found.path : (found.types[0] ?? ''))
        for (const item of Array.isArray(child) ? child : [child]) {
          walk(item, next, resource)
          if (next !== found.path && isObject(item)) compare(item, found.path, resource)
        }
      }
    }
    for (const { resource } of officialExamples())
      if (JSON.stringify(resource).length < 60_000) walk(resource, resource.resourceType, resource)
    t.same(different, [])
    t.ok(asked.size > 60, `${asked.size} rules and places`)
  },
)

const QUANTITY = (value: number, code = 'kg') => ({ value, system: 'http://unitsofmeasure.org', code })
const coding = (system: string, code: string) => ({
  coding: [{ system: `http://terminology.hl7.org/CodeSystem/${system}`, code }],
})
const CODE = { coding: [{ system: 'http://l', code: '1' }] }

const differential = (...element: readonly object[]) => ({ differential: { element } })
const snapshot = (...element: readonly object[]) => ({ snapshot: { element } })

/** Key, path, what satisfies it, what breaks it. */
const CASES: readonly (readonly [string, string, object, object])[] = [
  ['qty-3', 'Quantity', { value: 1 }, { code: 'kg' }],
  ['age-1', 'Age', QUANTITY(3, 'a'), { value: 3 }],
  ['cnt-3', 'Count', QUANTITY(3, '1'), QUANTITY(3, '2')],
  ['dis-1', 'Distance', QUANTITY(3, 'm'), { value: 3 }],
  ['drt-1', 'Duration', QUANTITY(3, 'h'), { code: 'h', system: 'http://x', value: 1 }],
  ['per-1', 'Period', { start: '2024-01', end: '2024-01-15' }, { start: '2024-02', end: '2024-01-15' }],
  ['rng-2', 'Range', { low: QUANTITY(1), high: QUANTITY(2) }, { low: QUANTITY(2), high: QUANTITY(1) }],
  ['rat-1', 'Ratio', { numerator: QUANTITY(1), denominator: QUANTITY(2) }, { numerator: QUANTITY(1) }],
  ['att-1', 'Attachment', { contentType: 'text/plain', data: 'YQ==' }, { data: 'YQ==' }],
  ['cpt-2', 'ContactPoint', { system: 'phone', value: '1' }, { value: '1' }],
  ['exp-1', 'Expression', { expression: 'a', language: 'text/cql' }, { language: 'text/cql' }],
  ['tim-1', 'Timing.repeat', { duration: 1, durationUnit: 'h' }, { duration: 1 }],
  ['tim-2', 'Timing.repeat', { period: 1, periodUnit: 'h' }, { period: 1 }],
  ['tim-4', 'Timing.repeat', { duration: 0, durationUnit: 'h' }, { duration: -1, durationUnit: 'h' }],
  ['tim-5', 'Timing.repeat', { period: 0, periodUnit: 'h' }, { period: -1, periodUnit: 'h' }],
  ['tim-6', 'Timing.repeat', { period: 1, periodMax: 2 }, { periodMax: 2 }],
  ['tim-7', 'Timing.repeat', { duration: 1, durationMax: 2 }, { durationMax: 2 }],
  ['tim-8', 'Timing.repeat', { count: 1, countMax: 2 }, { countMax: 2 }],
  ['tim-9', 'Timing.repeat', { offset: 5, when: ['AC'] }, { offset: 5, when: ['C'] }],
  ['tim-10', 'Timing.repeat', { timeOfDay: ['08:00:00'] }, { timeOfDay: ['08:00:00'], when: ['AC'] }],
  ['trd-3', 'TriggerDefinition', { type: 'named-event', name: 'a' }, { type: 'named-event' }],
  ['obs-3', 'Observation.referenceRange', { text: 'a' }, { type: CODE }],
  ['obs-6', 'Observation', { valueBoolean: true }, { valueBoolean: true, dataAbsentReason: CODE }],
  [
    'obs-7',
    'Observation',
    { code: CODE, valueBoolean: true, component: [{ code: { text: 'a' } }] },
    { code: CODE, valueBoolean: true, component: [{ code: CODE }] },
  ],
  ['pat-1', 'Patient.contact', { name: { text: 'a' } }, { gender: 'male' }],
  ['ait-1', 'AllergyIntolerance', { clinicalStatus: CODE }, { verificationStatus: CODE }],
  [
    'ait-2',
    'AllergyIntolerance',
    { clinicalStatus: CODE },
    {
      clinicalStatus: CODE,
      verificationStatus: coding('allergyintolerance-verification', 'entered-in-error'),
    },
  ],
  [
    'con-4',
    'Condition',
    { abatementString: 'a', clinicalStatus: coding('condition-clinical', 'resolved') },
    { abatementString: 'a' },
  ],
  [
    'con-5',
    'Condition',
    { clinicalStatus: CODE },
    { clinicalStatus: CODE, verificationStatus: coding('condition-ver-status', 'entered-in-error') },
  ],
  ['con-1', 'Condition.stage', { summary: CODE }, { type: CODE }],
  ['con-2', 'Condition.evidence', { code: [CODE] }, { id: 'a' }],
  [
    'app-2',
    'Appointment',
    { start: '2024-01-01T00:00:00Z', end: '2024-01-01T00:00:00Z' },
    { start: '2024-01-01T00:00:00Z' },
  ],
  ['app-3', 'Appointment', { status: 'proposed' }, { status: 'booked' }],
  ['app-1', 'Appointment.participant', { actor: { display: 'a' } }, { status: 'accepted' }],
  ['bdl-1', 'Bundle', { type: 'searchset', total: 1 }, { type: 'batch', total: 1 }],
  [
    'bdl-2',
    'Bundle',
    { type: 'searchset', entry: [{ search: { mode: 'match' } }] },
    { type: 'batch', entry: [{ search: { mode: 'match' } }] },
  ],
  [
    'bdl-3',
    'Bundle',
    { resourceType: 'Bundle', type: 'batch', entry: [{ request: { method: 'GET', url: 'a' } }] },
    { resourceType: 'Bundle', type: 'batch', entry: [{}] },
  ],
  [
    'bdl-4',
    'Bundle',
    { resourceType: 'Bundle', type: 'batch-response', entry: [{ response: { status: '200' } }] },
    { resourceType: 'Bundle', type: 'batch-response', entry: [{}] },
  ],
  ['bdl-5', 'Bundle.entry', { resource: { resourceType: 'Basic' } }, { fullUrl: 'urn:a' }],
  [
    'bdl-7',
    'Bundle',
    { type: 'collection', entry: [{ fullUrl: 'urn:a' }, { fullUrl: 'urn:b' }] },
    { type: 'collection', entry: [{ fullUrl: 'urn:a' }, { fullUrl: 'urn:a' }] },
  ],
  ['bdl-8', 'Bundle.entry', { fullUrl: 'http://a/Patient/1' }, { fullUrl: 'http://a/Patient/1/_history/2' }],
  [
    'bdl-9',
    'Bundle',
    { type: 'document', identifier: { system: 'http://a', value: 'b' } },
    { type: 'document' },
  ],
  ['bdl-10', 'Bundle', { type: 'document', timestamp: '2024-01-01T00:00:00Z' }, { type: 'document' }],
  [
    'bdl-11',
    'Bundle',
    { resourceType: 'Bundle', type: 'document', entry: [{ resource: { resourceType: 'Composition' } }] },
    { resourceType: 'Bundle', type: 'document', entry: [{ resource: { resourceType: 'Patient' } }] },
  ],
  [
    'bdl-12',
    'Bundle',
    { resourceType: 'Bundle', type: 'message', entry: [{ resource: { resourceType: 'MessageHeader' } }] },
    { resourceType: 'Bundle', type: 'message', entry: [{ resource: { resourceType: 'Patient' } }] },
  ],
  [
    'cpl-3',
    'CarePlan.activity',
    { reference: { display: 'a' } },
    { reference: { display: 'a' }, detail: { status: 'stopped' } },
  ],
  [
    'ctm-1',
    'CareTeam.participant',
    { onBehalfOf: { display: 'a' }, member: { reference: 'Practitioner/1' } },
    { onBehalfOf: { display: 'a' }, member: { reference: 'Patient/1' } },
  ],
  [
    'csd-1',
    'CodeSystem',
    { concept: [{ code: 'a', concept: [{ code: 'b' }] }] },
    { concept: [{ code: 'a', concept: [{ code: 'a' }] }] },
  ],
  ['cmp-1', 'Composition.section', { text: { status: 'empty' } }, { title: 'a' }],
  [
    'cmp-2',
    'Composition.section',
    { entry: [{ display: 'a' }] },
    { entry: [{ display: 'a' }], emptyReason: CODE },
  ],
  [
    'cmd-1',
    'ConceptMap.group.element.target',
    { equivalence: 'narrower', comment: 'a' },
    { equivalence: 'narrower' },
  ],
  ['ppc-1', 'Consent', { policyRule: CODE }, { status: 'active' }],
  ['eld-2', 'ElementDefinition', { min: 1, max: '2' }, { min: 3, max: '2' }],
  [
    'eld-6',
    'ElementDefinition',
    { type: [{ code: 'code' }], fixedCode: 'a' },
    { type: [{ code: 'code' }, { code: 'string' }], fixedCode: 'a' },
  ],
  ['eld-8', 'ElementDefinition', { fixedCode: 'a' }, { fixedCode: 'a', patternCode: 'a' }],
  ['eld-16', 'ElementDefinition', { sliceName: 'a/b[1]' }, { sliceName: 'a b' }],
  ['gol-1', 'Goal.target', { measure: CODE, detailString: 'a' }, { detailString: 'a' }],
  ['grp-1', 'Group', { actual: true, member: [{}] }, { actual: false, member: [{}] }],
  ['imr-1', 'ImmunizationRecommendation.recommendation', { targetDisease: CODE }, { forecastStatus: CODE }],
  ['lnk-1', 'Linkage', { item: [{}, {}] }, { item: [{}] }],
  ['lst-1', 'List', { entry: [{}] }, { entry: [{}], emptyReason: CODE }],
  ['mad-1', 'MedicationAdministration.dosage', { dose: QUANTITY(1) }, { text: 'a' }],
  [
    'mdd-1',
    'MedicationDispense',
    { whenPrepared: '2024-01-01', whenHandedOver: '2024-01-02' },
    { whenPrepared: '2024-01-02', whenHandedOver: '2024-01-01' },
  ],
  ['msq-3', 'MolecularSequence', { coordinateSystem: 1 }, { coordinateSystem: 2 }],
  ['opd-1', 'OperationDefinition.parameter', { type: 'code' }, { name: 'a' }],
  ['org-1', 'Organization', { name: 'a' }, { active: true }],
  ['org-2', 'Organization.address', { use: 'work' }, { use: 'home' }],
  ['org-3', 'Organization.telecom', { use: 'work' }, { use: 'home' }],
  ['inv-1', 'Parameters.parameter', { name: 'a', valueString: 'b' }, { name: 'a' }],
  ['prr-1', 'ServiceRequest', { code: CODE, orderDetail: [CODE] }, { orderDetail: [CODE] }],
  [
    'que-1',
    'Questionnaire.item',
    { type: 'group', item: [{ linkId: 'a' }] },
    { type: 'display', item: [{ linkId: 'a' }] },
  ],
  [
    'que-2',
    'Questionnaire',
    { item: [{ linkId: 'a', item: [{ linkId: 'b' }] }] },
    { item: [{ linkId: 'a', item: [{ linkId: 'a' }] }] },
  ],
  [
    'que-4',
    'Questionnaire.item',
    { answerValueSet: 'http://a' },
    { answerValueSet: 'http://a', answerOption: [{ valueString: 'a' }] },
  ],
  [
    'que-7',
    'Questionnaire.item.enableWhen',
    { operator: 'exists', answerBoolean: true },
    { operator: 'exists', answerString: 'a' },
  ],
  ['que-10', 'Questionnaire.item', { type: 'string', maxLength: 3 }, { type: 'date', maxLength: 3 }],
  [
    'qrs-1',
    'QuestionnaireResponse.item',
    { answer: [{}] },
    { answer: [{ valueString: 'a' }], item: [{ linkId: 'a' }] },
  ],
  [
    'ras-1',
    'RiskAssessment.prediction.probability[x]',
    { low: QUANTITY(1, '%') },
    { low: QUANTITY(1, 'kg') },
  ],
  ['ras-2', 'RiskAssessment.prediction', { probabilityDecimal: 99.5 }, { probabilityDecimal: 101 }],
  ['sev-1', 'AuditEvent.entity', { name: 'a' }, { name: 'a', query: 'YQ==' }],
  [
    'eld-5',
    'ElementDefinition',
    { contentReference: '#a', min: 1 },
    { contentReference: '#a', fixedCode: 'a' },
  ],
  [
    'eld-7',
    'ElementDefinition',
    { patternCode: 'a', type: [{ code: 'code' }] },
    { patternCode: 'a', type: [{ code: 'code' }, { code: 'string' }] },
  ],
  [
    'eld-13',
    'ElementDefinition',
    { type: [{ code: 'code' }] },
    { type: [{ code: 'code' }, { code: 'code' }] },
  ],
  [
    'eld-14',
    'ElementDefinition',
    { constraint: [{ key: 'a' }, { key: 'b' }] },
    { constraint: [{ key: 'a' }, { key: 'a' }] },
  ],
  [
    'eld-15',
    'ElementDefinition',
    { defaultValueCode: 'a' },
    { defaultValueCode: 'a', meaningWhenMissing: 'b' },
  ],
  ['eld-1', 'ElementDefinition.slicing', { discriminator: [{}] }, { rules: 'open' }],
  [
    'eld-4',
    'ElementDefinition.type',
    { code: 'Reference', aggregation: ['bundled'] },
    { code: 'Coding', aggregation: ['bundled'] },
  ],
  ['eld-12', 'ElementDefinition.binding', { valueSet: 'http://a.b' }, { valueSet: 'ftp://a.b' }],
  [
    'eld-17',
    'ElementDefinition.type',
    { code: 'canonical', targetProfile: ['a'] },
    { code: 'Coding', targetProfile: ['a'] },
  ],
  ['eld-21', 'ElementDefinition.constraint', { expression: 'a' }, { key: 'a' }],
  ['eld-18', 'ElementDefinition', { isModifier: false }, { isModifier: true }],
  [
    'eld-22',
    'ElementDefinition',
    { sliceName: 'a', sliceIsConstraining: true },
    { sliceIsConstraining: true },
  ],
  [
    'sdf-1',
    'StructureDefinition',
    snapshot({ path: 'A' }, { path: 'A.b' }),
    snapshot({ path: 'A' }, { path: 'A' }),
  ],
  [
    'sdf-3',
    'StructureDefinition.snapshot',
    { element: [{ definition: 'a', min: 0, max: '1' }] },
    { element: [{ min: 0, max: '1' }] },
  ],
  ['sdf-8b', 'StructureDefinition.snapshot', { element: [{ base: {} }] }, { element: [{ path: 'A' }] }],
  [
    'sdf-10',
    'StructureDefinition.snapshot.element',
    { binding: { valueSet: 'a' } },
    { binding: { strength: 'required' } },
  ],
  ['sdf-14', 'StructureDefinition', snapshot({ id: 'A' }), snapshot({ path: 'A' })],
  ['sdf-16', 'StructureDefinition', snapshot({ id: 'A' }, { id: 'B' }), snapshot({ id: 'A' }, { id: 'A' })],
  [
    'sdf-17',
    'StructureDefinition',
    { differential: { element: [{ id: 'A' }] } },
    { differential: { element: [{ id: 'A' }, { id: 'A' }] } },
  ],
  [
    'sdf-23',
    'StructureDefinition',
    snapshot({ path: 'A.b', sliceName: 's' }),
    snapshot({ path: 'A', sliceName: 's' }),
  ],
  [
    'sdf-9',
    'StructureDefinition',
    snapshot({ path: 'A.b', label: 'a' }),
    snapshot({ path: 'A', label: 'a' }),
  ],
  [
    'sdf-11',
    'StructureDefinition',
    { kind: 'resource', type: 'A', ...snapshot({ path: 'A' }) },
    { kind: 'resource', type: 'B', ...snapshot({ path: 'A' }) },
  ],
  [
    'sdf-15',
    'StructureDefinition',
    { kind: 'resource', ...snapshot({ path: 'A' }) },
    { kind: 'resource', ...snapshot({ path: 'A', type: [{ code: 'B' }] }) },
  ],
  [
    'sdf-15a',
    'StructureDefinition',
    { kind: 'resource', ...differential({ path: 'A.b', type: [{ code: 'B' }] }) },
    { kind: 'resource', ...differential({ path: 'A', type: [{ code: 'B' }] }) },
  ],
  [
    'sdf-19',
    'StructureDefinition',
    { url: 'http://hl7.org/fhir/StructureDefinition/a', ...differential({ type: [{ code: 'B' }] }) },
    { url: 'http://hl7.org/fhir/StructureDefinition/a', ...differential({ type: [{ code: 'a-b' }] }) },
  ],
  [
    'sdf-20',
    'StructureDefinition.differential',
    { element: [{ path: 'A.b', slicing: {} }] },
    { element: [{ path: 'A', slicing: {} }] },
  ],
  [
    'sdf-21',
    'StructureDefinition',
    { derivation: 'specialization', ...differential({ defaultValueCode: 'a' }) },
    { derivation: 'constraint', ...differential({ defaultValueCode: 'a' }) },
  ],
  [
    'sdf-22',
    'StructureDefinition',
    { url: 'http://a.b', ...snapshot({ defaultValueCode: 'a' }) },
    { url: 'http://hl7.org/fhir/StructureDefinition/a', ...snapshot({ defaultValueCode: 'a' }) },
  ],
  ['sdf-4', 'StructureDefinition', { abstract: true }, { abstract: false }],
  ['sdf-6', 'StructureDefinition', { differential: { element: [] } }, { abstract: true }],
  ['spd-2', 'SearchParameter', { type: 'reference', chain: ['a'] }, { type: 'token', chain: ['a'] }],
  ['vsd-1', 'ValueSet.compose.include', { system: 'http://a' }, { version: '1' }],
  [
    'vsd-2',
    'ValueSet.compose.include',
    { system: 'http://a', concept: [{ code: 'a' }] },
    { concept: [{ code: 'a' }] },
  ],
  [
    'vsd-3',
    'ValueSet.compose.include',
    { system: 'http://a', concept: [{ code: 'a' }] },
    { concept: [{ code: 'a' }], filter: [{ op: '=', property: 'a', value: 'b' }] },
  ],
]

t.test('each rule accepts what satisfies it and refuses what it is for', async (t) => {
  for (const [key, path, good, bad] of CASES) {
    const constraint = stated.get(path)?.find((each) => each.key === key)
    if (!constraint) {
      t.fail(`R4 states no ${key} at ${path}`)
      continue
    }
    const check = compileInvariant(constraint, path)
    if (typeof check !== 'function') {
      t.fail(check.reason)
      continue
    }
    t.equal(check(good, scopeOf(good as Resource)), true, `${key} is satisfied`)
    t.equal(check(bad, scopeOf(bad as Resource)), false, `${key} is broken`)
  }
})

t.test('the paths of a definition begin with its type', async (t) => {
  const definition = (part: 'snapshot' | 'differential', kind: string, ...paths: readonly string[]) => ({
    resourceType: 'StructureDefinition',
    kind,
    type: 'Patient',
    [part]: { element: paths.map((path) => ({ path })) },
  })
  for (const [key, part] of [
    ['sdf-8', 'snapshot'],
    ['sdf-8a', 'differential'],
  ] as const) {
    const path = `StructureDefinition.${part}`
    const check = compileInvariant(stated.get(path)!.find((each) => each.key === key)!, path)
    if (typeof check !== 'function') return t.fail(check.reason)
    const holds = (resource: Resource) => check(resource[part], scopeOf(resource))
    t.ok(holds(definition(part, 'resource', 'Patient', 'Patient.name')), key)
    t.notOk(holds(definition(part, 'resource', 'Person', 'Person.name')), `${key}: another type`)
    t.ok(holds(definition(part, 'logical', 'Person', 'Person.name')), `${key}: a logical model`)
    t.notOk(holds(definition(part, 'resource', 'Patient', 'Person.name')), `${key}: beneath another type`)
  }
})

t.test('the greatest number of an element is not below zero', (t) => {
  const path = 'ElementDefinition.max'
  const check = compileInvariant(stated.get(path)!.find(({ key }) => key === 'eld-3')!, path)
  if (typeof check !== 'function') throw new Error(check.reason)
  for (const [max, holds] of [
    ['*', true],
    ['0', true],
    ['2', true],
    ['-0', true],
    ['-1', false],
    ['a', true],
  ] as const)
    t.equal(check(max, scopeOf({ resourceType: 'StructureDefinition' })), holds, max)
  t.end()
})

t.test('every rule by hand is one that R4 states, to the letter', (t) => {
  const all = [...stated.values()].flat()
  for (const [key, { expression }] of Object.entries(NATIVE))
    if (all.some((each) => each.key === key))
      t.ok(
        all.some((each) => each.key === key && each.expression === expression),
        key,
      )
  t.end()
})

t.test('an empty result is no violation (V15)', async (t) => {
  for (const [key, path] of [
    ['que-0', 'Questionnaire'],
    ['bdl-8', 'Bundle.entry'],
    ['per-1', 'Period'],
  ] as const) {
    const check = compileInvariant(stated.get(path)!.find((each) => each.key === key)!, path)
    t.ok(typeof check === 'function' && check({}, scopeOf({ resourceType: 'Basic' })), key)
  }
})

t.test('nothing of a resource reaches standard output (V18)', async (t) => {
  const written: string[] = []
  const { log } = console
  const { write } = process.stdout
  console.log = (...parts) => void written.push(parts.join(' '))
  process.stdout.write = ((text: string) => Boolean(written.push(String(text)))) as typeof write
  try {
    const check = compileInvariant(
      stated.get('Questionnaire.item')!.find(({ key }) => key === 'que-1')!,
      'Questionnaire.item',
    )
    if (typeof check === 'function')
      check(
        { type: 'display', linkId: 'planted', item: [{ linkId: 'planted' }] },
        scopeOf({ resourceType: 'Questionnaire' }),
      )
  } finally {
    console.log = log
    process.stdout.write = write
  }
  t.notOk(written.some((text) => text.includes('planted')))
})

t.test('no JSON makes a rule throw', async () => {
  const all = [...stated].flatMap(([path, constraints]) =>
    constraints.map((each) => compileInvariant(each, path)),
  )
  const checks = all.filter((check) => typeof check === 'function')
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 2 }), fc.nat(checks.length - 1), (value, at) => {
      checks[at]!(value, scopeOf({ resourceType: 'Basic' }))
    }),
    { numRuns: 1000 },
  )
})
