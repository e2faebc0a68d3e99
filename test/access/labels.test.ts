import fc from 'fast-check'
import t from 'tap'
import type { LabelRule } from '../../src/access/labels/rules.ts'
import { createLabeller, LABEL_RULE, type LabelContext } from '../../src/access/labels.ts'
import {
  ACT_CODE,
  CONFIDENTIALITY,
  CONFIDENTIALITY_SYSTEM,
  loadSensitivities,
  rankOf,
} from '../../src/consent/labels.ts'
import { type Labels, labelsOf } from '../../src/consent/read-labels.ts'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { FhirError } from '../../src/fhir/outcome.ts'
import type { Coding, Resource } from '../../src/fhir/resource.ts'

const sensitivities = loadSensitivities(loadDefinitions())

const ICD = 'http://hl7.org/fhir/sid/icd-10'
const include = (system: string, ...codes: string[]) => ({ system, concept: codes.map((code) => ({ code })) })
const matching = (value: string, op = 'regex') => ({
  system: ICD,
  filter: [{ property: 'code', op, value }],
})
function toRule(id: string, label: string, compose: object): LabelRule {
  return { id, label, valueSet: { resourceType: 'ValueSet', compose } }
}

const RULES: readonly LabelRule[] = [
  toRule('hiv', 'HIV', { include: [include('urn:a', 'h1', 'h2'), matching('B2[0-4].*')] }),
  toRule('mind', 'PSY', { include: [matching('F.*')], exclude: [matching('F17.*')] }),
  toRule('drugs', 'SUD', { include: [matching('F1.*')] }),
  toRule('also-hiv', 'HIV', { include: [include('urn:a', 'h1')] }),
]
const label = createLabeller(RULES, sensitivities)

const conf = (code: string): Coding => ({ system: CONFIDENTIALITY_SYSTEM, code })
const sens = (code: string): Coding => ({ system: ACT_CODE, code })
const auto = (coding: Coding, rule: string) => ({
  extension: [{ url: LABEL_RULE, valueCode: rule }],
  ...coding,
})
const coded = (code: string, system = ICD) => ({ coding: [{ system, code }] })
function condition(code: string, security?: readonly Coding[], system = ICD): Resource {
  return {
    resourceType: 'Condition',
    id: 'c',
    ...(security && { meta: { security } }),
    code: coded(code, system),
  }
}

t.test('a resource without finding is the same object, counts as N and has no change', async (t) => {
  for (const resource of [condition('I10'), condition('F17.2', undefined, 'urn:other')]) {
    const labelled = label(resource)
    t.equal(labelled.resource, resource)
    t.strictSame(labelled.labels, { confidentiality: 'N', sensitivity: [] })
    t.strictSame(labelled.changes, [])
  }
})

t.test('a finding is written as a sensitivity code that names its rule, and R beside it (LI1)', async (t) => {
  const { resource, labels, changes } = label({ ...condition('B20'), meta: { profile: ['urn:p'] } })
  t.strictSame(resource.meta, {
    profile: ['urn:p'],
    security: [auto(sens('HIV'), 'hiv'), auto(conf('R'), 'sensitivity')],
  })
  t.strictSame(labels, { confidentiality: 'R', sensitivity: ['HIV'] })
  t.strictSame(changes, [
    { kind: 'added', code: 'HIV', rule: 'hiv' },
    { kind: 'added', code: 'R', rule: 'sensitivity' },
  ])
})

const found = { system: 'urn:a', code: 'h1' }
const PLACES: Readonly<Record<string, object>> = {
  'a component': { component: [{ code: coded('x', 'urn:b') }, { code: { coding: [found] } }] },
  'a value': { valueCodeableConcept: { coding: [found] } },
  'a second coding': { code: { coding: [{ system: 'urn:b', code: 'x' }, found] } },
  'a contained resource': { contained: [{ resourceType: 'Condition', id: 'k', code: { coding: [found] } }] },
  'a reason': { reasonCode: [{ coding: [found] }] },
  'a section of a section': { section: [{ section: [{ code: { coding: [found] } }] }] },
  'an extension': { extension: [{ url: 'urn:e', valueCoding: found }] },
  'an entry of a Bundle': { entry: [{ resource: { resourceType: 'Condition', code: { coding: [found] } } }] },
}
for (const [place, elements] of Object.entries(PLACES))
  t.test(`a code counts in ${place}`, async (t) => {
    t.strictSame(label({ resourceType: 'Basic', ...elements }).labels, {
      confidentiality: 'R',
      sensitivity: ['HIV'],
    })
  })

t.test(
  'definitions and directories are not about anybody; a Medication is, through what refers to it',
  async (t) => {
    const contains = { expansion: { contains: [found] } }
    const valueSet = { resourceType: 'ValueSet', ...contains }
    for (const resource of [
      valueSet,
      { resourceType: 'HealthcareService', type: [{ coding: [found] }] },
      { resourceType: 'Bundle', entry: [{ resource: valueSet }] },
    ])
      t.equal(label(resource).resource, resource, resource.resourceType)
    t.strictSame(label({ resourceType: 'Medication', code: { coding: [found] } }).labels.sensitivity, ['HIV'])
  },
)

t.test('labels of a part are taken over: the container is as confidential as what it holds', async (t) => {
  const entry = [{ resource: { resourceType: 'Basic', meta: { security: [conf('V'), sens('STD')] } } }]
  const { resource, labels } = label({ resourceType: 'Bundle', entry })
  t.strictSame(labels, { confidentiality: 'V', sensitivity: ['STD'] })
  t.strictSame(resource.meta?.security, [auto(sens('STD'), 'part'), auto(conf('V'), 'part')])
  const plain = [{ resource: { resourceType: 'Basic', meta: { security: [conf('V')] } } }]
  t.equal(label({ resourceType: 'Bundle', entry: plain }).labels.confidentiality, 'V')
})

t.test('several rules give several labels, one rule for one label is named: the first', async (t) => {
  t.strictSame(label(condition('F10')).labels.sensitivity, ['PSY', 'SUD'])
  t.strictSame(label(condition('F17')).labels.sensitivity, ['SUD'], 'what a value set excludes')
  const { changes } = label(condition('h1', undefined, 'urn:a'))
  t.strictSame(changes[0], { kind: 'added', code: 'HIV', rule: 'hiv' })
})

t.test('manual labels are kept as they are, and nothing is written beside those that suffice', async (t) => {
  for (const security of [[conf('V')], [conf('R'), sens('PSY')], [conf('L')], [sens('HIV'), conf('V')]]) {
    const resource = condition('I10', security)
    t.equal(label(resource).resource, resource)
  }
  const marked = label(condition('B20', [conf('N'), { ...sens('HIV'), display: 'HIV' }])).resource
  t.strictSame(marked.meta?.security, [
    conf('N'),
    { ...sens('HIV'), display: 'HIV' },
    auto(conf('R'), 'sensitivity'),
  ])
})

t.test('a label of the version that stands is put back as it was written (LI3)', async (t) => {
  const previous = condition('I10', [conf('V'), sens('PSY'), auto(sens('HIV'), 'hiv')])
  const { resource, labels, changes } = label(condition('I10', [sens('SDV')]), { previous })
  t.strictSame(resource.meta?.security, [sens('SDV'), sens('PSY'), auto(sens('HIV'), 'hiv'), conf('V')])
  t.strictSame(labels, { confidentiality: 'V', sensitivity: ['HIV', 'PSY', 'SDV'] })
  t.strictSame(changes, [
    { kind: 'added', code: 'SDV', rule: 'manual' },
    { kind: 'restored', code: 'PSY', rule: 'previous' },
    { kind: 'restored', code: 'HIV', rule: 'previous' },
    { kind: 'restored', code: 'V', rule: 'previous' },
  ])
})

t.test('a coding that is both confidentiality and sensitivity is put back once', async (t) => {
  const { resource } = label(condition('I10'), { previous: condition('I10', [conf('HIV')]) })
  t.strictSame(resource.meta?.security, [conf('HIV')])
})

t.test('below N is a lowering too: a version that had no label was N', async (t) => {
  const { resource, labels } = label(condition('I10', [conf('U')]), { previous: condition('I10') })
  t.equal(labels.confidentiality, 'N')
  t.strictSame(resource.meta?.security, [conf('U'), auto(conf('N'), 'previous')])
  t.equal(label(condition('I10', [conf('U')])).labels.confidentiality, 'U', 'a first version may state it')
})

t.test('a human lowers what no rule finds any more; the change says so', async (t) => {
  const previous = condition('I10', [conf('V'), sens('PSY')])
  const resource = condition('I10')
  const lowered = label(resource, { previous, mayLower: true })
  t.equal(lowered.resource, resource)
  t.strictSame(lowered.changes, [
    { kind: 'removed', code: 'PSY', rule: 'manual' },
    { kind: 'removed', code: 'V', rule: 'manual' },
  ])
  const standing = label(condition('B20')).resource
  const kept = label(condition('B20'), { previous: standing, mayLower: true })
  t.strictSame(kept.labels, { confidentiality: 'R', sensitivity: ['HIV'] }, 'what a rule finds stays')
  t.strictSame(kept.changes, [])
})

t.test('inherited labels are joined (LI2)', async (t) => {
  const inherited: readonly Labels[] = [
    { confidentiality: 'N', sensitivity: [] },
    { confidentiality: 'R', sensitivity: ['PSY'] },
  ]
  const { resource } = label(condition('I10'), { inherited })
  t.strictSame(resource.meta?.security, [auto(sens('PSY'), 'reference'), auto(conf('R'), 'reference')])
  const plain = condition('I10')
  t.equal(label(plain, { inherited: inherited.slice(0, 1) }).resource, plain)
})

t.test('a rule that is not understood is refused, never left out', async (t) => {
  const wrong: readonly (readonly LabelRule[])[] = [
    [toRule('a', 'AMB', { include: [include('urn:a', 'x')] })],
    [toRule('A b', 'HIV', { include: [include('urn:a', 'x')] })],
    [toRule('previous', 'HIV', { include: [include('urn:a', 'x')] })],
    [RULES[0]!, RULES[0]!],
    [toRule('a', 'HIV', {})],
    [toRule('a', 'HIV', { include: [{ valueSet: ['urn:v'] }] })],
    [toRule('a', 'HIV', { include: [{ ...include('urn:a', 'x'), valueSet: ['urn:v'] }] })],
    [toRule('a', 'HIV', { include: [matching('B20', 'is-a')] })],
    [toRule('a', 'HIV', { include: [matching('(')] })],
  ]
  for (const rules of wrong) t.throws(() => createLabeller(rules, sensitivities), FhirError)
})

t.test('filters = and in select by code, a part without any selects its whole system', async (t) => {
  const own = createLabeller(
    [
      toRule('one', 'HIV', { include: [matching('A', '='), matching('B, C', 'in')] }),
      toRule('all', 'SDV', { include: [{ system: 'urn:shelter' }] }),
    ],
    sensitivities,
  )
  const has = (code: string, system = ICD) => own(condition(code, undefined, system)).labels.sensitivity
  for (const code of ['A', 'B', 'C']) t.strictSame(has(code), ['HIV'], code)
  for (const code of ['AA', 'D', 'B, C']) t.strictSame(has(code), [], code)
  t.strictSame(has('anything', 'urn:shelter'), ['SDV'])
})

const CODES = ['h1', 'B20', 'F10', 'F17', 'F32', 'I10']
const someCoding: fc.Arbitrary<Coding> = fc.oneof(
  fc.constantFrom(...CONFIDENTIALITY).map(conf),
  fc.constantFrom('HIV', 'PSY', 'STD', 'SPI').map(sens),
  fc.constantFrom('HIV', 'PSY').map((code) => auto(sens(code), 'hiv')),
  fc.constantFrom('R', 'N').map((code) => auto(conf(code), 'sensitivity')),
  fc.constantFrom(conf('B'), conf('X'), sens('AMB'), { code: 'PSY' }, { code: 'V' }, { display: 'none' }),
)
const someResource = fc
  .tuple(fc.array(fc.constantFrom(...CODES), { maxLength: 3 }), fc.array(someCoding, { maxLength: 4 }))
  .map(
    ([codes, security]): Resource => ({
      resourceType: 'Observation',
      id: 'o',
      ...(security.length > 0 && { meta: { security } }),
      component: codes.map((code) => ({ code: coded(code, code.startsWith('h') ? 'urn:a' : ICD) })),
    }),
  )
const someLabels: fc.Arbitrary<Labels> = someResource.map((resource) => label(resource).labels)
const someContext = fc.record(
  { previous: someResource, inherited: fc.array(someLabels, { maxLength: 2 }), mayLower: fc.boolean() },
  { requiredKeys: [] },
) as fc.Arbitrary<LabelContext>

function covers(labels: Labels, least: Labels): boolean {
  return (
    rankOf(labels.confidentiality)! >= rankOf(least.confidentiality)! &&
    least.sensitivity.every((code) => labels.sensitivity.includes(code))
  )
}

t.test(
  'labelling is idempotent: with or without the version that stands, its own output is the same object',
  async () => {
    fc.assert(
      fc.property(someResource, someContext, (resource, context) => {
        const { resource: once } = label(resource, context)
        const again = label(once, { previous: once })
        return (
          label(once).resource === once &&
          label(once, context).resource === once &&
          again.resource === once &&
          again.changes.length === 0
        )
      }),
    )
  },
)

t.test(
  'labels cover what was stated, inherited and, unless a human lowers, what stood; sensitivity restricts',
  async () => {
    fc.assert(
      fc.property(someResource, someContext, (resource, context) => {
        const { labels } = label(resource, context)
        const { previous, inherited = [], mayLower = false } = context
        const least = [labelsOf(resource, sensitivities), ...inherited]
        if (previous && !mayLower) least.push(labelsOf(previous, sensitivities))
        return (
          least.every((each) => covers(labels, each)) &&
          covers(labels, label(resource).labels) &&
          (labels.sensitivity.length === 0 || rankOf(labels.confidentiality)! >= rankOf('R')!)
        )
      }),
    )
  },
)

t.test('nothing is labelled above what was stated, found, inherited or stood', async () => {
  fc.assert(
    fc.property(someResource, someContext, (resource, context) => {
      const { labels } = label(resource, context)
      const sources: readonly Labels[] = [
        label(resource).labels,
        ...(context.inherited ?? []),
        ...(context.previous ? [labelsOf(context.previous, sensitivities)] : []),
      ]
      return (
        sources.some(({ confidentiality }) => confidentiality === labels.confidentiality) &&
        labels.sensitivity.every((code) => sources.some(({ sensitivity }) => sensitivity.includes(code)))
      )
    }),
  )
})

t.test('what was sent stays in front, and the labels can be read back from what is written', async () => {
  fc.assert(
    fc.property(someResource, someContext, (resource, context) => {
      const labelled = label(resource, context)
      const sent = resource.meta?.security ?? []
      const written = labelled.resource.meta?.security ?? []
      const { confidentiality, sensitivity } = labelsOf(labelled.resource, sensitivities)
      return (
        sent.every((coding, at) => written[at] === coding) &&
        written.slice(sent.length).every((coding) => coding.code !== undefined) &&
        confidentiality === labelled.labels.confidentiality &&
        JSON.stringify(sensitivity) === JSON.stringify(labelled.labels.sensitivity)
      )
    }),
  )
})

t.test('the changes lead from the labels that stood to the new ones', async () => {
  fc.assert(
    fc.property(someResource, someContext, (resource, context) => {
      const { labels, changes } = label(resource, context)
      const before = context.previous
        ? labelsOf(context.previous, sensitivities)
        : { confidentiality: 'N', sensitivity: [] }
      const after = new Set<string>([...before.sensitivity])
      let { confidentiality }: { confidentiality: string } = before
      for (const { kind, code } of changes) {
        if (kind === 'restored') continue
        if (rankOf(code) !== undefined) confidentiality = labels.confidentiality
        else if (kind === 'added') after.add(code)
        else after.delete(code)
      }
      return (
        confidentiality === labels.confidentiality &&
        JSON.stringify([...after].sort()) === JSON.stringify(labels.sensitivity)
      )
    }),
  )
})
