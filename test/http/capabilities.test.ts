// The CapabilityStatement says what the server does: every claim is tried, and what is not claimed is refused.
import t from 'tap'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { createValidator } from '../../src/fhir/validate.ts'
import { openClient } from '../support/rest.ts'
import { openServer } from '../support/server.ts'

interface Claimed {
  readonly type: string
  readonly interaction: readonly { readonly code: string }[]
  readonly searchParam: readonly {
    readonly name: string
    readonly type: string
    readonly definition: string
  }[]
  readonly searchInclude: readonly string[]
  readonly operation?: readonly { readonly name: string }[]
}

/** A value that a parameter of each type takes. */
const VALUES: Readonly<Record<string, string>> = {
  number: '1',
  date: '2024-01-01',
  string: 'x',
  token: 'x',
  reference: 'x',
  quantity: '1',
  uri: 'urn:x',
  special: '35|139',
}

const definitions = loadDefinitions()
const typeOf = new Map(
  definitions.resourceTypes.flatMap((type) =>
    [...definitions.searchParameters(type).values()].map((each) => [each.url, each.type] as const),
  ),
)

function toValue(type: string, name: string, kind: string): string {
  if (kind !== 'composite') return encodeURIComponent(VALUES[kind]!)
  const { component } = definitions.searchParameters(type).get(name)!
  return component.map((each) => VALUES[typeOf.get(each.definition)!]).join('$')
}

t.test(
  'the statement is a valid CapabilityStatement with an entity tag of its own, open to all',
  async (t) => {
    const { app } = await openServer(t)
    const reply = await app.inject({ url: '/fhir/metadata' })
    t.equal(reply.statusCode, 200)
    t.strictSame(createValidator(definitions)(reply.json()), [])
    const tag = String(reply.headers['etag'])
    const again = await app.inject({ url: '/fhir/metadata', headers: { 'if-none-match': tag } })
    t.strictSame([again.statusCode, again.body], [304, ''])
    t.equal((await app.inject({ url: '/fhir/metadata?mode=full&_pretty=true' })).statusCode, 200)
    const [rest] = reply.json().rest
    t.match(rest.security.service[0].coding[0].code, 'SMART-on-FHIR')
    const [oauth] = rest.security.extension
    t.match(oauth.url, /\/oauth-uris$/)
    t.match(
      oauth.extension.find(({ url }: { url: string }) => url === 'token').valueUri,
      /^http.*\/auth\/token$/,
    )
    t.equal(rest.resource.length, 146)
    t.notMatch(reply.json().format, ['xml'])
  },
)

t.test('every parameter that is claimed is answered, and every other of R4 is refused', async (t) => {
  const server = await openServer(t)
  const call = await openClient(server)
  const { body } = await call('GET', 'metadata')
  let answered = 0
  let refused = 0
  const wrong: string[] = []
  for (const { type, searchParam } of body.rest[0].resource as Claimed[]) {
    const claimed = new Set(searchParam.map(({ name }) => name))
    for (const { name, type: kind } of searchParam) {
      answered++
      const { status } = await call('GET', `${type}?${name}=${toValue(type, name, kind)}&_summary=count`)
      if (status !== 200) wrong.push(`${type}?${name} is claimed and answers ${status}`)
      const missing = await call('GET', `${type}?${name}:missing=true&_summary=count`)
      if (missing.status !== 200) wrong.push(`${type}?${name}:missing answers ${missing.status}`)
    }
    for (const code of [
      ...definitions.searchParameters(type).keys(),
      '_text',
      '_content',
      '_filter',
      '_list',
      '_query',
      'nonsense',
    ]) {
      if (claimed.has(code)) continue
      refused++
      const { status } = await call('GET', `${type}?${code}=x`)
      if (status !== 400) wrong.push(`${type}?${code} is not claimed and answers ${status}`)
    }
  }
  t.strictSame(wrong.slice(0, 20), [], `${wrong.length} differ`)
  t.ok(answered > 1500, `${answered} answered`)
  t.ok(refused > 800, `${refused} refused`)
})

t.test('every include, interaction and operation that is claimed is served', async (t) => {
  const server = await openServer(t)
  const call = await openClient(server)
  const { body } = await call('GET', 'metadata')
  const wrong: string[] = []
  for (const { type, searchInclude, interaction, operation } of body.rest[0].resource as Claimed[]) {
    for (const include of searchInclude) {
      const { status } = await call('GET', `${type}?_include=${include}&_summary=count`)
      if (status !== 200) wrong.push(`${type}?_include=${include} answers ${status}`)
    }
    for (const { code } of interaction) {
      const allow = (await call(...toCall(type, code))).status
      if (allow === 405 || allow === 501) wrong.push(`${type}: ${code} answers ${allow}`)
    }
    for (const { name } of operation ?? []) {
      const replies = [await call('GET', `${type}/$${name}`), await call('GET', `${type}/x/$${name}`)]
      if (!replies.some(isServed)) wrong.push(`${type}/$${name} is not there`)
    }
  }
  t.strictSame(wrong.slice(0, 20), [])
  for (const { code } of body.rest[0].interaction)
    t.ok(['transaction', 'batch', 'search-system', 'history-system'].includes(code))
})

t.test('an operation is listed where it is served, and nowhere else', async (t) => {
  const call = await openClient(await openServer(t))
  const [{ resource, operation: ofSystem }] = (await call('GET', 'metadata')).body.rest
  const namesOf = ({ operation = [] }: Partial<Claimed>) => new Set(operation.map(({ name }) => name))
  const system = namesOf({ operation: ofSystem })
  t.ok(system.has('closure'), 'the one of the system alone')
  const every = new Set([...system, ...(resource as Claimed[]).flatMap((each) => [...namesOf(each)])])
  for (const name of every) {
    t.equal(isServed(await call('GET', `$${name}`)), system.has(name), `$${name}`)
    for (const type of ['ConceptMap', 'ValueSet', 'Patient', 'Observation']) {
      const replies = [await call('GET', `${type}/$${name}`), await call('GET', `${type}/x/$${name}`)]
      const listed = namesOf((resource as Claimed[]).find((each) => each.type === type)!)
      t.equal(replies.some(isServed), listed.has(name), `${type}/$${name}`)
    }
  }
})

function isServed({ status, text }: { readonly status: number; readonly text: string }): boolean {
  return status !== 404 || !/no such operation/.test(text)
}

function toCall(type: string, code: string): [string, string, unknown?, Record<string, string>?] {
  switch (code) {
    case 'read':
      return ['GET', `${type}/x`]
    case 'vread':
      return ['GET', `${type}/x/_history/1`]
    case 'update':
      return ['PUT', `${type}/x`, {}]
    case 'patch':
      return ['PATCH', `${type}/x`, [], { 'content-type': 'application/json-patch+json' }]
    case 'delete':
      return ['DELETE', `${type}/x`]
    case 'history-instance':
      return ['GET', `${type}/x/_history`]
    case 'history-type':
      return ['GET', `${type}/_history`]
    case 'create':
      return ['POST', type, {}]
    default:
      return ['GET', type]
  }
}
