// Research projects become purposes below HRESCH (M6).
import t from 'tap'
import { projectCodes } from '../../src/consent/projects.ts'
import { ACT_REASON, createPurposes, PROJECTS } from '../../src/consent/purposes.ts'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { readOwn } from '../support/consents.ts'

const definitions = loadDefinitions()

t.test('the published code system registers the demonstration study', async (t) => {
  const projects = projectCodes(readOwn('CodeSystem-project-purpose.json'))
  t.same(projects, { system: PROJECTS, codes: ['demo-study'] })
  const purposes = createPurposes(definitions, [projects])
  t.equal(purposes.codeOf(PROJECTS, 'demo-study'), 'demo-study')
  t.equal(purposes.isSecondary('demo-study'), true)
  t.equal(purposes.permits('HRESCH', 'demo-study'), true)
  t.equal(purposes.permits('demo-study', 'HRESCH'), false)
})

t.test('codes count at any depth, each once', async (t) => {
  const concept = [{ code: 'a', concept: [{ code: 'b', concept: [{ code: 'a' }] }] }, { display: 'none' }]
  const system = { resourceType: 'CodeSystem', url: 'https://x.example/projects', concept }
  t.same(projectCodes(system), { system: 'https://x.example/projects', codes: ['a', 'b'] })
})

t.test('a resource that is no code system, or has no URL, registers nothing', async (t) => {
  const concept = [{ code: 'a' }]
  t.same(projectCodes({ resourceType: 'ValueSet', url: 'https://x.example', concept }).codes, [])
  t.same(projectCodes({ resourceType: 'CodeSystem', concept }).codes, [])
  t.same(projectCodes({ resourceType: 'CodeSystem', url: 'https://x.example' }).codes, [])
})

t.test('a project cannot take the name of a purpose of R4', async (t) => {
  const purposes = createPurposes(definitions, [{ system: PROJECTS, codes: ['TREAT', 'study'] }])
  t.equal(purposes.codeOf(PROJECTS, 'TREAT'), undefined)
  t.equal(purposes.codeOf(ACT_REASON, 'TREAT'), 'TREAT')
  t.equal(purposes.isSecondary('TREAT'), false)
  t.equal(purposes.codeOf(PROJECTS, 'study'), 'study')
})
