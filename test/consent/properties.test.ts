// The properties PT1 to PT14 of decisions, on random states and requests. https://hl7.org/fhir/R4/consent.html
import fc from 'fast-check'
import t from 'tap'
import type { Case, Vector } from '../../conformance/consent/vector.ts'
import { decide } from '../../src/consent/decide.ts'
import type { Decision } from '../../src/consent/decision.ts'
import { type ConsentResource, normalise } from '../../src/consent/normalise.ts'
import type { Rule } from '../../src/consent/rule.ts'
import { holdsAt } from '../../src/consent/span.ts'
import { vocabulary } from '../support/consent.ts'
import { explainAway } from '../support/consent-removal.ts'
import {
  change,
  denying,
  drawConsent,
  PATIENTS,
  permitting,
  type Scene,
  scene,
  toSceneCase,
} from '../support/consent-world.ts'

const RUNS = { numRuns: 2500 }

function decideScene(drawn: Scene): Decision {
  return decideCase(toSceneCase(drawn))
}

function decideCase({ request, facets, context }: Case): Decision {
  return decide(request, facets, context)
}

function withConsent(drawn: Scene, consent: ConsentResource): Scene {
  const consents = drawn.vector.state.consents ?? []
  return change(drawn, { state: { consents: [...consents, { ...consent, id: 'ADDED' }] } })
}

/** Whether a change turned a DENY into a PERMIT. */
function widens(before: Scene, after: Scene): boolean {
  return !decideScene(before).permit && decideScene(after).permit
}

const groundsOf = ({ grounds }: Decision) =>
  grounds.map(({ consent, paths }) => `${consent} ${paths.join(' ')}`).sort()

t.test('PT1: the order of consents and policies changes nothing', async () => {
  const shuffled = scene.chain((drawn) => {
    const { consents = [], admin = [] } = drawn.vector.state
    return fc.tuple(
      fc.constant(drawn),
      fc.shuffledSubarray([...consents], { minLength: consents.length }),
      fc.shuffledSubarray([...admin], { minLength: admin.length }),
    )
  })
  fc.assert(
    fc.property(shuffled, ([drawn, consents, admin]) => {
      const [one, other] = [decideScene(drawn), decideScene(change(drawn, { state: { consents, admin } }))]
      return one.permit === other.permit && String(groundsOf(one)) === String(groundsOf(other))
    }),
    RUNS,
  )
})

t.test('PT2: a further consent without any permit never turns DENY into PERMIT', async () => {
  fc.assert(
    fc.property(scene, denying, (drawn, consent) => !widens(drawn, withConsent(drawn, consent))),
    RUNS,
  )
})

t.test('PT3: a further OPTIN without any deny never turns PERMIT into DENY', async () => {
  fc.assert(
    fc.property(
      scene,
      permitting,
      (drawn, consent) => !decideScene(drawn).permit || decideScene(withConsent(drawn, consent)).permit,
    ),
    RUNS,
  )
})

t.test('PT4: a consent that is not active has no effect', async () => {
  const status = fc.constantFrom('draft', 'proposed', 'rejected', 'inactive', 'entered-in-error', undefined)
  fc.assert(
    fc.property(scene, drawConsent(), status, (drawn, consent, status) => {
      const after = decideScene(withConsent(drawn, { ...consent, status }))
      return JSON.stringify(decideScene(drawn)) === JSON.stringify(after)
    }),
    RUNS,
  )
})

t.test('PT5: one more affiliation never turns DENY into PERMIT', async () => {
  const affiliation = fc.constantFrom('hospA', 'hospB', 'ward', 'corp', 'univU')
  fc.assert(
    fc.property(scene, affiliation, (drawn, id) => {
      const { actors = [] } = drawn.vector.request
      const added = { ref: `Organization/${id}`, via: 'affil' }
      return !widens(drawn, change(drawn, { request: { actors: [...actors, added] } }))
    }),
    RUNS,
  )
})

t.test('PT6: a higher confidentiality never turns DENY into PERMIT', async () => {
  const levels = fc.shuffledSubarray(['U', 'L', 'M', 'N', 'R', 'V'], { minLength: 2, maxLength: 2 })
  const rising = levels.map((pair) => pair.toSorted((a, b) => 'ULMNRV'.indexOf(a) - 'ULMNRV'.indexOf(b)))
  fc.assert(
    fc.property(scene, rising, (drawn, [lower, higher]) => {
      const at = (conf: string | undefined) => change(drawn, { resource: { conf } })
      return !widens(at(lower), at(higher))
    }),
    RUNS,
  )
})

// A further subject who is the requester or who is represented changes the path (2.9, Q20), not the number of subjects alone.
t.test('PT7: a further subject never turns DENY into PERMIT', async () => {
  fc.assert(
    fc.property(scene, fc.constantFrom(...PATIENTS), (drawn, patient) => {
      const { resource, request } = drawn.vector
      const { patients = [] } = resource
      fc.pre(patients.length > 0 && patient !== request.self && patient !== request.proxyFor)
      return !widens(drawn, change(drawn, { resource: { patients: [...new Set([...patients, patient])] } }))
    }),
    RUNS,
  )
})

t.test('PT8: no consent permits a secondary purpose by a rule that names no purpose', async () => {
  const purpose = fc.constantFrom('HRESCH', 'proj-alpha', 'CLINTRL', 'HMARKT', 'PUBHLTH', 'TRAIN')
  let permits = 0
  fc.assert(
    fc.property(scene, purpose, (drawn, purpose) => {
      const asked = change(drawn, { request: { purpose } })
      const decision = decideScene(asked)
      if (!decision.permit || decision.grounds.length === 0) return true
      permits++
      return groundRules(asked, decision).every(({ purposes = [] }) => purposes.length > 0)
    }),
    { numRuns: 4000 },
  )
  t.ok(permits > 20, `${permits} permits for secondary purposes were drawn`)
})

function groundRules(drawn: Scene, { grounds }: Decision): readonly Rule[] {
  const { consents = [] } = drawn.vector.state
  return grounds.flatMap(({ consent: ref, paths }) => {
    const stored = normalise(vocabulary, consents.find(({ id }) => `Consent/${id}` === ref)!)
    return stored?.kind === 'agreement' ? rulesOf(stored.root).filter(({ path }) => paths.includes(path)) : []
  })
}

function rulesOf(rule: Rule): readonly Rule[] {
  return [rule, ...rule.children.flatMap(rulesOf)]
}

t.test('PT10: what the person may have does not depend on their own consents', async () => {
  const other = fc.array(drawConsent(), { maxLength: 3 })
  fc.assert(
    fc.property(scene, fc.constantFrom(...PATIENTS), other, (drawn, self, others) => {
      const patients = [...new Set([self, ...(drawn.vector.resource.patients ?? [])])]
      const asked = change(drawn, { request: { self }, resource: { patients } })
      const kept = (drawn.vector.state.consents ?? []).filter(({ patient }) => patient?.reference !== self)
      const own = others.map((consent, n) => ({ ...consent, id: `O${n}`, patient: { reference: self } }))
      const replaced = change(asked, { state: { consents: [...kept, ...own] } })
      return JSON.stringify(decideScene(asked)) === JSON.stringify(decideScene(replaced))
    }),
    RUNS,
  )
})

const edges = ['2025', '2026-03-31', '2026-04-01', '2026-04-01T10:00:00+09:00', '2026-04-02T00:00:00Z']
const narrower = fc.record({ start: fc.constantFrom(...edges), end: fc.constantFrom(...edges) })

t.test('PT12: a shorter period of a permit-only consent never adds a PERMIT', async () => {
  fc.assert(
    fc.property(scene, permitting, narrower, (drawn, consent, period) => {
      const whole = { ...consent, provision: { ...consent.provision, period: undefined } }
      const short = { ...consent, provision: { ...consent.provision, period } }
      return !widens(withConsent(drawn, whole), withConsent(drawn, short))
    }),
    RUNS,
  )
})

t.test('PT12: outside all its periods a consent has no effect', async () => {
  let outside = 0
  fc.assert(
    fc.property(scene, drawConsent(), narrower, (drawn, consent, period) => {
      const short = { ...consent, provision: { ...consent.provision, period } }
      const stored = normalise(vocabulary, short)
      if (stored?.kind !== 'agreement') return false
      const { request } = toSceneCase(drawn)
      if (rulesOf(stored.root).some((rule) => holdsAt(rule.period, request.time))) return true
      outside++
      const after = decideScene(withConsent(drawn, short))
      return JSON.stringify(decideScene(drawn)) === JSON.stringify(after)
    }),
    RUNS,
  )
  t.ok(outside > 500, `${outside} of the drawn consents were outside their periods`)
})

t.test('PT13: without elevation no set of rules permits the purpose BTG', async () => {
  const grants = fc.array(permitting, { maxLength: 3 })
  fc.assert(
    fc.property(scene, grants, (drawn, given) => {
      const consents = [...(drawn.vector.state.consents ?? []), ...given]
      const named = consents.map((consent, n) => ({ ...consent, id: `K${n}` }))
      const request: Partial<Vector['request']> = { purpose: 'BTG', elevation: undefined }
      return !decideScene(change(drawn, { request, state: { consents: named } })).permit
    }),
    RUNS,
  )
})

t.test('PT14: what a decision names, once taken away, no longer decides', async (t) => {
  const seen = { flipped: 0, default: 0, fixed: 0 }
  fc.assert(
    fc.property(scene, (drawn) => {
      const end = explainAway(toSceneCase(drawn))
      if (end !== 'unexplained') seen[end]++
      return end !== 'unexplained'
    }),
    { numRuns: 5000 },
  )
  t.ok(seen.flipped > 100, `${seen.flipped} decisions were turned`)
})
