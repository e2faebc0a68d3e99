// A code system of a million concepts: how it is loaded, and how long an answer takes.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConceptRow } from '../../src/fhir/code-system.ts'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { expandCompose } from '../../src/fhir/terminology/expand.ts'
import { toWords } from '../../src/fhir/terminology/words.ts'
import { createTerminology } from '../../src/fhir/terminology.ts'
import { openStore } from '../../src/store/open.ts'
import { createRandom } from '../demo/random.ts'
import type { Figure } from './report.ts'

const URL = 'http://bench.example/million'
const WORDS =
  '心臓 肝臓 腎臓 血圧 検査 測定 錠 注射 カプセル 急性 慢性 右 左 上部 下部 炎症 腫瘍 骨折 感染 障害'.split(
    ' ',
  )

/** Yields `count` concepts in a tree of ten children each, with a property of each kind of frequency. */
function* makeConcepts(count: number): Generator<ConceptRow> {
  const random = createRandom(7, 0)
  const word = () => random.pick(WORDS)
  for (let at = 0; at < count; at++) {
    yield {
      code: `C${String(at).padStart(7, '0')}`,
      display: `${word()}の${word()} ${at.toString(36)}`,
      designations: [{ language: 'en', value: `concept number ${at}` }],
      properties: [
        { code: 'group', type: 'string', value: `g${at % 1000}` },
        { code: 'half', type: 'string', value: at % 2 === 0 ? 'even' : 'odd' },
      ],
      parents: at === 0 ? [] : [`C${String(Math.floor((at - 1) / 10)).padStart(7, '0')}`],
      inactive: at % 50 === 49,
      abstract: false,
    }
  }
}

/** Returns the median and the 99th percentile of 200 calls, in ms; each gets the number of the call. */
async function time(
  run: (at: number) => Promise<unknown>,
): Promise<{ readonly p50: number; readonly p99: number }> {
  const times: number[] = []
  for (let at = 0; at < 220; at++) {
    const started = performance.now()
    await run(at)
    if (at >= 20) times.push(performance.now() - started)
  }
  times.sort((a, b) => a - b)
  return { p50: times[100]!, p99: times[197]! }
}

/** Loads `count` concepts and returns the figures of every kind of question. */
export async function measureTerminology(count: number): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'musubi-bench-'))
  const store = await openStore(`sqlite:${folder}`)
  try {
    const started = performance.now()
    await store.codeSystems.load(
      { url: URL, caseSensitive: true, content: 'complete', properties: [] },
      makeConcepts(count),
    )
    const perSecond = (count / (performance.now() - started)) * 1000
    return [
      {
        name: `Load of a code system, ${count.toLocaleString('en')} concepts`,
        value: perSecond,
        unit: 'concepts/s',
      },
      ...(await measureAnswers(store, count)),
    ]
  } finally {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measureAnswers(
  store: Awaited<ReturnType<typeof openStore>>,
  count: number,
): Promise<readonly Figure[]> {
  const terminology = createTerminology(loadDefinitions(), { store: store.codeSystems })
  const source = (await terminology.codeSystem(URL))!
  const code = (at: number) => `C${String((at * 7919) % count).padStart(7, '0')}`
  const page = async (include: object, filter?: string) => {
    const compose = await terminology.compose({
      resourceType: 'ValueSet',
      compose: { include: [{ system: URL, ...include }] },
    })
    return expandCompose(compose, { words: toWords(filter), activeOnly: false, offset: 0, count: 20 })
  }
  const isA = (value: string) => ({ filter: [{ property: 'concept', op: 'is-a', value }] })
  const questions: readonly (readonly [string, (at: number) => Promise<unknown>])[] = [
    ['$lookup', (at) => source.concept(code(at))],
    [
      '$validate-code beneath a concept',
      (at) => source.selects({ filters: [{ property: 'concept', op: 'is-a', value: 'C0000003' }] }, code(at)),
    ],
    ['$subsumes', (at) => source.subsumes('C0000002', code(at))],
    ['$expand, a page of all', () => page({})],
    ['$expand, is-a a large branch', () => page(isA('C0000001'))],
    ['$expand, is-a a small branch', (at) => page(isA(`C${String(1000 + (at % 100)).padStart(7, '0')}`))],
    [
      '$expand, a property of one in a thousand',
      (at) => page({ filter: [{ property: 'group', op: '=', value: `g${at}` }] }),
    ],
    [
      '$expand, a property of every second',
      () => page({ filter: [{ property: 'half', op: '=', value: 'odd' }] }),
    ],
    ['$expand, a common word', (at) => page({}, WORDS[at % WORDS.length])],
    ['$expand, two words', (at) => page({}, `${WORDS[at % WORDS.length]} ${(at * 4001).toString(36)}`)],
    [
      '$expand, a word beneath a concept',
      (at) => page(isA(`C${String(11 + (at % 80)).padStart(7, '0')}`), WORDS[at % WORDS.length]),
    ],
  ]
  const figures: Figure[] = []
  for (const [name, run] of questions) {
    const { p50, p99 } = await time(run)
    const goal = { kind: 'most', value: 10 } as const
    figures.push(
      { name: `${name}, p50`, value: p50, unit: 'ms', goal },
      { name: `${name}, p99`, value: p99, unit: 'ms', goal },
    )
  }
  return figures
}
