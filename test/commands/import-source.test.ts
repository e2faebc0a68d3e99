import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { renderDuration, renderProgress } from '../../src/commands/import/progress.ts'
import { isNdjson, openSource, readLines, readWhole } from '../../src/commands/import/source.ts'

const TEXT =
  '{"resourceType":"Patient","id":"a"}\n\n  \r\n{"resourceType":"Patient","id":"b"}\r\n{"resourceType":"Patient","id":"c"}'

async function collect(file: string): Promise<[number, string][]> {
  const lines: [number, string][] = []
  for await (const { line, bytes } of readLines(openSource(file)))
    lines.push([line, (JSON.parse(Buffer.from(bytes).toString()) as { id: string }).id])
  return lines
}

const WANTED = [
  [1, 'a'],
  [4, 'b'],
  [5, 'c'],
]

t.test('lines are counted from 1, blank ones included, and the last needs no newline', async (t) => {
  const file = join(t.testdir(), 'some.ndjson')
  writeFileSync(file, TEXT)
  t.strictSame(await collect(file), WANTED)
})

t.test('gzip is told by its bytes, not by its name', async (t) => {
  const file = join(t.testdir(), 'some.ndjson')
  writeFileSync(file, gzipSync(TEXT))
  t.strictSame(await collect(file), WANTED)
  t.equal((await readWhole(openSource(file))).toString(), TEXT)
})

t.test('a line longer than a chunk is one line', async (t) => {
  const file = join(t.testdir(), 'long.ndjson')
  const long = { resourceType: 'Basic', id: 'x'.repeat(3 << 20) }
  writeFileSync(file, `${JSON.stringify(long)}\n{"id":"b"}\n`)
  t.strictSame(
    (await collect(file)).map(([line, id]) => [line, id.length]),
    [
      [1, 3 << 20],
      [2, 1],
    ],
  )
})

t.test('NDJSON is told by the name or by a first line that is a resource', async (t) => {
  const folder = t.testdir()
  const cases: readonly [name: string, text: string, ndjson: boolean][] = [
    ['a.ndjson', '{}', true],
    ['b.json', '{"resourceType":"Patient"}\n{"resourceType":"Patient"}\n', true],
    ['c.json', '{\n"resourceType":"Bundle"}', false],
    ['d.json', '{"resourceType":"Bundle","entry":[]}', false],
  ]
  for (const [name, text, ndjson] of cases) {
    writeFileSync(join(folder, name), text)
    t.equal(await isNdjson(openSource(join(folder, name))), ndjson, name)
  }
})

t.test('progress says share, count, rate and time left', async (t) => {
  t.equal(renderDuration(3723), '01:02:03')
  t.equal(renderDuration(63), '01:03')
  const line = renderProgress(50, 100, 1200, 10)
  t.match(line, / 50 % {2}1,200 done, 120\/s, 00:10 left$/)
  t.notMatch(renderProgress(100, 100, 5, 1), /left/)
})
