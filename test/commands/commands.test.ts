import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { openStore } from '../../src/store/open.ts'
import { openFolder } from '../support/server.ts'

const MAIN = join(import.meta.dirname, '../../src/main.ts')

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

function start(args: readonly string[], environment: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, ...environment } })
}

async function run(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const child = start(args, environment)
  const texts = { out: '', err: '' }
  child.stdout?.on('data', (chunk) => {
    texts.out += chunk
  })
  child.stderr?.on('data', (chunk) => {
    texts.err += chunk
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, ...texts }
}

async function freePort(): Promise<string> {
  const probe = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => probe.once('listening', resolve))
  const { port } = probe.address() as { port: number }
  await new Promise((resolve) => probe.close(resolve))
  return String(port)
}

function untilReady(child: ChildProcess): Promise<string> {
  let out = ''
  return new Promise((resolve) => {
    // Read to the end: a process whose output nobody takes would fail to log.
    child.stdout!.on('data', (chunk) => {
      out += chunk
      if (out.includes('ready at')) resolve(out)
    })
  })
}

t.test('an unknown command, a wrong flag and a bad setting end with 2 and one clear line', async (t) => {
  const folder = `sqlite:${openFolder(t)}`
  const cases: readonly (readonly [args: string[], environment: NodeJS.ProcessEnv, says: RegExp])[] = [
    [['fly'], {}, /there is no command "fly"[\s\S]*serve/],
    [['token', '--scop', 'x'], {}, /Unknown option '--scop'/],
    [['token', '--expires', 'soon'], {}, /--expires must be/],
    [['token', '--scope', 'system/*.dr'], { MUSUBI_STORE: folder }, /"system\/\*\.dr" is not a scope/],
    [['token', '--scope', 'patient/*.rs'], { MUSUBI_STORE: folder }, /needs a patient/],
    [['serve', 'now'], {}, /serve takes no arguments/],
    [['serve'], { PORT: 'x' }, /^musubi: PORT is "x"; it must be a whole number from 1 to 65535\n$/],
    [['backup'], {}, /backup takes one FILE/],
  ]
  await Promise.all(
    cases.map(async ([args, environment, says]) => {
      const { code, out, err } = await run(args, environment)
      t.equal(code, 2, args.join(' '))
      t.match(err, says)
      t.equal(out, '')
    }),
  )
})

t.test('help lists every command', async (t) => {
  const { code, out } = await run(['help'])
  t.equal(code, 0)
  for (const name of ['backup', 'serve', 'token']) t.match(out, new RegExp(`^ {2}${name} `, 'm'))
})

t.test(
  'a token made while the server runs works at once, and a signal loses no acknowledged write',
  async (t) => {
    const environment = { MUSUBI_STORE: `sqlite:${openFolder(t)}`, PORT: await freePort() }
    const server = start(['serve'], environment)
    t.teardown(() => server.kill('SIGKILL'))
    const base = `http://127.0.0.1:${environment.PORT}/fhir`
    t.match(await untilReady(server), `Musubi is ready at ${base}`)
    const second = await run(['serve'], { ...environment, MUSUBI_STORE: `sqlite:${openFolder(t)}` })
    t.match(second.err, /^musubi: 127\.0\.0\.1:\d+ is in use by another program: end that, or set PORT\n$/)
    t.equal(second.code, 2)
    t.equal((await run(['health'], environment)).code, 0, 'ready is healthy')
    t.equal(
      (await run(['health'], { ...environment, PORT: await freePort() })).code,
      1,
      'nobody there is not',
    )
    const { out, err, code } = await run(['token'], environment)
    t.equal(code, 0, err)
    t.match(out, /^[A-Za-z0-9_-]{43}\n$/, 'the token alone is on standard output')
    const headers = { authorization: `Bearer ${out.trim()}`, 'content-type': 'application/fhir+json' }
    const body = JSON.stringify({ resourceType: 'Basic', code: { text: 'x' } })
    const acknowledged: string[] = []
    let refused = false
    const write = async () => {
      while (!refused) {
        const reply = await fetch(`${base}/Basic`, { method: 'POST', headers, body }).catch(() => undefined)
        if (reply?.status === 201) acknowledged.push(((await reply.json()) as { id: string }).id)
        else {
          await reply?.arrayBuffer()
          refused = true
        }
      }
    }
    const writers = Promise.all(Array.from({ length: 8 }, write))
    while (acknowledged.length < 50 && !refused) await new Promise((resolve) => setTimeout(resolve, 5))
    server.kill('SIGTERM')
    const ended = await new Promise((resolve) => server.once('exit', resolve))
    await writers
    t.equal(ended, 0, 'an orderly end')
    const again = start(['serve'], environment)
    t.teardown(() => again.kill('SIGKILL'))
    await untilReady(again)
    const lost = await Promise.all(
      acknowledged.map(async (id) => {
        const reply = await fetch(`${base}/Basic/${id}`, { headers })
        // Read to the end: a connection in the middle of an answer holds up an orderly end.
        await reply.arrayBuffer()
        return reply.status === 200 ? [] : id
      }),
    )
    t.strictSame(lost.flat(), [], `of ${acknowledged.length} acknowledged writes none is lost`)
    again.kill('SIGTERM')
    await new Promise((resolve) => again.once('exit', resolve))
  },
)

t.test('a backup holds what was written before it, and does not overwrite a file', async (t) => {
  const folder = openFolder(t)
  const environment = { MUSUBI_STORE: `sqlite:${join(folder, 'data')}` }
  t.equal((await run(['token'], environment)).code, 0)
  const file = join(folder, 'copy', 'musubi.db')
  t.not((await run(['backup', file], environment)).code, 0, 'there is no such folder')
  const copy = join(folder, 'copy.db')
  t.equal((await run(['backup', copy], environment)).code, 0)
  t.ok(existsSync(copy))
  t.match((await run(['backup', copy], environment)).err, /exists already/)
  const store = await openStore(environment.MUSUBI_STORE)
  t.equal((await store.records.list('token')).length, 1)
  await store.close()
})
