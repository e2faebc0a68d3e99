// How fast resources are validated: by structure alone, by every rule of R4, by profiles of a country; and what those weigh.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createContext } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { openStore } from '../../src/store/open.ts'
import { BASE, profileOf, writeJpLike } from './jp-like.ts'
import type { Figure } from './report.ts'
import { runCommand, startServer } from './server.ts'
import { loadSynthea } from './synthea.ts'

const PROFILES = 100

/** Returns the figures of validation; those of Synthea's resources only where they are there. */
export async function measureValidation(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'musubi-bench-'))
  try {
    writeJpLike(join(folder, 'jp-like'), PROFILES)
    const store = `sqlite:${join(folder, 'with-package')}`
    await runCommand(store, ['package', 'add', join(folder, 'jp-like', 'package')])
    const speed = await measureSpeed(store)
    const weight = await measureWeight(store, `sqlite:${join(folder, 'without')}`)
    return [...speed, weight, ...measureCompilation()]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

type Check = (resource: Resource) => unknown

async function measureSpeed(location: string): Promise<readonly Figure[]> {
  const resources = loadSynthea()
  if (resources.length === 0) return []
  const store = await openStore(location)
  try {
    const { validate, checkStructure } = await createContext(
      loadConfig({ ...process.env, MUSUBI_STORE: location }),
      store,
    )
    const claiming = resources.filter(({ resourceType }) => PROFILED.has(resourceType)).map(claim)
    const structure = await measureRate(resources, checkStructure)
    const against = { value: structure, what: 'structure alone' }
    const rate = async (
      name: string,
      of: readonly Resource[],
      check: Check,
      goal: number,
    ): Promise<Figure> => ({
      name: `Validation, ${name}`,
      value: await measureRate(of, check),
      unit: 'resources/s',
      against,
      goal: { kind: 'least', value: goal },
    })
    return [
      { name: 'Validation, structure alone', value: structure, unit: 'resources/s' },
      await rate(
        'errors of all rules, as at a write',
        resources,
        (each) => validate(each, { level: 'errors' }),
        10_000,
      ),
      await rate('errors, warnings and hints', resources, (each) => validate(each, { level: 'all' }), 10_000),
      await rate(
        'a profile with slices, errors',
        claiming,
        (each) => validate(each, { level: 'errors' }),
        4000,
      ),
      await rate('a profile with slices, all', claiming, (each) => validate(each, { level: 'all' }), 4000),
    ]
  } finally {
    await store.close()
  }
}

/** Types of Synthea's resources that the package has profiles on. */
const PROFILED: ReadonlySet<string> = new Set([
  'Observation',
  'Patient',
  'Condition',
  'Encounter',
  'Procedure',
])

function claim(resource: Resource): Resource {
  return { ...resource, meta: { ...resource.meta, profile: [profileOf(resource.resourceType, 0)] } }
}

/** Resources per second: the median of five rounds after one that compiles what is needed. */
async function measureRate(resources: readonly Resource[], check: Check): Promise<number> {
  const rates: number[] = []
  for (let round = 0; round < 6; round++) {
    const started = performance.now()
    for (const resource of resources) {
      const checked = check(resource)
      if (checked instanceof Promise) await checked
    }
    if (round > 0) rates.push((resources.length / (performance.now() - started)) * 1000)
  }
  return rates.sort((a, b) => a - b)[2]!
}

/** Sound as R4 has it, so that the profiles are looked at. */
const SAMPLES: Readonly<Record<string, object>> = {
  Observation: { status: 'final' },
  Patient: { name: [{ use: 'official', family: '山田' }] },
  Condition: { subject: { reference: 'Patient/1' } },
  Encounter: { status: 'planned', class: { code: 'AMB' } },
  MedicationRequest: {
    status: 'active',
    intent: 'order',
    medicationCodeableConcept: { text: 'x' },
    subject: { reference: 'Patient/1' },
  },
  Procedure: { status: 'completed', subject: { reference: 'Patient/1' } },
  DiagnosticReport: { status: 'final' },
  Immunization: {
    status: 'completed',
    vaccineCode: { text: 'x' },
    patient: { reference: 'Patient/1' },
    occurrenceString: 'x',
  },
  Practitioner: {},
  Organization: { name: 'x' },
}

/** Memory that the package adds to a server which has used every profile of it. */
async function measureWeight(withPackage: string, without: string): Promise<Figure> {
  const used = await measureUse(
    withPackage,
    (type, at) => `?profile=${encodeURIComponent(profileOf(type, at))}`,
  )
  const bare = await measureUse(without, () => '')
  return {
    name: `Memory of a package of ${PROFILES} profiles, all used`,
    value: Math.max(0, used - bare),
    unit: 'MiB',
    goal: { kind: 'most', value: 150 },
  }
}

async function measureUse(store: string, query: (type: string, at: number) => string): Promise<number> {
  const token = await runCommand(store, ['token', '--scope', 'system/*.cruds'])
  const server = await startServer(store)
  try {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/fhir+json' }
    for (const [type, sample] of Object.entries(SAMPLES))
      for (let at = 0; at < PROFILES / 10; at++) {
        const codes = ['Observation', 'Condition', 'Procedure', 'DiagnosticReport'].includes(type)
        const coding = [{ system: `${BASE}/CodeSystem/${at}`, code: 'c1' }]
        const body = JSON.stringify({ resourceType: type, ...sample, ...(codes && { code: { coding } }) })
        const url = `http://127.0.0.1:${server.port}/fhir/${type}/$validate${query(type, at)}`
        const reply = await fetch(url, { method: 'POST', headers, body })
        const text = await reply.text()
        if (!reply.ok || text.includes('unknown-profile')) throw new Error(`not validated: ${text}`)
      }
    return server.residentMiB()
  } finally {
    await server.stop()
  }
}

interface Compilation {
  readonly coldMs: number
  readonly profilesMs: number
  readonly allMs: number
}

/** Each of five in a process of its own; medians. */
function measureCompilation(): readonly Figure[] {
  const program = new URL('compile.ts', import.meta.url).pathname
  const runs = Array.from({ length: 5 }, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
    return JSON.parse(stdout) as Compilation
  })
  const median = (of: (run: Compilation) => number) => runs.map(of).sort((a, b) => a - b)[2]!
  const figure = (name: string, value: number, goal?: number): Figure => ({
    name,
    value,
    unit: 'ms',
    ...(goal !== undefined && { goal: { kind: 'most', value: goal } }),
  })
  return [
    figure(
      "Compiling R4's types and 439 profiles, no cache",
      median(({ coldMs }) => coldMs),
      3000,
    ),
    figure(
      "R4's 439 profiles from the cache",
      median(({ profilesMs }) => profilesMs),
      150,
    ),
    figure(
      'The same with every type and its structure',
      median(({ allMs }) => allMs),
    ),
  ]
}
