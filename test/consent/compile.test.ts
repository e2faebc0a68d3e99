// PT11: what a store is asked for is what the interpreter decides, resource by resource. https://hl7.org/fhir/R4/consent.html
import fc from 'fast-check'
import t from 'tap'
import type { Case } from '../../conformance/consent/vector.ts'
import { decideBreakGlass } from '../../src/consent/break-glass.ts'
import { compileBreakGlass, compilePatient } from '../../src/consent/compile-patient.ts'
import { compileProxy, INFORMED } from '../../src/consent/compile-proxy.ts'
import { decidePatient } from '../../src/consent/decide-patient.ts'
import type { Facets } from '../../src/consent/facets.ts'
import { createFaceter, toFacetEntries } from '../../src/consent/facets-of.ts'
import { decideOwn } from '../../src/consent/self.ts'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import type { Indexed, World } from '../../src/search/evaluate.ts'
import { createIndexer } from '../../src/search/index-values.ts'
import { vocabulary } from '../support/consent.ts'
import { holds, place } from '../support/consent-placed.ts'
import { record } from '../support/consent-resources.ts'
import { change, PATIENTS, type Scene, scene, toSceneCase } from '../support/consent-world.ts'

// Mapped within the properties, so that a counterexample prints as a vector.
const mask = fc.nat({ max: 3 })

function toPlaced(drawn: Scene, bits: number) {
  const asked = toSceneCase(drawn)
  return {
    ...asked,
    at: place(
      asked.facets,
      asked.facets.authors.filter((_, n) => bits & (1 << n)),
    ),
  }
}

t.test('PT11: per resource, compilePatient holds exactly where decidePatient permits', async (t) => {
  let permits = 0
  fc.assert(
    fc.property(scene, mask, (drawn, bits) => {
      const { request, facets, context, at } = toPlaced(drawn, bits)
      for (const patient of PATIENTS) {
        const decided = decidePatient(patient, request, facets, context).permit
        if (decided) permits++
        if (holds(compilePatient(patient, request, context), at) !== decided) return false
      }
      return true
    }),
    { numRuns: 20_000 },
  )
  t.ok(permits > 3000, `${permits} permits`)
})

t.test('PT11: of one person, compileBreakGlass holds exactly where decideBreakGlass permits', async (t) => {
  let permits = 0
  fc.assert(
    fc.property(scene, mask, fc.constantFrom(...PATIENTS), (drawn, bits, patient) => {
      const { request, context, at, ...asked } = toPlaced(drawn, bits)
      const facets = { ...asked.facets, patients: [patient] }
      const emergency = { ...request, purpose: 'BTG', elevated: true }
      const decided = decideBreakGlass(emergency, facets, context).permit
      if (decided) permits++
      return holds(compileBreakGlass(patient, emergency, context), at) === decided
    }),
    { numRuns: 5000 },
  )
  t.ok(permits > 500, `${permits} permits`)
})

t.test('PT11: compileProxy and INFORMED hold exactly where decideOwn permits', async (t) => {
  const seen = { self: 0, proxy: 0 }
  const asked = fc.tuple(
    scene,
    fc.constantFrom('self', 'proxyFor'),
    fc.constantFrom('Patient/p1', 'Patient/p2'),
  )
  fc.assert(
    fc.property(asked, ([drawn, way, patient]) => {
      const actors = [{ ref: 'RelatedPerson/mother', via: 'user' }]
      const request = { self: undefined, proxyFor: undefined, actors, [way]: patient }
      const {
        request: made,
        facets,
        context,
      } = toSceneCase(change(drawn, { request, resource: { patients: [patient] } }))
      const decided = decideOwn(made, facets, context)!.decision.permit
      if (decided) seen[way === 'self' ? 'self' : 'proxy']++
      const expr = way === 'self' ? INFORMED : compileProxy(patient, made, context)
      return holds(expr, place(facets, [])) === decided
    }),
    { numRuns: 10_000 },
  )
  t.ok(seen.self > 1000 && seen.proxy > 300, `${seen.self} and ${seen.proxy} permits`)
})

const definitions = loadDefinitions()
const SETTINGS = { timeZone: 'Asia/Tokyo', baseUrl: 'http://localhost/fhir' }
const index = createIndexer(definitions, SETTINGS)
const toFacets = createFaceter(definitions, vocabulary, SETTINGS)

interface Stored {
  readonly indexed: Indexed
  readonly facets: Facets
}

function store(resource: Resource, source: string | undefined): Stored {
  const entries = index(resource)
  const facets = toFacets(resource, entries, source)
  const { resourceType: type, id = '' } = resource
  return { indexed: { type, id, entries: [...entries, ...toFacetEntries(facets)] }, facets }
}

// What the interpreter is told beside the resource itself: who refers to it, and who Provenance says made it.
function complete({ facets }: Stored, all: readonly Stored[]): Facets {
  const ref = `${facets.type}/${facets.id}`
  const referring = all.filter((other) => other.facets.refs.includes(ref))
  const stamped = all
    .filter(({ indexed }) => indexed.type === 'Provenance' && hasEntry(indexed, 'target', ref))
    .flatMap(({ indexed }) =>
      indexed.entries.filter(({ param }) => param === 'agent').map(({ lo }) => String(lo)),
    )
  return {
    ...facets,
    refBy: referring.map((other) => `${other.facets.type}/${other.facets.id}`),
    authors: [...facets.authors, ...stamped],
  }
}

function hasEntry({ entries }: Indexed, name: string, ref: string): boolean {
  return entries.some(({ param, lo }) => param === name && lo === ref)
}

function worldOf(all: readonly Stored[]): World {
  return {
    resolve: () => undefined,
    referrers: (type, param, ref) =>
      all.map(({ indexed }) => indexed).filter((each) => each.type === type && hasEntry(each, param, ref)),
  }
}

function agrees({ request, context }: Case, resources: readonly Resource[], source: string | undefined) {
  const all = resources.map((resource) => store(resource, source))
  const world = worldOf(all)
  let permits = 0
  for (const patient of PATIENTS) {
    const expr = compilePatient(patient, request, context)
    for (const stored of all) {
      const decided = decidePatient(patient, request, complete(stored, all), context).permit
      if (decided) permits++
      const found = holds(expr, { indexed: stored.indexed, world })
      if (found !== decided) throw new Error(`${stored.indexed.type} of ${patient}: found ${found}`)
    }
  }
  return permits
}

t.test('PT11: of real resources, a search finds exactly what the interpreter permits', async (t) => {
  const source = fc.constantFrom('Organization/hospA', 'Organization/ward', undefined)
  let permits = 0
  fc.assert(
    fc.property(scene, record, source, (drawn, resources, from) => {
      permits += agrees(toSceneCase(drawn), resources, from)
    }),
    { numRuns: 2000 },
  )
  t.ok(permits > 3000, `${permits} permits`)
})
