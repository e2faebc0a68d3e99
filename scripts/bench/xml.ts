// FHIR XML beside JSON, on the resources of the Synthea bundles: how many of them are read and written in a second.
import { type Definitions, loadDefinitions } from '../../src/fhir/definitions.ts'
import { parseJson, stringifyJson } from '../../src/fhir/json.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { parseXml } from '../../src/fhir/xml/parse.ts'
import { stringifyXml } from '../../src/fhir/xml/stringify.ts'
import type { Figure } from './report.ts'
import { loadSynthea } from './synthea.ts'

const ROUNDS = 15

interface Samples {
  readonly resources: readonly Resource[]
  readonly json: readonly Uint8Array[]
  readonly xml: readonly Uint8Array[]
}

/** Returns what reading and writing XML reaches, each against JSON on the same resources; nothing where the bundles are not at hand. */
export async function measureXml(): Promise<readonly Figure[]> {
  const definitions = loadDefinitions()
  const { resources, json, xml } = readSamples(definitions)
  if (resources.length === 0) return []
  const [parse, parseOfJson, write, writeOfJson] = race(resources.length, [
    () => xml.forEach((bytes) => void parseXml(bytes, definitions)),
    () => json.forEach((bytes) => void parseJson(bytes)),
    () => resources.forEach((resource) => void Buffer.from(stringifyXml(resource, definitions))),
    () => resources.forEach((resource) => void Buffer.from(stringifyJson(resource))),
  ])
  return [
    toFigure('XML parse', parse!, { value: parseOfJson!, what: 'parsing JSON' }),
    toFigure('XML stringify', write!, { value: writeOfJson!, what: 'JSON.stringify' }),
  ]
}

function readSamples(definitions: Definitions): Samples {
  const resources = loadSynthea()
  return {
    resources,
    json: resources.map((resource) => Buffer.from(stringifyJson(resource))),
    xml: resources.map((resource) => Buffer.from(stringifyXml(resource, definitions))),
  }
}

/** Returns resources per second of each, the median of rounds in which all take their turn. */
function race(count: number, runs: readonly (() => void)[]): readonly number[] {
  const times = runs.map((): number[] => [])
  for (let round = 0; round < ROUNDS + 3; round++)
    runs.forEach((run, at) => {
      const started = performance.now()
      run()
      if (round >= 3) times[at]!.push(performance.now() - started)
    })
  return times.map((each) => (count / each.sort((a, b) => a - b)[ROUNDS >> 1]!) * 1000)
}

function toFigure(name: string, value: number, against: NonNullable<Figure['against']>): Figure {
  return {
    name,
    value,
    unit: 'resources/s',
    against,
    goal: { kind: 'least', value: 0.4 * against.value },
  }
}
