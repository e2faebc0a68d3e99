// Observation/$stats over HTTP. https://hl7.org/fhir/R4/observation-operation-stats.html
import t from 'tap'
import { openClient, type Reply, type Send } from '../support/operations.ts'

const UCUM = 'http://unitsofmeasure.org'
const coded = (...codes: string[]) => ({ coding: codes.map((code) => ({ system: 'urn:c', code })) })
const quantity = (value: number, code = 'kg', more = {}) => ({
  valueQuantity: { value, unit: code, system: UCUM, code, ...more },
})

async function put(send: Send, id: string, code: string, more: object): Promise<void> {
  const { status, body } = await send('PUT', `Observation/${id}`, {
    resourceType: 'Observation',
    id,
    status: 'final',
    code: coded(code),
    subject: { reference: 'Patient/p' },
    effectiveDateTime: '2026-01-01T00:00:00Z',
    ...more,
  })
  if (status >= 300) throw new Error(JSON.stringify(body))
}

type Numbers = Readonly<Record<string, readonly [value: number, unit: string]>>

/** The statistics by code of the group: `{ weight: { average: [70, 'kg'] } }`. */
function numbersOf({ status, body }: Reply): Readonly<Record<string, Numbers>> {
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`)
  return Object.fromEntries(
    body.parameter
      .filter(({ name }: { name: string }) => name === 'statistics')
      .map(({ resource }: Reply['body']) => [
        resource.code.coding[0].code,
        Object.fromEntries(
          (resource.component ?? []).map((component: Reply['body']) => [
            component.code.text ?? component.code.coding[0].code,
            [component.valueQuantity.value, component.valueQuantity.code],
          ]),
        ),
      ]),
  )
}

const stats = async (send: Send, query: string) =>
  numbersOf(await send('GET', `Observation/$stats?subject=Patient/p&system=urn:c&${query}`))

t.test('one Observation for each code, a component for each statistic', async (t) => {
  const { send } = await openClient(t)
  for (const [at, value] of [60, 70, 80].entries())
    await put(send, `w${at}`, 'weight', {
      ...quantity(value),
      effectiveDateTime: `2026-01-0${at + 1}T00:00:00Z`,
    })
  await put(send, 'other', 'weight', { ...quantity(200), subject: { reference: 'Patient/q' } })
  await put(send, 'h', 'height', quantity(1.5, 'm'))
  const query = 'code=weight&code=height&statistic=average&statistic=max,count&statistic=variance'
  t.same(await stats(send, query), {
    weight: { average: [70, 'kg'], maximum: [80, 'kg'], count: [3, '1'], variance: [100, '(kg)2'] },
    height: { average: [1.5, 'm'], maximum: [1.5, 'm'], count: [1, '1'] },
  })
  t.same(await stats(send, 'code=weight&statistic=regression'), {
    weight: { 'gradient per day': [10, '(kg)/d'], intercept: [60, 'kg'] },
  })
  const { body } = await send('GET', 'Observation/$stats?subject=Patient/p&code=weight&statistic=count')
  t.match(body.parameter[0].resource, {
    status: 'final',
    subject: { reference: 'Patient/p' },
    effectivePeriod: { start: '2026-01-01T00:00:00.000Z', end: '2026-01-03T00:00:00.000Z' },
  })
})

t.test(
  'units of one kind are made one; other kinds, comparators and words count in the total alone',
  async (t) => {
    const { send } = await openClient(t)
    await put(send, 'g', 'weight', { ...quantity(500, 'g'), effectiveDateTime: '2025-01-01' })
    await put(send, 'kg', 'weight', { ...quantity(1.5, 'kg'), effectiveDateTime: '2026-01-01' })
    await put(send, 'm', 'weight', { ...quantity(9, 'm'), effectiveDateTime: '2024-01-01' })
    await put(send, 'less', 'weight', quantity(9, 'kg', { comparator: '<' }))
    await put(send, 'word', 'weight', { valueString: 'heavy' })
    await put(send, 'plain', 'weight', { valueQuantity: { value: 9, unit: 'kg' } })
    await put(send, 'wrong', 'weight', { ...quantity(9), status: 'entered-in-error' })
    t.same(await stats(send, 'code=weight&statistic=sum,count,total-count'), {
      weight: { sum: [2, 'kg'], count: [2, '1'], 'total-count': [6, '1'] },
    })
    await put(send, 'c', 'temperature', { ...quantity(37, 'Cel'), effectiveDateTime: '2026-01-02' })
    await put(send, 'f', 'temperature', quantity(98.6, '[degF]'))
    t.same(await stats(send, 'code=temperature&statistic=average'), { temperature: { average: [37, 'Cel'] } })
  },
)

t.test('a panel is counted by the codes of its components and members', async (t) => {
  const { send } = await openClient(t)
  const component = [
    { code: coded('systolic'), ...quantity(120, 'mm[Hg]') },
    { code: coded('diastolic'), ...quantity(80, 'mm[Hg]') },
  ]
  await put(send, 'bp', 'pressure', { component })
  await put(send, 'alone', 'systolic', quantity(140, 'mm[Hg]'))
  await put(send, 'member', 'potassium', quantity(4, 'mmol/L'))
  await put(send, 'panel', 'panel', { hasMember: [{ reference: 'Observation/member' }] })
  t.same(await stats(send, 'code=pressure&statistic=average'), {
    systolic: { average: [120, 'mm[Hg]'] },
    diastolic: { average: [80, 'mm[Hg]'] },
  })
  t.same(await stats(send, 'code=systolic&statistic=average'), { systolic: { average: [130, 'mm[Hg]'] } })
  t.same(await stats(send, 'code=panel&statistic=average'), { potassium: { average: [4, 'mmol/L'] } })
  t.same(await stats(send, 'code=panel&code=potassium&statistic=count'), { potassium: { count: [1, '1'] } })
})

t.test('duration and period choose by time', async (t) => {
  const { send } = await openClient(t)
  const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString()
  await put(send, 'now', 'weight', { ...quantity(1), effectiveDateTime: ago(1) })
  await put(send, 'then', 'weight', { ...quantity(3), effectiveDateTime: '2020-05-05' })
  t.same(await stats(send, 'code=weight&statistic=sum&duration=2.5'), { weight: { sum: [1, 'kg'] } })
  const parameter = [
    { name: 'subject', valueUri: 'Patient/p' },
    { name: 'coding', valueCoding: { system: 'urn:c', code: 'weight' } },
    { name: 'period', valuePeriod: { start: '2020-05-01', end: '2020-06-01' } },
    { name: 'statistic', valueCode: 'sum' },
  ]
  const reply = await send('POST', 'Observation/$stats', { resourceType: 'Parameters', parameter })
  t.same(numbersOf(reply), { weight: { sum: [3, 'kg'] } })
  t.same(reply.body.parameter[0].resource.effectivePeriod, { start: '2020-05-01', end: '2020-06-01' })
})

t.test('include returns the sources, up to the limit, with their decimals as written', async (t) => {
  const { send, app, auth, config } = await openClient(t)
  for (const at of [1, 2, 3])
    await put(send, `w${at}`, 'weight', { ...quantity(60 + at), effectiveDateTime: `2026-01-0${at}` })
  const url = 'Observation/$stats?subject=Patient/p&code=weight&statistic=count'
  const sources = async (query: string) =>
    (await send('GET', url + query)).body.parameter
      .filter(({ name }: { name: string }) => name === 'source')
      .map(({ resource }: { resource: { id: string } }) => resource.id)
  t.same(await sources(''), [])
  t.same(await sources('&include=true'), ['w3', 'w2', 'w1'])
  t.same(await sources('&include=true&limit=2'), ['w3', 'w2'])
  t.same(await sources('&include=false&limit=2'), [])
  const headers = { ...(await auth()), 'content-type': 'application/fhir+json' }
  const exact = JSON.stringify({
    resourceType: 'Observation',
    id: 'w1',
    status: 'final',
    code: coded('weight'),
    subject: { reference: 'Patient/p' },
    ...quantity(1),
  }).replace('"value":1,', '"value":1.00,')
  await app.inject({ method: 'PUT', url: `${config.baseUrl}/Observation/w1`, headers, payload: exact })
  const text = (await app.inject({ url: `${config.baseUrl}/${url}&include=true`, headers })).body
  t.match(text, '"value":1.00')
})

t.test('what is hidden is not counted, and a hidden subject answers as an absent one', async (t) => {
  const { send, as } = await openClient(t)
  await put(send, 'w1', 'weight', quantity(1))
  await put(send, 'w2', 'weight', { ...quantity(3), subject: { reference: 'Patient/q' } })
  const own = await as('patient/*.rs', { subject: 'Patient/p', patient: 'p' })
  t.same(await stats(own, 'code=weight&statistic=sum'), { weight: { sum: [1, 'kg'] } })
  const of = (id: string) =>
    own('GET', `Observation/$stats?subject=Patient/${id}&code=weight&statistic=count,sum`)
  const [hidden, absent] = [await of('q'), await of('r')]
  t.equal(hidden.status, 200)
  t.same(hidden.body, JSON.parse(JSON.stringify(absent.body).replaceAll('Patient/r', 'Patient/q')))
  t.same(numbersOf(hidden), { weight: { count: [0, '1'] } })
  const none = await as('system/Patient.rs')
  t.equal((await none('GET', 'Observation/$stats?subject=Patient/p&code=weight&statistic=count')).status, 403)
})

t.test('the answer is itself valid R4', async (t) => {
  const { send } = await openClient(t)
  await put(send, 'w1', 'weight', quantity(1))
  const url = 'Observation/$stats?subject=Patient/p&code=weight&code=never&statistic=average,regression'
  const { body } = await send('GET', url)
  t.equal(body.parameter.length, 2)
  for (const { resource } of body.parameter) {
    const { status, body: outcome } = await send('POST', 'Observation', resource)
    t.equal(status, 201, JSON.stringify(outcome))
  }
})

t.test('what is missing or not understood is refused by name', async (t) => {
  const { send } = await openClient(t)
  for (const [query, text] of [
    ['code=a&statistic=count', 'subject'],
    ['subject=http://other.example/Patient/p&code=a&statistic=count', 'subject'],
    ['subject=Patient/p&statistic=count', 'code'],
    ['subject=Patient/p&code=a', 'statistic'],
    ['subject=Patient/p&code=a&statistic=mode', 'statistic'],
    ['subject=Patient/p&code=a&statistic=count&duration=-1', 'duration'],
    ['subject=Patient/p&code=a&statistic=count&include=maybe', 'include'],
    ['subject=Patient/p&code=a&statistic=count&include=true&limit=0', 'limit'],
    ['subject=Patient/p&coding=urn:c|a&statistic=count', 'coding'],
    ['subject=Patient/p&code=a&statistic=count&nonsense=1', 'nonsense'],
  ] as const) {
    const { status, body } = await send('GET', `Observation/$stats?${query}`)
    t.equal(status, 400, query)
    t.match(body.issue[0].diagnostics, text)
  }
})
