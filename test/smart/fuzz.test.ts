// Whatever is sent to the authorization server, in whatever form: a clear refusal, never a 500, never a way elsewhere.
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { OAUTH_ERRORS } from '../../src/smart/oauth-error.ts'
import { REDIRECT } from '../support/authorization.ts'
import { type Endpoint, openTargets, type Targets, toShot } from '../support/fuzz/endpoints.ts'
import { MARK, OF_PARAMETER, OF_REQUEST, type Shot } from '../support/fuzz/mutations.ts'

const RUNS = Number(process.env['MUSUBI_FUZZ_RUNS'] ?? 300)

type Reply = Awaited<ReturnType<Targets['server']['app']['inject']>>

/** Paths of ours that a browser may be sent to. */
const OURS =
  /^(http:\/\/localhost:3000)?\/(auth\/(go|login|reauthenticate|manage|history|credentials)|developers)\b/

async function send({ app }: Targets['server'], { url }: Endpoint, shot: Shot): Promise<Reply> {
  const { method, pairs, headers, body } = shot
  const query = pairs.join('&')
  const inQuery = method === 'GET' || method === 'HEAD'
  const target = inQuery && query !== '' ? `${url}?${query.replace(/[^\x21-\x7e]/g, encodeByte)}` : url
  const payload = inQuery ? body : (body ?? Buffer.from(query, 'latin1'))
  return app.inject({
    method: method as 'POST',
    url: target,
    headers: { ...headers },
    ...(payload && { payload }),
  })
}

const encodeByte = (byte: string) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`

/** What no endpoint that reads the parameter may pass over. */
const REFUSED: ReadonlySet<string> = new Set([
  'repeated',
  'repeated, differing',
  'one megabyte',
  'NUL',
  'control characters',
  'a broken escape',
  'half an escape',
  'invalid UTF-8',
  'an encoded surrogate',
])

/** Returns what is wrong with a reply; nothing where it is as it should be. */
function faultsOf({ kind }: Endpoint, { method }: Shot, reply: Reply): readonly string[] {
  const { statusCode: status, headers, body } = reply
  const type = String(headers['content-type'] ?? '')
  const { location } = headers
  const isLeft = typeof location === 'string' && (OURS.test(location) || location.startsWith(`${REDIRECT}?`))
  const faults = [
    status >= 500 && `status ${status}`,
    location !== undefined && !isLeft && `a redirect to ${location.slice(0, 80)}`,
    /<script>/.test(body.replace(/<script type="module" src="[^"]*">/g, '')) && 'a script in it',
    headers['set-cookie'] !== undefined && /evil|a=b/.test(String(headers['set-cookie'])) && 'a cookie',
  ]
  // A preflight is answered before any endpoint is reached, and HEAD without a body.
  if (status < 400 || method === 'HEAD' || method === 'OPTIONS')
    return faults.filter((each) => each !== false)
  const isPage = type.startsWith('text/html')
  const isOutcome = type.startsWith('application/fhir+json')
  return [
    ...faults,
    headers['cache-control'] !== 'no-store' && 'it may be cached',
    isOutcome && kind !== 'fhir' && ![400, 401, 404].includes(status) && `an outcome with ${status}`,
    !isOutcome && isPage !== (kind === 'page') && `type ${type}`,
    isPage && !isFramed(headers) && 'no policy',
    !isPage && !isOutcome && !isOAuthError(body) && `no error of OAuth: ${body.slice(0, 80)}`,
  ].filter((each) => each !== false)
}

function isFramed(headers: Reply['headers']): boolean {
  const policy = String(headers['content-security-policy'])
  return /default-src 'none'/.test(policy) && /frame-ancestors 'none'/.test(policy)
}

function isOAuthError(body: string): boolean {
  const { error, error_description: description } = JSON.parse(body)
  return Object.hasOwn(OAUTH_ERRORS, error) && /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/.test(description)
}

/** The same request with one parameter, or the whole of it, as a mutation makes it. */
function mutate(
  endpoint: Endpoint,
  name: string | undefined,
  mutation: string,
  shot = toShot(endpoint),
): Shot {
  if (name === undefined) return OF_REQUEST[mutation]!(shot)
  const prefix = `${encodeURIComponent(name)}=`
  const others = shot.pairs.filter((each) => !each.startsWith(prefix))
  return { ...shot, pairs: [...others, ...OF_PARAMETER[mutation]!(name, endpoint.parameters[name] ?? 'x')] }
}

async function strike(
  t: Test,
  { server }: Targets,
  endpoint: Endpoint,
  shot: Shot,
  told: string,
  mustFail = false,
) {
  const reply = await send(server, endpoint, shot)
  const isPassed = mustFail && reply.statusCode < 400
  const faults = [
    ...faultsOf(endpoint, shot, reply),
    ...(isPassed ? [`passed with ${reply.statusCode}`] : []),
  ]
  if (faults.length > 0) t.fail(`${endpoint.name}: ${told}: ${faults.join('; ')}`)
  return reply.statusCode
}

function damage(t: Test, targets: Targets, endpoint: Endpoint, name: string, mutation: string) {
  const mustFail = endpoint.reads && REFUSED.has(mutation)
  return strike(t, targets, endpoint, mutate(endpoint, name, mutation), `${name} ${mutation}`, mustFail)
}

async function isServed({ server }: Targets, endpoint: Endpoint): Promise<boolean> {
  const reply = await send(server, endpoint, toShot(endpoint))
  // No route is found only after a token was asked for.
  const isOutcome = String(reply.headers['content-type']).startsWith('application/fhir+json')
  return !isOutcome || (endpoint.kind === 'fhir' && reply.statusCode !== 404)
}

function assertSilent(t: Test, { server }: Targets) {
  const leaked = server.log.filter((line) => new RegExp(MARK, 'i').test(line))
  t.strictSame(leaked, [], 'the log has nothing that was sent')
}

t.test('every parameter and every request of every endpoint, damaged in every way', async (t) => {
  const targets = await openTargets(t)
  for (const endpoint of targets.endpoints) {
    t.ok(await isServed(targets, endpoint), `${endpoint.name} is served`)
    for (const name of Object.keys(endpoint.parameters))
      for (const mutation of Object.keys(OF_PARAMETER)) await damage(t, targets, endpoint, name, mutation)
    for (const mutation of Object.keys(OF_REQUEST))
      await strike(t, targets, endpoint, mutate(endpoint, undefined, mutation), mutation)
  }
  assertSilent(t, targets)
})

t.test('every field of every form on the way to a grant, damaged in every way', async (t) => {
  const targets = await openTargets(t)
  for (const page of targets.pages) {
    let endpoint = await page.open()
    t.ok(await isServed(targets, endpoint), `${page.name} is served`)
    endpoint = await page.open()
    // What was refused left the request where it was.
    const goOn = async (status: number) => {
      if (status < 400) endpoint = await page.open()
    }
    for (const name of page.fields)
      for (const mutation of Object.keys(OF_PARAMETER))
        await goOn(await damage(t, targets, endpoint, name, mutation))
    for (const mutation of Object.keys(OF_REQUEST))
      await goOn(await strike(t, targets, endpoint, mutate(endpoint, undefined, mutation), mutation))
  }
  assertSilent(t, targets)
})

t.test('several of these at once', async (t) => {
  const targets = await openTargets(t)
  const damaged = fc.constantFrom(...targets.endpoints).chain((endpoint) => {
    const names = Object.keys(endpoint.parameters)
    const name = names.length > 0 ? fc.constantFrom(...names) : fc.constant('x')
    return fc.record({
      endpoint: fc.constant(endpoint),
      parameters: fc.array(fc.tuple(name, fc.constantFrom(...Object.keys(OF_PARAMETER))), { maxLength: 4 }),
      requests: fc.array(fc.constantFrom(...Object.keys(OF_REQUEST)), { maxLength: 2 }),
    })
  })
  await fc.assert(
    fc.asyncProperty(damaged, async ({ endpoint, parameters, requests }) => {
      const once = parameters.reduce(
        (shot, [name, mutation]) => mutate(endpoint, name, mutation, shot),
        toShot(endpoint),
      )
      const shot = requests.reduce((each, mutation) => OF_REQUEST[mutation]!(each), once)
      const faults = faultsOf(endpoint, shot, await send(targets.server, endpoint, shot))
      if (faults.length > 0) throw new Error(`${endpoint.name}: ${faults.join('; ')}`)
    }),
    { numRuns: RUNS },
  )
  t.pass('none was too much')
  assertSilent(t, targets)
})
