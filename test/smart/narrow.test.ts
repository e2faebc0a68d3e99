// Granting less than was asked for: never more, and always scopes that can be read.
import fc from 'fast-check'
import t from 'tap'
import { covers } from '../../src/access/covers.ts'
import { compileScope } from '../../src/access/policy.ts'
import { parseScope, type Scope } from '../../src/access/scopes.ts'
import { createContext } from '../../src/app.ts'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { FACETS } from '../../src/smart/describe/facets.ts'
import { applyChoices, type Choice, toChoices, toFullForm } from '../../src/smart/describe/narrow.ts'
import { observation, openConsentServer } from '../support/consent-server.ts'
import { openClient } from '../support/rest.ts'
import { openServer } from '../support/server.ts'

const { isResourceType } = loadDefinitions()
const parse = (text: string): Scope => parseScope(text, isResourceType)!

const ASKED = fc
  .tuple(
    fc.constantFrom('patient', 'user'),
    fc.constantFrom('Observation', 'Condition', 'DocumentReference', '*'),
    fc.oneof(
      fc.constantFrom('read', 'write', '*'),
      fc
        .subarray([...'cruds'], { minLength: 1 })
        .chain((rights) =>
          fc
            .constantFrom('', '?category=laboratory', '?code=a%7Cb&date=gt2020')
            .map((q) => rights.join('') + q),
        ),
    ),
  )
  .map(([level, type, suffix]) => parse(`${level}/${type}.${suffix}`))

function fieldsOf({ see, write, parts }: Choice): readonly string[] {
  return [...(see ? [see] : []), ...write.map(({ field }) => field), ...parts.map(({ field }) => field)]
}

const QUESTION = fc.array(ASKED, { maxLength: 4 }).chain((asked) => {
  const choices = toChoices(asked)
  const extents = choices.flatMap(({ extent }) => (extent ? [extent] : []))
  const form = fc
    .tuple(
      fc.subarray(choices.flatMap(fieldsOf)),
      fc.array(fc.constantFrom('all', 'some', undefined, 'x'), {
        minLength: extents.length,
        maxLength: extents.length,
      }),
    )
    .map(([ticked, answers]) =>
      Object.fromEntries([
        ...ticked.map((field) => [field, 'on']),
        ...extents.map((extent, i) => [extent, answers[i]]),
      ]),
    )
  return fc.tuple(fc.constant(asked), form)
})

function isWithin(granted: Scope, asked: Scope): boolean {
  return (
    granted.level === asked.level &&
    (asked.type === '*' || granted.type === asked.type) &&
    [...granted.rights].every((right) => asked.rights.includes(right)) &&
    asked.params.every(([name, value]) => granted.params.some(([n, v]) => n === name && v === value))
  )
}

t.test('whatever is ticked, each scope that comes out is within one that was asked for', (t) => {
  fc.assert(
    fc.property(QUESTION, ([asked, form]) => {
      const granted = applyChoices(toChoices(asked), form)
      return (
        new Set(granted).size === granted.length &&
        granted.every((text) => {
          const scope = parseScope(text, isResourceType)
          return (
            scope !== undefined &&
            /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(text) &&
            asked.some((each) => isWithin(scope, each)) &&
            covers(asked, scope)
          )
        })
      )
    }),
    { numRuns: 2_000 },
  )
  t.end()
})

t.test('with everything ticked, what was asked for comes out as it was spelt; with nothing, nothing', (t) => {
  fc.assert(
    fc.property(fc.uniqueArray(ASKED, { selector: ({ text }) => text }), (asked) => {
      const choices = toChoices(asked)
      t.same(
        applyChoices(choices, toFullForm(choices)),
        asked.map(({ text }) => text),
      )
      t.same(applyChoices(choices, {}), [])
    }),
    { numRuns: 200 },
  )
  t.end()
})

t.test('no field has the name of another', (t) => {
  const choices = toChoices(['patient/*.cruds', 'patient/Observation.rs', 'patient/*.read'].map(parse))
  const fields = [...choices.flatMap(fieldsOf), ...choices.map(({ extent }) => extent)]
  t.equal(new Set(fields).size, fields.length)
  t.end()
})

function grant(text: string, form: Record<string, string>): readonly string[] {
  return applyChoices(toChoices([parse(text)]), form)
}

t.test('31: one part of a type becomes a granular scope, also of everything, and of v1 spelling', (t) => {
  const HEART = 'code=http://loinc.org|8867-4'
  const some = { 'scope-0-see': 'on', 'scope-0-extent': 'some' }
  const heart = { ...some, 'scope-0-Observation-heart-rate': 'on' }
  t.same(grant('patient/Observation.rs', heart), [`patient/Observation.rs?${HEART}`])
  t.same(grant('patient/Observation.read', heart), [`patient/Observation.rs?${HEART}`])
  t.same(grant('patient/*.rs', heart), [`patient/Observation.rs?${HEART}`])
  t.same(
    grant('patient/*.cruds', heart),
    [`patient/Observation.rs?${HEART}`],
    'without the rights that were unticked',
  )
  t.same(grant('patient/Observation.rs', some), [], 'a part that is not named grants nothing')
  t.same(grant('patient/Observation.rs', { ...heart, 'scope-0-extent': 'all' }), ['patient/Observation.rs'])
  t.end()
})

t.test('27: what v1 has a word for stays v1', (t) => {
  const some = { 'scope-0-see': 'on', 'scope-0-extent': 'some', 'scope-0-Condition': 'on' }
  t.same(grant('patient/*.read', some), ['patient/Condition.read'])
  t.same(grant('patient/*.*', { ...some, 'scope-0-c': 'on' }), ['patient/Condition.crs'])
  t.same(grant('patient/Condition.*', { 'scope-0-see': 'on', 'scope-0-extent': 'all' }), [
    'patient/Condition.read',
  ])
  t.end()
})

t.test('a part with several codes becomes a scope for each', (t) => {
  const form = { 'scope-0-see': 'on', 'scope-0-extent': 'some', 'scope-0-Observation-steps': 'on' }
  t.same(grant('patient/Observation.r', form), [
    'patient/Observation.r?code=http://loinc.org|55423-8',
    'patient/Observation.r?code=http://loinc.org|41950-7',
  ])
  t.end()
})

t.test('a whole type takes the place of its parts', (t) => {
  const form = {
    'scope-0-see': 'on',
    'scope-0-extent': 'some',
    'scope-0-Observation': 'on',
    'scope-0-Observation-laboratory': 'on',
    'scope-0-Condition-problem-list-item': 'on',
  }
  t.same(grant('patient/*.rs', form), [
    'patient/Observation.rs',
    'patient/Condition.rs?category=http://terminology.hl7.org/CodeSystem/condition-category|problem-list-item',
  ])
  t.end()
})

t.test('every part is a scope that this server enforces', async (t) => {
  const server = await openServer(t)
  const { compileParams } = await createContext(server.config, server.store)
  for (const { type, param, values } of FACETS)
    for (const value of values)
      t.ok(
        await compileScope(parse(`patient/${type}.rs?${param}=${value}`), compileParams),
        `${type} ${value}`,
      )
})

t.test('31: with heart rate alone an app finds heart rate and nothing else', async (t) => {
  const { server, put } = await openConsentServer(t)
  const coded = (code: string) => ({ code: { coding: [{ system: 'http://loinc.org', code }] } })
  await put(observation('heart', coded('8867-4')))
  await put(observation('weight', coded('29463-7')))
  await put({ resourceType: 'Condition', id: 'c', subject: { reference: 'Patient/p' } })
  const scope = grant('patient/*.rs', {
    'scope-0-see': 'on',
    'scope-0-extent': 'some',
    'scope-0-Observation-heart-rate': 'on',
  }).join(' ')
  const app = await openClient(server, scope, { subject: 'Patient/p', patient: 'p', purpose: 'PATRQT' })
  const { body } = await app('GET', 'Observation')
  t.same(
    body.entry.map(({ resource }: { resource: { id: string } }) => resource.id),
    ['heart'],
  )
  t.equal((await app('GET', 'Observation/heart')).status, 200)
  t.equal((await app('GET', 'Observation/weight')).status, 404)
  t.equal((await app('GET', 'Condition/c')).status, 403)
})
