// What `musubi demo` prints is true: every request is pasted into a shell as it stands, in order, while the demo serves.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { partsOf } from '../support/consent-server.ts'
import { openFolder } from '../support/server.ts'

const MAIN = join(import.meta.dirname, '../../src/main.ts')
const MARK = '\nstatus '

/** A printed request with what came back. */
interface Pasted {
  readonly words: string
  readonly token: string
  readonly status: number
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes
  readonly body: any
}

async function freePort(): Promise<string> {
  const probe = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => probe.once('listening', resolve))
  const { port } = probe.address() as { port: number }
  await new Promise((resolve) => probe.close(resolve))
  return String(port)
}

async function startDemo(environment: NodeJS.ProcessEnv): Promise<{ child: ChildProcess; out: string }> {
  const env = { ...process.env, ...environment }
  const child = spawn(process.execPath, [MAIN, 'demo', '--residents', '2'], { env })
  let out = ''
  let err = ''
  child.stderr.on('data', (chunk) => {
    err += chunk
  })
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      out += chunk
      if (out.includes('ready at')) resolve()
    })
    child.once('close', () => reject(new Error(err)))
  })
  return { child, out }
}

async function paste(out: string): Promise<Pasted[]> {
  const lines = out.split('\n')
  const tokens = lines.filter((line) => /^ {2}[A-Z_]+=/.test(line)).map((line) => line.trim())
  const pasted: Pasted[] = []
  for (const [i, line] of lines.entries()) {
    if (!line.startsWith('  curl ')) continue
    const script = [...tokens, `${line} -w '${MARK}%{http_code}'`].join('\n')
    const { stdout } = await promisify(execFile)('sh', ['-c', script], { maxBuffer: 64 * 1024 * 1024 })
    const [text, status] = stdout.split(MARK) as [string, string]
    pasted.push({
      words: lines[i - 1]!,
      token: /Bearer \$([A-Z_]+)/.exec(line)![1]!,
      status: Number(status),
      text,
      body: text.startsWith('{') ? JSON.parse(text) : undefined,
    })
  }
  return pasted
}

function checkWords(t: Test, { words, status, body }: Pasted): void {
  t.equal(status, words.includes('(404)') ? 404 : 200, words)
  const [, kind, total] = /\((total|entries) (\d+)\)/.exec(words) ?? []
  if (total === undefined) return
  t.equal(body.total, kind === 'total' ? Number(total) : undefined, words)
  t.equal((body.entry ?? []).length, Number(total), 'and as many are shown')
}

const find = (pasted: readonly Pasted[], words: string) =>
  pasted.find((each) => each.words.startsWith(words))!

function checkStory(t: Test, pasted: readonly Pasted[]): void {
  const { text } = find(pasted, 'The study may have')
  t.match(text, /Patient\/demo-hanako/, 'with the id')
  t.notMatch(text, /"(Condition|MedicationDispense)"/, 'observations alone')
  const [permitted, denied, ended] = [
    'Why hospital B has hypertension:',
    'Why it has not the depression:',
    'Why hospital B has hypertension no more:',
  ].map((words) => partsOf(find(pasted, words).body))
  t.match([permitted.decision, permitted.reason.code], ['permit', 'consent'])
  t.match(permitted.source, { consent: /^Consent\/demo-visit/, path: 'Consent.provision' })
  t.match([denied.decision, denied.reason.code], ['deny', 'consent:refused'])
  t.match(denied.source, { consent: /^Consent\/demo-visit/, path: 'Consent.provision.provision[0]' })
  t.match([ended.decision, ended.reason.code], ['deny', 'default'])
  t.equal(find(pasted, 'Hanako withdraws').body.status, 'inactive')
}

function checkPerson(t: Test, pasted: readonly Pasted[]): void {
  const rows = partsOf(find(pasted, 'Who may see how much').body).access
  const visible = (recipient: string, purpose: string, type: string) => {
    // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes
    const row = rows.find((each: any) => each.recipient === recipient && each.purpose === purpose)
    // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes
    return row.class.find((each: any) => each.type === type).visible
  }
  t.equal(visible('Organization/demo-hospital-a', 'TREAT', 'Condition'), 2)
  t.equal(visible('Organization/demo-hospital-b', 'TREAT', 'Condition'), 1, 'its own alone, by now')
  t.equal(visible('Organization/demo-university', 'demo-study', 'Observation'), 5)
  t.equal(visible('Organization/demo-university', 'demo-study', 'Condition'), 0)
  const { text } = find(pasted, 'What was given to whom')
  t.match(text, /Organization\/demo-hospital-b/)
  t.match(text, /Organization\/demo-university/)
  t.notMatch(text, /demo-taro/, "nothing of the child's")
  const { body } = find(pasted, 'Every access')
  t.ok(body.total >= pasted.filter(({ token }) => token === 'HANAKO').length)
}

/** Logs in as the demo says; returns the id of the sample app and the password. */
async function checkLogin(t: Test, out: string): Promise<readonly [string, string]> {
  const [, client, base] = /--client (\S+) --iss (\S+)/.exec(out) as unknown as [string, string, string]
  const [, password] = /the password (\S+) /.exec(out) as unknown as [string, string]
  const url = `${new URL(base).origin}/auth/login`
  const page = await fetch(url)
  const csrf = /name="csrf" value="([^"]+)"/.exec(await page.text())![1]!
  for (const login of ['hanako', 'kenichi', 'doctor']) {
    const reply = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        cookie: page.headers
          .getSetCookie()
          .map((each) => each.split(';')[0])
          .join('; '),
      },
      body: new URLSearchParams({ login, password, csrf }),
    })
    t.equal(reply.status, 303, `${login} logs in`)
  }
  return [client, password]
}

t.test(
  'every request that the demo prints gives what is printed beside it, at each start anew',
  async (t) => {
    const environment = { MUSUBI_STORE: `sqlite:${openFolder(t)}`, PORT: await freePort() }
    const logins: (readonly [string, string])[] = []
    for (const start of ['the first start', 'a second one, after the consent was withdrawn']) {
      const { child, out } = await startDemo(environment)
      t.teardown(() => child.kill('SIGKILL'))
      const pasted = await paste(out)
      t.ok(pasted.length > 20, `${start}: there are requests`)
      for (const each of pasted) checkWords(t, each)
      checkStory(t, pasted)
      checkPerson(t, pasted)
      logins.push(await checkLogin(t, out))
      child.kill('SIGTERM')
      await new Promise((resolve) => child.once('exit', resolve))
    }
    const [[client, password], [again, another]] = logins as [[string, string], [string, string]]
    t.equal(again, client, 'the sample app stays the same')
    t.not(another, password, 'the password is new')
  },
)
