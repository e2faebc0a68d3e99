// Who acts for a person: nothing without a delegation, what it covers with one, nothing once it has ended (2.9).
import t from 'tap'
import type { TokenGrant } from '../../src/access/principal.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { grant as consent, readOwn } from '../support/consents.ts'
import { type Call, openClient } from '../support/rest.ts'
import { openServer } from '../support/server.ts'

type Tap = Parameters<typeof openServer>[0]

const CONFIDENTIALITY = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
const ACT_CODE = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'
const NORMAL = { system: CONFIDENTIALITY, code: 'N' }
const PSYCHIATRY = [
  { system: CONFIDENTIALITY, code: 'R' },
  { system: ACT_CODE, code: 'PSY' },
]

const observation = (id: string, security: readonly object[]): Resource => ({
  resourceType: 'Observation',
  id,
  meta: { security },
  status: 'final',
  code: { text: 'x' },
  subject: { reference: 'Patient/child' },
})

/** Returns the birth date of somebody who is `years` old today. */
function bornYearsAgo(years: number): string {
  return new Date(Date.now() - (years + 0.5) * 31_557_600_000).toISOString().slice(0, 10)
}

function guardianship(changes: object = {}, provision: object = {}): Resource {
  const example = readOwn('examples/musubi-delegation.json')
  return {
    ...example,
    id: 'guardian',
    patient: { reference: 'Patient/child' },
    ...changes,
    provision: { ...(example['provision'] as object), period: undefined, ...provision },
  }
}

function voluntary(changes: object = {}): Resource {
  const example = readOwn('examples/musubi-delegation-voluntary.json')
  return {
    ...example,
    id: 'voluntary',
    patient: { reference: 'Patient/child' },
    performer: [{ reference: 'Patient/child' }],
    ...changes,
    provision: { ...(example['provision'] as object), period: undefined },
  }
}

interface Family {
  readonly custodian: Call
  readonly as: (grant: Partial<TokenGrant>) => Promise<Call>
  readonly put: (resource: Resource) => Promise<void>
}

async function open(t: Tap, years: number): Promise<Family> {
  const server = await openServer(t)
  const custodian = await openClient(server)
  const put = async (resource: Resource) => {
    const { status, text } = await custodian('PUT', `${resource.resourceType}/${resource.id}`, resource)
    if (status > 201) throw new Error(text)
  }
  const related = (id: string): Resource => ({
    resourceType: 'RelatedPerson',
    id,
    patient: { reference: 'Patient/child' },
  })
  const child = { resourceType: 'Patient', id: 'child', birthDate: bornYearsAgo(years) }
  for (const resource of [
    { ...child, meta: { security: [NORMAL] } },
    related('mother'),
    related('son'),
    observation('normal', [NORMAL]),
    observation('psychiatry', PSYCHIATRY),
  ])
    await put(resource)
  return { custodian, put, as: (grant) => openClient(server, 'patient/*.cruds', grant) }
}

const MOTHER = { subject: 'RelatedPerson/mother', patient: 'child', purpose: 'FAMRQT' }
const SON = { ...MOTHER, subject: 'RelatedPerson/son' }
const BESIDE = { subject: 'Patient/child', act: 'RelatedPerson/mother', patient: 'child', purpose: 'FAMRQT' }
const CHILD = { subject: 'Patient/child', patient: 'child', purpose: 'PATRQT' }

async function seen(call: Call, type = 'Observation'): Promise<readonly string[]> {
  const { body } = await call('GET', type)
  return (body.entry ?? []).map(({ resource }: { resource: { id: string } }) => resource.id).sort()
}

t.test('without a delegation a relation opens nothing', async (t) => {
  const { as } = await open(t, 8)
  for (const grant of [MOTHER, BESIDE]) {
    const call = await as(grant)
    t.strictSame(await seen(call), [])
    t.equal((await call('GET', 'Observation/normal')).status, 404)
    t.equal((await call('GET', 'Patient/child')).status, 404)
    t.equal((await call('GET', 'Patient/child/$everything')).status, 404)
    t.equal((await call('PUT', 'Observation/normal', observation('normal', []))).status, 404)
  }
  t.strictSame(await seen(await as(CHILD)), ['normal', 'psychiatry'], 'the person sees the own record')
})

const AGES: readonly (readonly [years: number, guardian: readonly string[]])[] = [
  [8, ['normal', 'psychiatry']],
  [11, ['normal', 'psychiatry']],
  [12, ['normal']],
  [17, ['normal']],
  [18, []],
]

t.test(
  'a guardian sees a child, less from twelve what is sensitive, and nothing from eighteen',
  async (t) => {
    for (const [years, expected] of AGES) {
      const { as, put } = await open(t, years)
      await put(guardianship())
      for (const grant of [MOTHER, BESIDE])
        t.strictSame(await seen(await as(grant)), expected, `${years} years`)
      t.strictSame(await seen(await as(SON)), [], 'nobody else does')
    }
  },
)

t.test('a court order shows a guardian what is sensitive', async (t) => {
  const { as, put } = await open(t, 15)
  const url = 'https://musubi.example/fhir/StructureDefinition/court-order'
  await put(guardianship({ extension: [{ url, valueBoolean: true }] }))
  t.strictSame(await seen(await as(MOTHER)), ['normal', 'psychiatry'])
})

t.test(
  'a voluntary proxy reads without what the person left out, and writes only where that was given',
  async (t) => {
    const { as, put } = await open(t, 40)
    await put(voluntary())
    const son = await as(SON)
    t.strictSame(await seen(son), ['normal'])
    t.equal((await son('GET', 'Observation/psychiatry')).status, 404)
    const changed = { ...observation('normal', [NORMAL]), status: 'amended' }
    t.equal((await son('PUT', 'Observation/normal', changed)).status, 403, 'access alone was given')
  },
)

const ENDS: Readonly<Record<string, Resource>> = {
  'it is withdrawn': guardianship({ status: 'inactive' }),
  'its period is over': guardianship({}, { period: { end: '2020-01-01' } }),
  'its period has not begun': guardianship({}, { period: { start: '2999-01-01' } }),
  'it was an error': guardianship({ status: 'entered-in-error' }),
}

t.test('a delegation that ends shows nothing from the next request', async (t) => {
  const { as, put } = await open(t, 8)
  const mother = await as(MOTHER)
  for (const [name, ended] of Object.entries(ENDS)) {
    await put(guardianship())
    t.strictSame(await seen(mother), ['normal', 'psychiatry'])
    await put(ended)
    t.strictSame(await seen(mother), [], name)
    t.equal((await mother('GET', 'Observation/normal')).status, 404, name)
  }
})

const granting = (id: string): Resource => {
  const { id: _, ...whole } = consent({ id, patient: { reference: 'Patient/child' } })
  return { ...whole, resourceType: 'Consent', id, performer: [{ reference: 'Patient/child' }] }
}

t.test(
  'of consents a proxy sees those that name it, and with the power to give them all but delegations of others',
  async (t) => {
    const { as, put } = await open(t, 8)
    for (const each of [guardianship(), voluntary(), granting('grant')]) await put(each)
    t.strictSame(await seen(await as(CHILD), 'Consent'), ['grant', 'guardian', 'voluntary'])
    t.strictSame(await seen(await as(SON), 'Consent'), ['voluntary'])
    for (const grant of [MOTHER, BESIDE])
      t.strictSame(await seen(await as(grant), 'Consent'), ['grant', 'guardian'])
    const url = 'https://musubi.example/fhir/StructureDefinition/may-grant-consent'
    await put(guardianship({ extension: [{ url, valueBoolean: false }] }))
    t.strictSame(await seen(await as(MOTHER), 'Consent'), ['guardian'])
  },
)

t.test('a proxy writes what its delegation covers, and changes no delegation', async (t) => {
  const { as, put } = await open(t, 8)
  const { id: _, ...fresh } = observation('', [NORMAL])
  const { id: __, ...given } = granting('')
  const mother = await as(MOTHER)
  t.equal((await mother('POST', 'Observation', fresh)).status, 403, 'without a delegation')
  t.equal((await mother('POST', 'Consent', given)).status, 403)
  for (const each of [guardianship(), voluntary(), granting('grant')]) await put(each)
  t.equal((await mother('POST', 'Observation', fresh)).status, 201)
  t.equal((await mother('POST', 'Consent', given)).status, 201)
  const { id: ___, ...forged } = voluntary()
  t.equal((await mother('POST', 'Consent', forged)).status, 403, 'nor makes one in the name of the person')
  t.equal((await mother('PUT', 'Consent/grant', { ...forged, id: 'grant' })).status, 403)
  t.equal((await mother('PUT', 'Consent/guardian', guardianship({ status: 'inactive' }))).status, 403)
  t.equal((await mother('PUT', 'Consent/voluntary', voluntary({ status: 'inactive' }))).status, 404)
  const son = await as(SON)
  t.equal((await son('POST', 'Observation', fresh)).status, 403, 'access alone was given')
  t.equal((await son('POST', 'Consent', given)).status, 403)
})
