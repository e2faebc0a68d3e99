// Search figures: each class at 4 connections, patient+code and the whole mix at 32, and count against download.
import { createRandom } from '../demo/random.ts'
import { encodeShot, openConnection, runLoad, type Target } from './load.ts'
import { buildMix, LARGE_TOTALS, type SearchClass } from './mix.ts'

const SHOTS_PER_CLASS = 200
const PAGE = 20

const toUrl = (path: string, extra = '') => {
  const counted = path.includes('_summary=count') ? path : `${path}&_count=${PAGE}`
  return `/fhir/${counted.replaceAll('|', '%7C').replaceAll('$', '%24')}${extra}`
}

function encodeShots(target: Target, searches: readonly SearchClass[], seed: number): Buffer[] {
  const random = createRandom(seed, 0)
  return Array.from({ length: SHOTS_PER_CLASS }, () => searches)
    .flat()
    .map((search) => encodeShot(target, { method: 'GET', path: toUrl(search.path(random)) }))
}

function cycle(shots: readonly Buffer[]): () => Buffer {
  let at = 0
  return () => shots[at++ % shots.length]!
}

export interface ClassFigure {
  readonly name: string
  readonly p50Ms: number
  readonly p99Ms: number
  readonly failures: Readonly<Record<number, number>>
}

/** p50 and p99 of every class, one class at a time, at 4 connections. */
export async function measureClasses(target: Target, count: number, seconds: number): Promise<ClassFigure[]> {
  const figures: ClassFigure[] = []
  for (const search of buildMix(1, count)) {
    const { p50Ms, p99Ms, failures } = await runLoad(
      target,
      4,
      seconds,
      cycle(encodeShots(target, [search], 11)),
    )
    process.stderr.write(`  ${search.name}: p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms\n`)
    figures.push({ name: search.name, p50Ms, p99Ms, failures })
  }
  return figures
}

/** Searches per second at 32 connections: patient+code alone, and the whole mix. */
export async function measureThroughput(target: Target, count: number, seconds: number) {
  const mix = buildMix(1, count)
  return {
    patientAndCode: await runLoad(target, 32, seconds, cycle(encodeShots(target, mix.slice(0, 1), 12))),
    mix: await runLoad(target, 32, seconds, cycle(encodeShots(target, mix, 13))),
  }
}

interface Searchset {
  readonly total?: number
  readonly link?: readonly { readonly relation: string; readonly url: string }[]
  readonly entry?: readonly { readonly search?: { readonly mode: string } }[]
}

/** The slowest of 5 for each large total, alone on the server. */
export async function measureLargeTotals(target: Target) {
  const connection = await openConnection(target.port)
  const figures: { name: string; ms: number; total: number }[] = []
  for (const search of LARGE_TOTALS) {
    const shot = encodeShot(target, { method: 'GET', path: toUrl(search.path(createRandom(1, 1))) })
    const samples: number[] = []
    let total = Number.NaN
    for (let run = 0; run < 5; run++) {
      const started = performance.now()
      const { body } = await connection.send(shot)
      samples.push(performance.now() - started)
      total = (JSON.parse(body.toString()) as Searchset).total ?? Number.NaN
    }
    figures.push({ name: search.name, ms: samples.sort((a, b) => a - b)[2]!, total })
  }
  connection.close()
  return figures
}

/** Walks every class with up to `most` matches to its end; returns the classes whose total is not what was downloaded. */
export async function compareCountWithDownload(
  target: Target,
  count: number,
  most: number,
): Promise<string[]> {
  const connection = await openConnection(target.port)
  const get = async (path: string) =>
    JSON.parse(
      (await connection.send(encodeShot(target, { method: 'GET', path }))).body.toString(),
    ) as Searchset
  const wrong: string[] = []
  for (const search of buildMix(1, count)) {
    const base = search.path(createRandom(5, 5))
    const first = toUrl(`${base.replaceAll('&_total=accurate', '')}&_total=accurate`).replace(
      `_count=${PAGE}`,
      '_count=500',
    )
    let page = await get(first)
    const total = page.total
    if (total === undefined || total > most) continue
    let seen = 0
    for (;;) {
      seen += page.entry?.filter((entry) => entry.search?.mode === 'match').length ?? 0
      const next = page.link?.find(({ relation }) => relation === 'next')
      if (!next) break
      const url = new URL(next.url)
      page = await get(url.pathname + url.search)
    }
    if (seen !== total) wrong.push(`${search.name}: total ${total}, downloaded ${seen}`)
  }
  connection.close()
  return wrong
}
