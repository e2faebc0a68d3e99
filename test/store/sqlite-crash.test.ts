// What is acknowledged is there after a crash, and nothing else is half there. https://www.sqlite.org/atomiccommit.html
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import { checkStore, listVersions } from '../support/check-store.ts'

const WRITER = join(import.meta.dirname, '..', 'support', 'store-writer.ts')
const ENDLESS = 1_000_000

interface Started {
  readonly child: ChildProcess
  /** Lines read so far; the last may be cut off. */
  readonly output: () => string
  /** Resolves when so many lines have come. */
  lines(count: number): Promise<void>
}

function startWriter(folder: string, label: string, limit: number): Started {
  const child = spawn(process.execPath, [WRITER, folder, label, String(limit)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // The coverage and process tracking of the test runner are not for a process that is killed.
    env: { PATH: process.env['PATH'] },
  })
  let text = ''
  child.stdout!.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  return {
    child,
    output: () => text,
    async lines(count) {
      while (text.split('\n').length <= count && child.exitCode === null)
        await new Promise((resolve) => setTimeout(resolve, 5))
    },
  }
}

function acknowledged(output: string): string[] {
  return output
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.includes('/'))
}

/** Asserts that the chains are whole and hold every record that was acknowledged. */
async function checkJournal(t: Test, folder: string, outputs: readonly string[]): Promise<void> {
  const store = await openSqliteStore(folder)
  t.equal((await store.journal.verify()).broken, undefined)
  const { rows } = await store.journal.provisions({ patient: 'Patient/1', limit: ENDLESS })
  const kept = new Set(rows.map(({ row }) => `provision ${row.requestId}`))
  const told = outputs.flatMap((output) => output.split('\n').slice(0, -1))
  t.same(
    told.filter((line) => line.startsWith('provision ') && !kept.has(line)),
    [],
  )
  await store.close()
}

t.test('whatever moment a writing process is killed at, what it acknowledged is there', async (t) => {
  const folder = t.testdir()
  const file = join(folder, 'musubi.db')
  for (let round = 0; round < 8; round++) {
    const writer = startWriter(folder, `round${round}`, ENDLESS)
    await writer.lines(1 + round * 150)
    await new Promise((resolve) => setTimeout(resolve, round * 7))
    writer.child.kill('SIGKILL')
    await once(writer.child, 'close')
    // Opening is what recovers; a server would do just this.
    await (await openSqliteStore(folder)).close()
    const stored = listVersions(file)
    const lines = acknowledged(writer.output())
    if (round > 0) t.ok(lines.length > 0, `round ${round} acknowledged something`)
    t.same(
      lines.filter((line) => !stored.has(line)),
      [],
    )
    t.same(checkStore(file), [])
    await checkJournal(t, folder, [writer.output()])
  }
})

t.test('two processes and this one write to one store at once, and nothing is lost', async (t) => {
  const folder = t.testdir()
  const file = join(folder, 'musubi.db')
  const store = await openSqliteStore(folder)
  const epoch = store.epoch()
  const writers = ['a', 'b'].map((label) => startWriter(folder, label, 1500))
  await Promise.all(writers.map(({ child }) => once(child, 'close')))
  t.ok(store.epoch() > epoch, 'that others have written is noticed')
  await store.close()
  const stored = listVersions(file)
  for (const { child, output } of writers) {
    t.equal(child.exitCode, 0)
    t.match(output(), /closed/)
    t.same(
      acknowledged(output()).filter((line) => !stored.has(line)),
      [],
    )
  }
  t.same(checkStore(file), [])
  await checkJournal(
    t,
    folder,
    writers.map(({ output }) => output()),
  )
})
