// npm run bench [-- --patients 1000,16000] [--seconds 5] [--only validation,xml,labels,terminology,reads,writes,import,search,interference,consent,auth] [--readme]
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildResident } from '../demo/residents.ts'
import { type AuthFigures, measureAuth } from './auth.ts'
import { measureReadCeiling } from './ceiling.ts'
import { type ConsentFigures, measureConsent } from './consent.ts'
import { measureImport, measureInterference, writeResidents } from './import.ts'
import { measureLabels } from './labels.ts'
import { encodeShot, runLoad, type Target } from './load.ts'
import { describeMachine, type Figure, renderFigures } from './report.ts'
import {
  type ClassFigure,
  compareCountWithDownload,
  measureClasses,
  measureLargeTotals,
  measureThroughput,
} from './searches.ts'
import { runCommand, type Server, startServer } from './server.ts'
import { measureTerminology } from './terminology.ts'
import { measureValidation } from './validation.ts'
import { measureCreates, measureTransactions } from './writes.ts'
import { measureXml } from './xml.ts'

const { values } = parseArgs({
  options: {
    patients: { type: 'string', default: '1000,16000' },
    seconds: { type: 'string', default: '5' },
    only: {
      type: 'string',
      default: 'validation,xml,labels,terminology,reads,writes,import,search,interference,consent,auth',
    },
    readme: { type: 'boolean', default: false },
  },
})
const sizes = values.patients.split(',').map(Number)
const seconds = Number(values.seconds)
const wanted = new Set(values.only.split(','))
const folder = mkdtempSync(join(tmpdir(), 'musubi-bench-'))
/** Of what needs no server, and of the server; each has its own table. */
const words: Figure[] = []
const figures: Figure[] = []
const notes: string[] = []
const progress = (text: string) => process.stderr.write(`${text}\n`)

async function openServer(name: string): Promise<{ server: Server; target: Target }> {
  const store = `sqlite:${join(folder, name)}`
  const token = await runCommand(store, ['token', '--scope', 'system/*.cruds', '--expires', '86400'])
  const server = await startServer(store)
  return { server, target: { port: server.port, token } }
}

async function benchReads(target: Target, count: number): Promise<void> {
  progress('reads')
  const patients = Array.from({ length: 500 }, (_, n) => buildResident(1, n % count)[0]!)
  const shots = patients.map(({ id }) => encodeShot(target, { method: 'GET', path: `/fhir/Patient/${id}` }))
  let at = 0
  const load = await runLoad(target, 32, seconds, () => shots[at++ % shots.length]!)
  const ceiling = await measureReadCeiling(
    patients.map((patient) => Buffer.from(JSON.stringify(patient))),
    32,
    seconds,
  )
  figures.push({
    name: 'Read by id, 32 connections',
    value: load.perSecond,
    unit: '/s',
    against: { value: ceiling, what: 'bare Fastify and SQLite' },
    goal: { kind: 'least', value: ceiling / 2 },
  })
}

async function benchWrites(): Promise<void> {
  progress('writes')
  const { server, target } = await openServer('writes')
  const { load, ceiling } = await measureCreates(target, 32, seconds)
  figures.push({
    name: 'Create of an Observation, 32 connections',
    value: load.perSecond,
    unit: '/s',
    against: { value: ceiling, what: 'bare SQLite' },
    goal: { kind: 'least', value: 2500 },
  })
  const transactions = await measureTransactions(target)
  if (transactions)
    figures.push({
      name: 'Synthea transaction bundles, one after another',
      value: transactions.perSecond,
      unit: 'resources/s',
      against: { value: transactions.ceiling, what: 'bare SQLite' },
      goal: { kind: 'least', value: 4000 },
    })
  await server.stop()
}

function compareSizes(small: readonly ClassFigure[], large: readonly ClassFigure[]): void {
  for (const { name, p50Ms, p99Ms } of large) {
    const before = small.find((figure) => figure.name === name)
    figures.push({
      name: `Search: ${name}, p50`,
      value: p50Ms,
      unit: 'ms',
      ...(before && before !== undefined
        ? { against: { value: before.p50Ms, what: 'the small store' } }
        : {}),
      goal: { kind: 'most', value: 3 },
    })
    figures.push({
      name: `Search: ${name}, p99`,
      value: p99Ms,
      unit: 'ms',
      goal: { kind: 'most', value: 15 },
    })
  }
}

async function benchSearches(target: Target, count: number): Promise<ClassFigure[]> {
  progress(`searches on ${count} residents`)
  const classes = await measureClasses(target, count, Math.min(seconds, 3))
  for (const { name, failures } of classes)
    for (const [status, times] of Object.entries(failures))
      notes.push(`${name}: ${times} answers of ${status}`)
  const throughput = await measureThroughput(target, count, seconds)
  figures.push(
    {
      name: `Patient and code, ${count} residents, 32 connections`,
      value: throughput.patientAndCode.perSecond,
      unit: '/s',
      goal: { kind: 'least', value: 4000 },
    },
    {
      name: `Whole mix, ${count} residents, 32 connections`,
      value: throughput.mix.perSecond,
      unit: '/s',
      goal: { kind: 'least', value: 1500 },
    },
  )
  for (const { name, ms, total } of await measureLargeTotals(target))
    figures.push({
      name: `${name} (${total.toLocaleString('en')}), ${count} residents`,
      value: ms,
      unit: 'ms',
      goal: { kind: 'most', value: 200 },
    })
  const wrong = await compareCountWithDownload(target, count, 20_000)
  notes.push(
    wrong.length === 0
      ? `${count} residents: every count equals its download.`
      : `COUNT DIFFERS: ${wrong.join('; ')}`,
  )
  return classes
}

async function benchSize(count: number, last: boolean): Promise<ClassFigure[]> {
  const { file, resources } = await writeResidents(1, count)
  const { server, target } = await openServer(`residents-${count}`)
  progress(`import of ${resources} resources`)
  const imported = await measureImport(server.store, file, resources)
  figures.push(
    {
      name: `NDJSON import, ${resources.toLocaleString('en')} resources`,
      value: imported.perSecond,
      unit: 'resources/s',
      goal: { kind: 'least', value: 8000 },
    },
    {
      name: `Memory of that import`,
      value: imported.peakMiB,
      unit: 'MiB',
      goal: { kind: 'most', value: 600 },
    },
  )
  await server.stop()
  const warm = await startServer(server.store)
  const again = { ...target, port: warm.port }
  figures.push(
    {
      name: `Start to ready, ${count} residents`,
      value: warm.startedInMs / 1000,
      unit: 's',
      goal: { kind: 'most', value: 1.5 },
    },
    {
      name: `Memory after start, ${count} residents`,
      value: warm.residentMiB(),
      unit: 'MiB',
      goal: { kind: 'most', value: 250 },
    },
  )
  if (wanted.has('reads')) await benchReads(again, count)
  const classes = wanted.has('search') ? await benchSearches(again, count) : []
  if (last && wanted.has('interference')) await benchInterference(again, warm.store, count)
  await warm.stop()
  return classes
}

async function benchInterference(target: Target, store: string, count: number): Promise<void> {
  progress('reads during an import of 2 GB and a scan')
  const { file } = await writeResidents(2, Number(process.env['MUSUBI_BENCH_IMPORT'] ?? 27_000))
  const ids = Array.from({ length: 500 }, (_, n) => buildResident(1, n % count)[0]!.id as string)
  const { reads, stillImporting, importMiB } = await measureInterference(target, store, file, ids, 60)
  figures.push(
    {
      name: 'Single reads during a 2 GB import and a scan, p99',
      value: reads.p99Ms,
      unit: 'ms',
      goal: { kind: 'most', value: 20 },
    },
    { name: 'Memory of the 2 GB import', value: importMiB, unit: 'MiB', goal: { kind: 'most', value: 600 } },
  )
  if (!stillImporting) notes.push('The import ended before the reads did.')
}

async function benchWords(): Promise<void> {
  if (wanted.has('validation')) {
    progress('validation')
    words.push(...(await measureValidation()))
  }
  if (wanted.has('xml')) {
    progress('XML')
    words.push(...(await measureXml()))
  }
  if (wanted.has('labels')) {
    progress('labels')
    words.push(...measureLabels())
  }
  if (wanted.has('terminology')) {
    progress('a code system of a million concepts')
    words.push(...(await measureTerminology(1_000_000)))
  }
}

let consent: ConsentFigures | undefined
let auth: AuthFigures | undefined
try {
  await benchWords()
  if (wanted.has('consent')) {
    progress('consent')
    consent = await measureConsent(folder, sizes.at(-1)!, seconds)
  }
  if (wanted.has('auth')) {
    progress('authorization')
    auth = await measureAuth(folder, seconds)
  }
  if (wanted.has('writes')) await benchWrites()
  const bySize: ClassFigure[][] = []
  if (['reads', 'import', 'search', 'interference'].some((part) => wanted.has(part)))
    for (const count of sizes) bySize.push(await benchSize(count, count === sizes.at(-1)))
  if (bySize.length > 0) compareSizes(bySize.length > 1 ? bySize[0]! : [], bySize.at(-1)!)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
const machine = `Machine: ${describeMachine()}`
const toBlock = (of: readonly Figure[], remarks: readonly string[]) =>
  [machine, '', renderFigures(of), '', ...remarks.map((remark) => `- ${remark}`)].join('\n')
const tables: Readonly<Record<string, string>> = {
  ...(words.length > 0 && { 'bench-words': [machine, '', renderFigures(words)].join('\n') }),
  ...(consent && { 'bench-consent': toBlock(consent.figures, consent.notes) }),
  ...(auth && { 'bench-auth': toBlock(auth.figures, auth.notes) }),
  ...(figures.length > 0 && { bench: toBlock(figures, notes) }),
}
for (const table of Object.values(tables)) process.stdout.write(`${table}\n\n`)
if (values.readme) {
  const readme = new URL('../../README.md', import.meta.url)
  let text = readFileSync(readme, 'utf8')
  for (const [name, table] of Object.entries(tables)) {
    const marked = new RegExp(`(<!-- ${name}:begin -->)[\\s\\S]*(<!-- ${name}:end -->)`)
    text = text.replace(marked, (_, begin, end) => `${begin}\n${table}\n${end}`)
  }
  writeFileSync(readme, text)
}
