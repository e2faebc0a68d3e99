// $diff: between versions that one may see. https://hl7.org/fhir/R4/fhirpatch.html
import t from 'tap'
import { openServer } from '../support/server.ts'

t.test('the difference between two versions', async (t) => {
  const { app, auth } = await openServer(t)
  const headers = { ...(await auth()), 'content-type': 'application/fhir+json' }
  const put = async (body: object) =>
    (
      await app.inject({
        method: 'PUT',
        url: '/fhir/Patient/p',
        headers,
        payload: JSON.stringify({ resourceType: 'Patient', id: 'p', ...body }),
      })
    ).json().meta.versionId as string
  const ask = async (query = '', more = headers) => {
    const reply = await app.inject({ url: `/fhir/Patient/p/$diff${query}`, headers: more })
    return { status: reply.statusCode, body: reply.json() }
  }
  const first = await put({ gender: 'male' })
  t.equal((await ask()).status, 404, 'there is none before the first')
  const second = await put({ gender: 'female' })
  await put({ gender: 'female', birthDate: '2024' })
  const path = ({ body }: Awaited<ReturnType<typeof ask>>) =>
    (body.parameter ?? []).map(
      ({ part }: { part: readonly { valueString?: string }[] }) => part[1]?.valueString,
    )
  t.same(path(await ask()), ['Patient'])
  t.same(path(await ask(`?to=${second}`)), ['Patient.gender'])
  t.same(path(await ask(`?from=${first}`)), ['Patient.gender', 'Patient'])
  t.same(path(await ask(`?from=${second}&to=${second}`)), [])
  t.equal((await ask('?from=nothing')).status, 404)
  t.equal((await ask('?colour=red')).status, 400)
  t.equal(
    (await ask('', { ...(await auth('system/Observation.rs')), 'content-type': 'application/fhir+json' }))
      .status,
    403,
  )
})
