// What consent costs: pages, totals and reads of organisations that some have permitted, against those of who sees everything.
import { join } from 'node:path'
import type { Policy } from '../../src/access/policy.ts'
import { type Principal, toPrincipal } from '../../src/access/principal.ts'
import { createSystemPolicy } from '../../src/access/system.ts'
import { createContext } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import type { AppContext } from '../../src/interactions/context.ts'
import { perform } from '../../src/interactions/perform.ts'
import { revoke } from '../../src/operations/revoke/revoke.ts'
import { openStore } from '../../src/store/open.ts'
import { buildConsent, copyConsentStore, holderOf, REQUESTERS, residentId } from './consent-store.ts'
import { encodeShot, percentile, runLoad } from './load.ts'
import type { Figure } from './report.ts'
import { runCommand, startServer } from './server.ts'

export interface ConsentFigures {
  readonly figures: readonly Figure[]
  readonly notes: readonly string[]
}

type PolicyOf = () => Promise<Policy>

/** What is asked under one policy after another. */
interface Bench {
  readonly context: AppContext
  readonly system: PolicyOf
  readonly readers: readonly { readonly name: string; readonly policyOf: PolicyOf }[]
  readonly count: number
  readonly seconds: number
}

const LOINC = 'http://loinc.org|'
const PAGES: readonly { readonly name: string; readonly path: string }[] = [
  { name: 'type and code', path: `Observation?code=${LOINC}4548-4&_count=50` },
  { name: 'newest first', path: `Observation?code=${LOINC}4548-4&_sort=-date&_count=50` },
  { name: 'several codes', path: 'Condition?code=I10,E78.5,E11.9&_count=50' },
  { name: 'type, newest first', path: 'Observation?_sort=-date&_count=50' },
]
const TYPES = [
  'Patient',
  'Observation',
  'Encounter',
  'Condition',
  'MedicationRequest',
  'DiagnosticReport',
  'Consent',
]
const TOTALS: readonly { readonly name: string; readonly path: string }[] = [
  { name: 'of a type', path: 'Observation?_total=accurate&_count=50' },
  { name: 'since a date', path: 'Observation?date=ge2024-07-01&_total=accurate&_count=50' },
]

function principalOf(context: AppContext, organization: string, scope = 'system/*.cruds'): Principal {
  const client = { subject: 'Client/bench', client: 'bench', purpose: 'TREAT' }
  return toPrincipal(
    { ...client, scope, organization, expiresAt: Number.POSITIVE_INFINITY },
    context.definitions,
  )
}

async function ask(context: AppContext, policy: Policy, path: string) {
  const [type, query] = path.split('?') as [string, string]
  const params = query.split('&').map((part) => {
    const at = part.indexOf('=')
    return [part.slice(0, at), part.slice(at + 1)] as const
  })
  return perform(context, policy, { kind: 'search', type, params, handling: 'strict' })
}

/** Latencies (ms) of searches for `seconds`, so many in flight. */
async function time(
  { context }: Bench,
  policyOf: PolicyOf,
  path: () => string,
  seconds: number,
  inFlight: number,
) {
  const samples: number[] = []
  const until = performance.now() + seconds * 1_000
  const client = async () => {
    for (let started = performance.now(); started < until; started = performance.now()) {
      await ask(context, await policyOf(), path())
      samples.push(performance.now() - started)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, client))
  return samples
}

const ROUNDS = 4

/** Medians (ms) under both policies, asked by turns: what else the machine does meets both. */
async function compare(bench: Bench, policyOf: PolicyOf, path: () => string, inFlight: number) {
  const [filtered, whole]: number[][] = [[], []]
  const seconds = bench.seconds / ROUNDS / 4
  for (let round = 0; round <= ROUNDS; round++) {
    const mine = await time(bench, policyOf, path, seconds, inFlight)
    const all = await time(bench, bench.system, path, seconds, inFlight)
    if (round === 0) continue
    filtered!.push(...mine)
    whole!.push(...all)
  }
  return { filtered: median(filtered!), whole: median(whole!) }
}

function median(samples: readonly number[]): number {
  return percentile(Float64Array.from(samples).sort(), 0.5)
}

function compared(
  name: string,
  { filtered, whole }: { readonly filtered: number; readonly whole: number },
  goal: number,
): Figure {
  return {
    name,
    value: filtered,
    unit: 'ms',
    against: { value: whole, what: 'seeing everything' },
    goal: { kind: 'most', value: goal },
  }
}

async function measurePages(bench: Bench): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const { name, policyOf } of bench.readers)
    for (const page of PAGES) {
      const times = await compare(bench, policyOf, () => page.path, 4)
      figures.push(
        compared(`Page of 50, ${page.name}, ${name} permit, p50`, times, Math.max(3, times.whole * 1.5)),
      )
    }
  const patients = Array.from({ length: 200 }, (_, n) => residentId((n * 7) % bench.count))
  let at = 0
  const path = () => `Observation?patient=${patients[at++ % patients.length]}&_count=50`
  const times = await compare(bench, bench.readers[0]!.policyOf, path, 4)
  figures.push(compared('Page of one patient, p50', times, times.whole * 1.2))
  return figures
}

/** The goal is one of totals among so many. */
const MANY = 300_000

async function measureTotals(bench: Bench): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const { name, path } of TOTALS) {
    const candidates = await totalOf(bench.context, await bench.system(), path)
    for (const { name: reader, policyOf } of bench.readers) {
      const times = await compare(bench, policyOf, () => path, 1)
      const title = `Exact total ${name}, ${candidates.toLocaleString('en')} candidates, ${reader} permit, p50`
      const { goal, ...figure } = compared(title, times, 200)
      figures.push(candidates < MANY ? figure : { ...figure, goal })
    }
  }
  return figures
}

async function totalOf(context: AppContext, policy: Policy, path: string): Promise<number> {
  const result = await ask(context, policy, path)
  if (result.kind !== 'pieces') return Number.NaN
  const text = Buffer.concat(result.pieces.map((piece) => Buffer.from(piece))).toString()
  return (JSON.parse(text) as { readonly total?: number }).total ?? Number.NaN
}

const REVOCATIONS = 200

async function measureRevocations(bench: Bench): Promise<{ figures: Figure[]; notes: string[] }> {
  const { context, readers, count } = bench
  const reader = readers[0]!.policyOf
  const samples: number[] = []
  let late = 0
  for (let n = 0; n < Math.min(REVOCATIONS, count); n++) {
    const patient = residentId(n)
    const path = `Patient?_id=${patient}`
    const shown = (await totalOf(context, await reader(), `${path}&_total=accurate`)) === 1
    const policy = await context.policyFor(principalOf(context, holderOf(n)))
    const started = performance.now()
    await revoke(context, { policy, id: `agreed-${n}` })
    samples.push(performance.now() - started)
    const hidden = (await totalOf(context, await reader(), `${path}&_total=accurate`)) === 0
    if (!hidden) late++
    if (!shown && n % 4 === 0) throw new Error(`nothing of ${patient} was shown before the revocation`)
  }
  const sorted = Float64Array.from(samples).sort()
  const figure = (share: number, goal: number): Figure => ({
    name: `Revocation, committed, p${share * 100}`,
    value: percentile(sorted, share),
    unit: 'ms',
    goal: { kind: 'most', value: goal },
  })
  const note =
    late === 0
      ? `Each of ${samples.length} revocations was effective in the next request.`
      : `${late} REVOCATIONS WERE NOT EFFECTIVE in the next request.`
  return { figures: [figure(0.5, 5), figure(0.99, 25)], notes: [note] }
}

const CONSENTS = 4_000
const CONSENTS_IN_FLIGHT = 64

async function measureAdmissions({ context, count }: Bench): Promise<Figure> {
  const readers = REQUESTERS.map(({ ref }) => ref)
  const consents = Array.from({ length: CONSENTS }, (_, n) => {
    const index = n % count
    return { index, consent: buildConsent(`admitted-${n}`, index, residentId(index), readers) }
  })
  let at = 0
  const client = async () => {
    for (let next = consents[at++]; next; next = consents[at++]) {
      const { id: _, ...resource } = next.consent
      const policy = await context.policyFor(principalOf(context, holderOf(next.index)))
      await perform(context, policy, { kind: 'create', type: 'Consent', resource })
    }
  }
  const started = performance.now()
  await Promise.all(Array.from({ length: CONSENTS_IN_FLIGHT }, client))
  return {
    name: `Consents admitted and materialised for ${readers.length} grantees, ${CONSENTS_IN_FLIGHT} in flight`,
    value: CONSENTS / ((performance.now() - started) / 1_000),
    unit: '/s',
    goal: { kind: 'least', value: 1_000 },
  }
}

/** Reads per second with the access log and without it, of what the organisation holds and of what another one does. */
async function measureReads(store: string, count: number, seconds: number): Promise<Figure[]> {
  const rates: Record<string, number> = {}
  const askers = { own: holderOf(0), 'another organisation': REQUESTERS[0].ref }
  const tokens = new Map<string, string>()
  for (const ref of Object.values(askers))
    tokens.set(
      ref,
      await runCommand(store, [
        'token',
        '--organization',
        ref,
        '--scope',
        'system/*.rs',
        '--expires',
        '86400',
      ]),
    )
  // Those of the first holder who permit everything.
  const ids = Array.from({ length: Math.min(500, Math.floor(count / 12)) }, (_, n) => residentId(n * 12))
  for (let round = 0; round < 2; round++)
    for (const audit of ['off', 'on']) {
      const server = await startServer(store, { MUSUBI_AUDIT: audit })
      for (const [name, ref] of Object.entries(askers)) {
        const target = { port: server.port, token: tokens.get(ref)! }
        const shots = ids.map((id) => encodeShot(target, { method: 'GET', path: `/fhir/Patient/${id}` }))
        let at = 0
        const { perSecond, failures } = await runLoad(
          target,
          32,
          seconds / 2,
          () => shots[at++ % shots.length]!,
        )
        if (Object.keys(failures).length > 0) throw new Error(`reads failed: ${JSON.stringify(failures)}`)
        rates[`${name} ${audit}`] = (rates[`${name} ${audit}`] ?? 0) + perSecond / 2
      }
      await server.stop()
    }
  return Object.keys(askers).map((name) => ({
    name: `Reads by id with the access log, ${name === 'own' ? 'own data' : `by ${name} (durable records of provision)`}`,
    value: rates[`${name} on`]!,
    unit: '/s',
    against: { value: rates[`${name} off`]!, what: 'no log' },
    ...(name === 'own' && { goal: { kind: 'least', value: rates[`${name} off`]! / 2 } as const }),
  }))
}

async function countResources(address: string): Promise<string> {
  const store = await openStore(address)
  const context = await createContext(loadConfig({ MUSUBI_STORE: address }), store)
  const policy = await createSystemPolicy('bench', context)
  let sum = 0
  for (const type of TYPES) sum += await totalOf(context, policy, `${type}?_summary=count`)
  await store.close()
  return sum.toLocaleString('en')
}

/**
 * Measures everything on a store of `count` residents, copied into `folder`; MUSUBI_BENCH_PARTS names what: pages, totals,
 * writes, reads.
 */
export async function measureConsent(
  folder: string,
  count: number,
  seconds: number,
): Promise<ConsentFigures> {
  const address = await copyConsentStore(join(folder, 'consent'), count)
  const parts = process.env['MUSUBI_BENCH_PARTS']?.split(',') ?? ['pages', 'totals', 'writes', 'reads']
  const figures: Figure[] = []
  const notes = [`On ${await countResources(address)} resources of ${count.toLocaleString('en')} residents.`]
  const add = (more: readonly Figure[]) => {
    figures.push(...more)
    for (const { name, value, unit, against } of more)
      process.stderr.write(`  ${name}: ${value.toFixed(2)} ${unit} (${against?.value.toFixed(2) ?? ''})\n`)
  }
  const store = await openStore(address)
  try {
    const context = await createContext(loadConfig({ MUSUBI_STORE: address }), store)
    const system = await createSystemPolicy('bench', context)
    const readers = REQUESTERS.map(({ name, ref }) => {
      const principal = principalOf(context, ref, 'system/*.rs')
      return { name, policyOf: () => context.policyFor(principal) }
    })
    const bench: Bench = { context, system: async () => system, readers, count, seconds }
    // Each is materialised at its first request; and the first to be measured is as warm as the last.
    for (const { policyOf } of readers)
      for (const { path } of PAGES) await time(bench, policyOf, () => path, seconds / 10, 4)
    if (parts.includes('pages')) add(await measurePages(bench))
    if (parts.includes('totals')) add(await measureTotals(bench))
    if (parts.includes('writes')) {
      const revocations = await measureRevocations(bench)
      add(revocations.figures)
      notes.push(...revocations.notes)
      add([await measureAdmissions(bench)])
    }
  } finally {
    await store.close()
  }
  if (parts.includes('reads')) add(await measureReads(address, count, seconds))
  return { figures, notes }
}
