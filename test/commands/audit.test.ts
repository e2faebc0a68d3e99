// musubi audit verify, and what other commands leave in the access log.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { openStore } from '../../src/store/open.ts'
import { audited } from '../support/journal.ts'
import { openFolder } from '../support/server.ts'

const MAIN = join(import.meta.dirname, '../../src/main.ts')

function run(folder: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    env: { ...process.env, MUSUBI_STORE: `sqlite:${folder}`, ...environment },
    encoding: 'utf8',
    cwd: folder,
  })
  return { status, stdout, stderr }
}

t.test('a whole log ends with 0, a row that was changed with 1 and its place', async (t) => {
  const folder = openFolder(t)
  const store = await openStore(`sqlite:${folder}`)
  for (let i = 0; i < 5; i++) await store.journal.append([audited()])
  await store.close()
  const whole = run(folder, ['audit', 'verify'])
  t.equal(whole.status, 0, whole.stderr)
  t.match(whole.stdout, /^5 rows, all as they were written\nHeads: 5:[0-9a-f]{64},0:0{64}\n$/)
  const database = new DatabaseSync(join(folder, 'musubi.db'))
  database.exec(
    `DROP TRIGGER audit_unchanged; UPDATE audit SET row = replace(row, 'emr', 'emx') WHERE seq = 4`,
  )
  database.close()
  const broken = run(folder, ['audit', 'verify'])
  t.equal(broken.status, 1)
  t.match(broken.stderr, /The access log is broken at row 4/)
})

t.test('a log made anew as a whole does not lead through the heads of before', async (t) => {
  const folder = openFolder(t)
  const other = openFolder(t)
  for (const each of [folder, other]) {
    const store = await openStore(`sqlite:${each}`)
    for (let i = 0; i < 3; i++) await store.journal.append([audited()])
    await store.close()
  }
  const heads = (of: string) => /Heads: (.*)/.exec(run(of, ['audit', 'verify']).stdout)![1]!
  t.equal(run(folder, ['audit', 'verify', '--heads', heads(folder)]).status, 0)
  const refused = run(folder, ['audit', 'verify', '--heads', heads(other)])
  t.equal(refused.status, 1)
  t.match(refused.stderr, /broken at row 3/)
  const longer = heads(folder).replace(/^3:/, '9:')
  t.match(run(folder, ['audit', 'verify', '--heads', longer]).stderr, /broken at row 4/)
  t.equal(run(folder, ['audit', 'verify', '--heads', 'x']).status, 2)
  t.equal(run(folder, ['audit']).status, 2)
})

t.test('tokens, imports, copies and packages leave a row each', async (t) => {
  const folder = openFolder(t)
  writeFileSync(join(folder, 'some.ndjson'), '{"resourceType":"Basic","id":"b","code":{"text":"x"}}\n')
  const commands: readonly (readonly string[])[] = [
    ['token', '--patient', '1', '--scope', 'patient/*.rs'],
    ['import', join(folder, 'some.ndjson')],
    ['backup', join(folder, 'copy.db')],
    ['package', 'remove', 'none#1.0.0'],
    ['terminology', 'remove', 'http://none'],
    ['package', 'list'],
  ]
  for (const command of commands) run(folder, command)
  t.equal(run(folder, ['token'], { MUSUBI_AUDIT: 'off' }).status, 0)
  const store = await openStore(`sqlite:${folder}`)
  t.teardown(() => store.close())
  const { rows } = await store.journal.list({ limit: 100 })
  t.match(rows.map(({ row }) => row).reverse(), [
    {
      subtype: 'token',
      action: 'C',
      patients: ['Patient/1'],
      basis: { scopes: ['patient/*.rs'] },
      query: 'token?subject=Patient/1&purpose=TREAT',
    },
    { subtype: 'import', query: 'import some.ndjson' },
    { subtype: 'export', query: 'backup copy.db' },
    { subtype: 'config', query: 'package remove none#1.0.0' },
    { subtype: 'config', query: 'terminology remove http://none' },
  ])
  t.equal(rows.length, 5)
})
