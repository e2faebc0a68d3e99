// What a token may not see changes no answer: the same requests to a server with everything and to one with the visible alone.
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { toPrincipal } from '../../src/access/principal.ts'
import { createContext } from '../../src/app.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { sees } from '../support/sees.ts'
import { openServer, type TestServer } from '../support/server.ts'
import { request, VIEWS, world } from '../support/world.ts'

const WORLDS = Number(process.env['MUSUBI_WORLDS'] ?? 12)
const REQUESTS_PER_VIEW = 25

interface Answer {
  readonly status: number
  readonly body: unknown
}

async function fill(server: TestServer, resources: readonly Resource[]): Promise<void> {
  const headers = { ...(await server.auth()), 'content-type': 'application/fhir+json' }
  for (const resource of resources) {
    const url = `/fhir/${resource.resourceType}/${resource.id}`
    const { statusCode, body } = await server.app.inject({
      method: 'PUT',
      url,
      headers,
      payload: resource as object,
    })
    if (statusCode !== 201) throw new Error(`${url} answered ${statusCode}: ${body}`)
  }
}

// What may differ between the two: versions and instants, and the sealed part of a link.
function normalise(value: unknown): unknown {
  const drop = new Set(['versionId', 'lastUpdated', 'etag', 'lastModified', 'timestamp'])
  return JSON.parse(JSON.stringify(value), (key, item) => {
    if (drop.has(key) || (key === 'id' && typeof item === 'string' && item.length === 36)) return undefined
    if (key === 'location' || key === 'url' || key === 'fullUrl')
      return typeof item === 'string'
        ? item.replace(/_page=[^&]*/, '_page').replace(/_history\/[^/]+$/, '_history')
        : item
    return item
  })
}

interface Bundle {
  readonly link?: readonly { readonly relation: string; readonly url: string }[]
}

/** The answers of a whole walk: the first page and every next one. */
async function ask(server: TestServer, path: string, authorization: string): Promise<Answer[]> {
  const answers: Answer[] = []
  let url: string | undefined = path.startsWith('?') ? `/fhir${path}` : `/fhir/${path}`
  while (url !== undefined && answers.length < 40) {
    const reply: { body: string; statusCode: number } = await server.app.inject({
      method: 'GET',
      url: encodeURI(url),
      headers: { authorization },
    })
    const body: Bundle | null = reply.body === '' ? null : JSON.parse(reply.body)
    answers.push({ status: reply.statusCode, body: normalise(body) })
    const next = body?.link?.find(({ relation }) => relation === 'next')
    url = next && decodeURI(new URL(next.url).pathname + new URL(next.url).search)
  }
  return answers
}

async function selectVisible(
  server: TestServer,
  resources: readonly Resource[],
  scope: string,
  grant: object,
) {
  const context = await createContext(server.config, server.store)
  const standard = {
    subject: 'Client/test',
    client: 'test',
    purpose: 'TREAT',
    ...(grant !== null && 'subject' in grant ? {} : { organization: 'Organization/demo' }),
    expiresAt: Number.MAX_SAFE_INTEGER,
  }
  const principal = toPrincipal({ ...standard, scope, ...grant }, context.definitions)
  const policy = await context.policyFor(principal)
  return resources.filter((resource) => sees(context, policy, resource))
}

t.test('an answer with hidden resources present equals the answer without them', async (t) => {
  let asked = 0
  let hidden = 0
  const property = fc.asyncProperty(
    world,
    fc.constantFrom(...VIEWS),
    fc.array(request, { minLength: REQUESTS_PER_VIEW, maxLength: REQUESTS_PER_VIEW }),
    async (resources, [scope, grant], requests) => {
      await t.test(scope, async (t) => {
        const whole = await openServer(t)
        const part = await openServer(t)
        const visible = await selectVisible(whole, resources, scope, grant)
        hidden += resources.length - visible.length
        await fill(whole, resources)
        await fill(part, visible)
        const [inWhole, inPart] = [await whole.auth(scope, grant), await part.auth(scope, grant)]
        for (const path of requests) {
          asked++
          const answer = await ask(whole, path, inWhole.authorization)
          deepStrictEqual(answer, await ask(part, path, inPart.authorization), `${scope}: ${path}`)
          t.ok(answer[0]!.status < 500, path)
        }
      })
    },
  )
  await fc.assert(property, { numRuns: WORLDS, endOnFailure: true })
  t.ok(asked >= WORLDS * REQUESTS_PER_VIEW)
  t.ok(hidden > 0, 'something was hidden')
})
