// What authorization costs: reads with a token that is looked at each time, and tokens per second, every one durable.
import { fork } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Pool } from 'undici'
import { hashPassword, verifyPassword } from '../../src/smart/people/password.ts'
import { toChallenge } from '../../src/smart/token-endpoint/authorization-code.ts'
import { signJwt, toAssertionForm } from '../../test/support/jwt.ts'
import {
  type AuthStore,
  fillAuthStore,
  PASSWORD,
  type Person,
  REDIRECT,
  SCOPE,
  SETTINGS,
} from './auth-store.ts'
import { measureInsertCeiling } from './ceiling.ts'
import { encodeShot, percentile, runLoad } from './load.ts'
import type { Figure } from './report.ts'
import { cpuSeconds, type Server, startServer } from './server.ts'

const PEOPLE = 32
const ROUNDS = 5
const ORIGIN = new URL(SETTINGS.MUSUBI_BASE_URL).origin
/** Hashes are made by as many threads. */
const HASHES = 4
/** Grants on record of the first person. */
const PAST = 10_000
/** What other work on the machine does not change. */
const OF_PROCESSOR = '/s of processor time'
const READ_TURNS = 20
const EXCHANGES_BESIDE = 20

interface Bench {
  readonly store: AuthStore
  readonly pool: Pool
  readonly server: Pick<Server, 'cpuSeconds'>
  readonly seconds: number
  /** Is told what one of these cost the server. */
  readonly note: (what: string, rate: Rate) => void
}

interface Answer {
  readonly status: number
  readonly location: string
  readonly cookies: readonly string[]
  readonly text: string
}

function median(samples: readonly number[]): number {
  return percentile(Float64Array.from(samples).sort(), 0.5)
}

async function send(
  pool: Pool,
  path: string,
  {
    form,
    headers = {},
  }: { readonly form?: Readonly<Record<string, string>>; readonly headers?: object } = {},
): Promise<Answer> {
  const reply = await pool.request({
    method: form ? 'POST' : 'GET',
    path: path.startsWith(ORIGIN) ? path.slice(ORIGIN.length) : path,
    headers: { ...(form && { 'content-type': 'application/x-www-form-urlencoded' }), ...headers },
    body: form ? new URLSearchParams(form).toString() : null,
  })
  const { location = '', 'set-cookie': cookies = [] } = reply.headers
  return {
    status: reply.statusCode,
    location: String(location),
    cookies: [cookies].flat().map((each) => each.split(';')[0]!),
    text: await reply.body.text(),
  }
}

async function askTokens(
  pool: Pool,
  form: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const { status, text } = await send(pool, '/auth/token', { form })
  if (status !== 200) throw new Error(`the token endpoint answered ${status}: ${text}`)
  return JSON.parse(text)
}

interface Rate {
  readonly perSecond: number
  /** Processor time of the server for each, in ms: what else the machine does is not in it. */
  readonly cpuMs: number
}

/** Runs `act` back to back for each of `actors` in rounds; the median of the rounds. */
async function rate<T>(
  { seconds, server }: Pick<Bench, 'seconds' | 'server'>,
  actors: readonly T[],
  act: (actor: T) => Promise<void>,
): Promise<Rate> {
  const rounds: Rate[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const [started, cpu] = [performance.now(), server.cpuSeconds()]
    const until = started + (seconds * 1000) / ROUNDS
    let times = 0
    const run = async (actor: T) => {
      for (; performance.now() < until; times++) await act(actor)
    }
    await Promise.all(actors.map(run))
    const ms = performance.now() - started
    // The first is the warm-up.
    if (round > 0)
      rounds.push({ perSecond: times / (ms / 1000), cpuMs: ((server.cpuSeconds() - cpu) * 1000) / times })
  }
  return {
    perSecond: median(rounds.map(({ perSecond }) => perSecond)),
    cpuMs: median(rounds.map(({ cpuMs }) => cpuMs)),
  }
}

/** Every token that was given is on record: a server that was started since knows it. */
async function assertKnown({ address }: AuthStore, tokens: readonly string[]): Promise<void> {
  const server = await startServer(address, SETTINGS)
  const pool = new Pool(`http://127.0.0.1:${server.port}`, { connections: PEOPLE })
  for (const token of tokens) {
    const { status } = await send(pool, '/fhir/Patient/-', { headers: { authorization: `Bearer ${token}` } })
    if (status !== 404) throw new Error(`a token was answered with ${status}`)
  }
  await pool.close()
  await server.stop()
}

/** Median rate of bare SQLite that keeps a row for each of `group` in one durable transaction. */
function commitCeiling(group: number): number {
  const rows = Array.from({ length: group * 100 }, () => ({ document: randomBytes(400), entries: [] }))
  return median([1, 2, 3].map(() => measureInsertCeiling(rows, group)))
}

async function measureBackends(bench: Bench, tokens: string[]): Promise<Figure[]> {
  const { store, pool, seconds, note } = bench
  const figures: Figure[] = []
  const ceiling = commitCeiling(PEOPLE)
  for (const { id, key } of store.backends) {
    const sign = () => {
      const exp = Math.floor(Date.now() / 1000) + 290
      const claims = { iss: id, sub: id, aud: `${ORIGIN}/auth/token`, exp, jti: randomUUID() }
      return toAssertionForm(signJwt(key, claims))
    }
    // Signed beforehand: the client's own work is not the server's.
    const forms = Array.from({ length: seconds * 2_400 }, sign)
    const measured = await rate(bench, Array.from({ length: PEOPLE }), async () => {
      const form = forms.pop() ?? sign()
      const answer = await askTokens(pool, {
        grant_type: 'client_credentials',
        scope: 'system/*.rs',
        ...form,
      })
      tokens.push(answer['access_token']!)
    })
    note(`a backend token (${id})`, measured)
    figures.push({
      name: `Backend tokens, ${id}, ${PEOPLE} connections`,
      value: measured.perSecond,
      unit: '/s',
      against: { value: ceiling, what: 'durable rows of bare SQLite' },
      goal: { kind: 'least', value: 300 },
    })
  }
  return figures
}

function toAuthorizePath(app: string, verifier: string): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: app,
    redirect_uri: REDIRECT,
    scope: SCOPE,
    state: 'state',
    aud: SETTINGS.MUSUBI_BASE_URL,
    code_challenge: toChallenge(verifier),
    code_challenge_method: 'S256',
  })
  return `/auth/authorize?${query}`
}

type Browser = Person & { readonly cookies: string }

async function openBrowser(pool: Pool, person: Person): Promise<Browser> {
  const session = `musubi-session=${person.cookie}`
  const { cookies } = await send(pool, '/auth/login', { headers: { cookie: session } })
  return { ...person, cookies: [session, ...cookies].join('; ') }
}

/** Goes the whole way of an app with somebody who has let it in before; returns its tokens. */
async function exchange({ store, pool }: Pick<Bench, 'store' | 'pool'>, browser: Browser) {
  const verifier = randomBytes(32).toString('base64url')
  const headers = { cookie: browser.cookies }
  const begun = await send(pool, toAuthorizePath(store.app, verifier), { headers })
  const { location, text } = await send(pool, begun.location, { headers })
  const code = location.startsWith(REDIRECT) && new URL(location).searchParams.get('code')
  if (!code) throw new Error(`no code: ${location} ${text.slice(0, 200)}`)
  return askTokens(pool, toCodeForm(store.app, code, verifier))
}

function toCodeForm(app: string, code: string, verifier: string) {
  return {
    grant_type: 'authorization_code',
    client_id: app,
    code,
    redirect_uri: REDIRECT,
    code_verifier: verifier,
  }
}

async function measureExchanges(bench: Bench, tokens: string[]): Promise<Figure[]> {
  const { store, pool, note } = bench
  const browsers = await Promise.all(
    store.people.map(async (person) => ({ ...(await openBrowser(pool, person)), refresh: '' })),
  )
  const exchanges = await rate(bench, browsers, async (browser) => {
    const answer = await exchange(bench, browser)
    browser.refresh = answer['refresh_token']!
    tokens.push(answer['access_token']!)
  })
  const refreshes = await rate(bench, browsers, async (browser) => {
    const form = { grant_type: 'refresh_token', client_id: store.app, refresh_token: browser.refresh }
    const answer = await askTokens(pool, form)
    browser.refresh = answer['refresh_token']!
    tokens.push(answer['access_token']!)
  })
  note('a code exchange', exchanges)
  note('a refresh', refreshes)
  const ceiling = { value: commitCeiling(PEOPLE), what: 'durable rows of bare SQLite' }
  const [long, short] = [await alone(bench, browsers[0]!), await alone(bench, browsers[1]!)]
  return [
    {
      name: `Code exchanges, one after another, of somebody with ${PAST.toLocaleString('en')} grants before`,
      value: 1000 / long.cpuMs,
      unit: OF_PROCESSOR,
      against: { value: 1000 / short.cpuMs, what: 'somebody with one' },
      goal: { kind: 'least', value: 900 / short.cpuMs },
    },
    {
      name: `Code exchanges, the whole way of an app that was let in before, ${PEOPLE} browsers`,
      value: exchanges.perSecond,
      unit: '/s',
      against: ceiling,
      goal: { kind: 'least', value: 150 },
    },
    { name: `Refreshes, ${PEOPLE} connections`, value: refreshes.perSecond, unit: '/s', against: ceiling },
  ]
}

function alone(bench: Bench, browser: Browser): Promise<Rate> {
  return rate(bench, [browser], async () => void (await exchange(bench, browser)))
}

async function measureLogins(bench: Bench): Promise<Figure> {
  const { store, pool, note } = bench
  const phc = await hashPassword(PASSWORD)
  const people = store.people.slice(0, HASHES)
  const hashes = await rate(bench, people, async () => void (await verifyPassword(PASSWORD, phc)))
  const forms = await Promise.all(
    people.map(async ({ login }, index) => {
      const page = await send(pool, '/auth/login')
      const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
      const headers = { cookie: page.cookies.join('; '), 'x-forwarded-for': `192.0.2.${index + 1}` }
      return { headers, form: { csrf, login, password: PASSWORD, return: '/auth/apps' } }
    }),
  )
  const logins = await rate(bench, forms, async (request) => {
    const { status, text } = await send(pool, '/auth/login', request)
    if (status !== 303) throw new Error(`the log-in answered ${status}: ${text.slice(0, 200)}`)
  })
  note('a log-in', logins)
  return {
    name: `Log-ins with a password, ${HASHES} at a time`,
    value: logins.perSecond,
    unit: '/s',
    against: { value: hashes.perSecond, what: 'the password hash alone' },
  }
}

type Ports = Readonly<Record<'verified' | 'resolved', number>>

/** Medians of reads per second of the processor time of `pid`, on both servers by turns. */
async function compareReads(
  { ports, pid }: { readonly ports: Ports; readonly pid: number },
  seconds: number,
  refs: readonly string[],
  token: string,
): Promise<Ports> {
  const rates = { verified: [] as number[], resolved: [] as number[] }
  for (let turn = 0; turn <= READ_TURNS; turn++)
    for (const name of ['verified', 'resolved'] as const) {
      const target = { port: ports[name], token }
      const shots = refs.map((ref) => encodeShot(target, { method: 'GET', path: `/fhir/${ref}` }))
      let [at, cpu] = [0, cpuSeconds(pid)]
      const load = await runLoad(
        target,
        PEOPLE,
        (2 * seconds) / READ_TURNS,
        () => shots[at++ % shots.length]!,
      )
      if (Object.keys(load.failures).length > 0)
        throw new Error(`reads failed: ${JSON.stringify(load.failures)}`)
      if (turn > 0) rates[name].push(at / (cpuSeconds(pid) - cpu))
    }
  return { verified: median(rates.verified), resolved: median(rates.resolved) }
}

/** Exchanges codes at a steady pace until the function that it returns is called. */
async function keepExchanging(bench: Pick<Bench, 'store' | 'pool'>): Promise<() => Promise<void>> {
  const browser = await openBrowser(bench.pool, bench.store.people[1]!)
  let isOn = true
  const run = async () => {
    while (isOn) {
      await exchange(bench, browser)
      await setTimeout(1000 / EXCHANGES_BESIDE)
    }
  }
  const running = run()
  return () => {
    isOn = false
    return running
  }
}

async function measureReads(
  store: AuthStore,
  seconds: number,
  person: Person,
  token: string,
): Promise<Figure[]> {
  const child = fork(new URL('./auth-server.ts', import.meta.url), [token], {
    env: { ...process.env, ...SETTINGS, MUSUBI_STORE: store.address },
    stdio: 'inherit',
  })
  const [ports] = (await once(child, 'message')) as [Ports]
  const pool = new Pool(`http://127.0.0.1:${ports.verified}`, { connections: PEOPLE })
  const servers = { ports, pid: child.pid! }
  const toFigure = (name: string, rates: Ports): Figure => ({
    name,
    value: rates.verified,
    unit: OF_PROCESSOR,
    against: { value: rates.resolved, what: 'a principal known beforehand' },
    goal: { kind: 'least', value: rates.resolved * 0.9 },
  })
  const alone = await compareReads(servers, seconds, person.refs, token)
  const stop = await keepExchanging({ store, pool })
  const beside = await compareReads(servers, seconds, person.refs, token)
  await stop()
  await pool.close()
  child.kill()
  return [
    toFigure('Reads by id of a record by an app', alone),
    toFigure(`The same while up to ${EXCHANGES_BESIDE} codes a second are exchanged`, beside),
  ]
}

export interface AuthFigures {
  readonly figures: readonly Figure[]
  readonly notes: readonly string[]
}

/** Measures everything on a new store in `folder`; MUSUBI_BENCH_PARTS names what: reads, backends, exchanges, logins. */
export async function measureAuth(folder: string, seconds: number): Promise<AuthFigures> {
  const parts = process.env['MUSUBI_BENCH_PARTS']?.split(',') ?? ['reads', 'backends', 'exchanges', 'logins']
  const store = await fillAuthStore(join(folder, 'auth'), PEOPLE, PAST)
  const [figures, notes, tokens]: [Figure[], string[], string[]] = [[], [], []]
  const [person] = store.people
  const server = await startServer(store.address, SETTINGS)
  const pool = new Pool(`http://127.0.0.1:${server.port}`, { connections: PEOPLE })
  const note = (what: string, { cpuMs }: Rate) =>
    void notes.push(`Processor time of the server, all threads, for ${what}: ${cpuMs.toFixed(2)} ms.`)
  const bench: Bench = { store, pool, server, seconds, note }
  const first = await askTokens(pool, toCodeForm(store.app, person!.code, person!.verifier))
  if (parts.includes('backends')) figures.push(...(await measureBackends(bench, tokens)))
  if (parts.includes('exchanges')) figures.push(...(await measureExchanges(bench, tokens)))
  if (parts.includes('logins')) figures.push(await measureLogins(bench))
  await pool.close()
  await server.stop()
  await assertKnown(store, tokens)
  notes.push(`All ${tokens.length.toLocaleString('en')} tokens were on record after the server had ended.`)
  if (!parts.includes('reads')) return { figures, notes }
  const reads = await measureReads(store, seconds, person!, first['access_token']!)
  return { figures: [...reads, ...figures], notes }
}
