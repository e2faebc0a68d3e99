// What security labels cost a write, on the resources of the Synthea bundles.
import { createLabeller } from '../../src/access/labels.ts'
import { loadSensitivities } from '../../src/consent/labels.ts'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { readLabelRules } from '../../src/interactions/labels.ts'
import type { Figure } from './report.ts'
import { loadSynthea } from './synthea.ts'

const RULES = new URL('../../profiles/musubi/labels', import.meta.url).pathname
const ROUNDS = 15

/** Returns the time that an Observation and an average resource take; nothing where the bundles are not at hand. */
export function measureLabels(): readonly Figure[] {
  const resources = loadSynthea()
  if (resources.length === 0) return []
  const label = createLabeller(readLabelRules(RULES), loadSensitivities(loadDefinitions()))
  const observations = resources.filter(({ resourceType }) => resourceType === 'Observation')
  const run = (name: string, some: typeof resources): Figure => {
    const times = Array.from({ length: ROUNDS + 3 }, () => {
      const started = performance.now()
      for (const resource of some) label(resource, { previous: resource })
      return performance.now() - started
    }).slice(3)
    const median = times.sort((a, b) => a - b)[ROUNDS >> 1]!
    return { name, value: (median / some.length) * 1000, unit: 'µs', goal: { kind: 'most', value: 10 } }
  }
  return [run('Labelling an Observation', observations), run('Labelling a resource, all types', resources)]
}
