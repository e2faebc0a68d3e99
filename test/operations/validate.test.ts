// $validate: what is said of a resource without storing it. https://hl7.org/fhir/R4/resource-operation-validate.html
import t from 'tap'
import { openServer } from '../support/server.ts'

const BASE = '/fhir'
const OBSERVATION = { resourceType: 'Observation', status: 'final', code: { text: 'a' } }

interface Outcome {
  readonly resourceType: string
  readonly issue: readonly {
    readonly severity: string
    readonly code: string
    readonly diagnostics: string
    readonly expression?: readonly string[]
    readonly details?: { readonly text: string; readonly coding: readonly { readonly code: string }[] }
    readonly extension?: readonly { readonly url: string; readonly valueInteger: number }[]
  }[]
}

t.test('the operation', async (t) => {
  const server = await openServer(t)
  const headers = { ...(await server.auth('system/*.cruds')), 'content-type': 'application/fhir+json' }
  const post = async (url: string, body: unknown, more: Record<string, string> = {}) => {
    const payload = typeof body === 'string' ? body : JSON.stringify(body)
    const reply = await server.app.inject({
      method: 'POST',
      url: BASE + url,
      headers: { ...headers, ...more },
      payload,
    })
    return { status: reply.statusCode, outcome: reply.json() as Outcome }
  }
  const errors = ({ issue }: Outcome) => issue.filter(({ severity }) => severity === 'error')

  t.test('answers 200 with one informational issue where nothing is wrong', async (t) => {
    const { status, outcome } = await post('/Observation/$validate', {
      ...OBSERVATION,
      text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">a</div>' },
    })
    t.equal(status, 200)
    t.same(
      outcome.issue.map(({ severity }) => severity),
      ['information'],
    )
  })

  t.test('answers 200 with every error, its code, place, line and column', async (t) => {
    const body =
      '{\n "resourceType": "Observation",\n "status": "wrong",\n "code": {"text": "a"},\n "value": 1\n}'
    const { status, outcome } = await post('/Observation/$validate', body)
    t.equal(status, 200)
    const [first, second] = errors(outcome)
    t.match(first, {
      code: 'code-invalid',
      expression: ['Observation.status'],
      details: { coding: [{ code: 'code' }] },
    })
    t.same(
      first?.extension?.map(({ valueInteger }) => valueInteger),
      [3, 12],
    )
    t.match(second, { code: 'structure', expression: ['Observation'] })
  })

  t.test('speaks Japanese to those who ask for it', async (t) => {
    const { outcome } = await post(
      '/Observation/$validate',
      { resourceType: 'Observation' },
      { 'accept-language': 'ja' },
    )
    t.match(errors(outcome)[0]?.details?.text, /必須要素/)
    t.match(errors(outcome)[0]?.diagnostics, /must have the element/)
  })

  t.test('answers 200 also for what cannot be parsed', async (t) => {
    const { status, outcome } = await post('/Observation/$validate', '{"resourceType": ')
    t.equal(status, 200)
    t.match(errors(outcome)[0]?.diagnostics, /JSON/)
  })

  t.test('refuses without a resource, with an unknown mode or parameter, and an unknown type', async (t) => {
    t.equal((await post('/Observation/$validate', '')).status, 400)
    t.equal((await post('/Observation/$validate?mode=dance', OBSERVATION)).status, 400)
    t.equal((await post('/Observation/$validate?colour=red', OBSERVATION)).status, 400)
    t.equal((await post('/Nothing/$validate', OBSERVATION)).status, 404)
  })

  t.test('takes the resource, mode and profile from Parameters, and finds the place in them', async (t) => {
    const parameters = {
      resourceType: 'Parameters',
      parameter: [
        { name: 'mode', valueCode: 'create' },
        { name: 'profile', valueUri: 'http://hl7.org/fhir/StructureDefinition/bodyweight' },
        { name: 'resource', resource: { ...OBSERVATION, id: 'a' } },
      ],
    }
    const { status, outcome } = await post('/Observation/$validate', parameters)
    t.equal(status, 200)
    t.ok(errors(outcome).some(({ diagnostics }) => diagnostics.includes('bodyweight')))
    t.ok(outcome.issue.some(({ expression }) => expression?.[0] === 'Observation.id'))
    t.ok(errors(outcome).every(({ extension }) => extension?.[0]?.valueInteger === 1))
  })

  t.test('says that a profile which is asked for is not known', async (t) => {
    const { outcome } = await post('/Observation/$validate?profile=http://a.b/c', OBSERVATION)
    t.match(errors(outcome)[0], { code: 'not-found', details: { coding: [{ code: 'unknown-profile' }] } })
  })

  t.test(
    'checks an update against its URL, a delete against what stands, and what stands without a body',
    async (t) => {
      const created = await server.app.inject({
        method: 'POST',
        url: `${BASE}/Observation`,
        headers,
        payload: JSON.stringify(OBSERVATION),
      })
      const id = (created.json() as { id: string }).id
      const other = await post(`/Observation/${id}/$validate?mode=update`, { ...OBSERVATION, id: 'other' })
      t.match(errors(other.outcome)[0]?.expression, ['Observation.id'])
      const same = await post(`/Observation/${id}/$validate?mode=update`, { ...OBSERVATION, id })
      t.same(errors(same.outcome), [])
      t.same(errors((await post(`/Observation/${id}/$validate?mode=delete`, '')).outcome), [])
      t.equal((await post('/Observation/nothing/$validate?mode=delete', '')).status, 404)
      const stored = await server.app.inject({ url: `${BASE}/Observation/${id}/$validate`, headers })
      t.equal(stored.statusCode, 200)
      t.same(errors(stored.json() as Outcome), [])
    },
  )

  t.test('says what the scopes would refuse', async (t) => {
    const reader = await server.auth('system/Observation.rs')
    const reply = await server.app.inject({
      method: 'POST',
      url: `${BASE}/Observation/$validate?mode=create`,
      headers: { ...reader, 'content-type': 'application/fhir+json' },
      payload: JSON.stringify(OBSERVATION),
    })
    t.match(errors(reply.json() as Outcome)[0], { code: 'forbidden' })
  })
})
