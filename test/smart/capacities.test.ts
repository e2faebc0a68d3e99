// As whom somebody lets an app in, and for what purpose: residents, proxies, staff, and the emergency (consent.md 2.1, 2.9, 2.10).
import t from 'tap'
import type { TokenGrant } from '../../src/access/principal.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { hashToken, TOKENS } from '../../src/smart/token.ts'
import { allow, ask, exchange, openSmartServer, type SmartServer } from '../support/authorization.ts'
import { delegation } from '../support/consent-server.ts'
import type { Visitor } from '../support/visitor.ts'

const STAFF = 'openid fhirUser user/Patient.rs user/Observation.rs'

async function grantOf({ store }: SmartServer, token: string): Promise<TokenGrant> {
  return (await store.records.get(TOKENS, hashToken(token)))!.value as TokenGrant
}

async function put(
  { app, auth }: SmartServer,
  resource: Resource,
  grant: Partial<TokenGrant> = {},
): Promise<void> {
  const scope = grant.subject === undefined ? undefined : 'patient/*.cruds'
  const { statusCode, body } = await app.inject({
    method: resource.id === undefined ? 'POST' : 'PUT',
    url: `/fhir/${resource.resourceType}${resource.id === undefined ? '' : `/${resource.id}`}`,
    headers: { ...(await auth(scope, grant)), 'content-type': 'application/fhir+json' },
    payload: JSON.stringify(resource),
  })
  if (statusCode > 201) throw new Error(body)
}

function read({ app }: SmartServer, token: string, path: string) {
  return app.inject({ url: `/fhir/${path}`, headers: { authorization: `Bearer ${token}` } })
}

async function consentsOf({ app, auth }: SmartServer, patient: string): Promise<readonly Resource[]> {
  const headers = await auth('patient/Consent.rs', {
    subject: `Patient/${patient}`,
    patient,
    purpose: 'PATRQT',
  })
  const { entry = [] } = (await app.inject({ url: `/fhir/Consent?patient=${patient}`, headers })).json()
  return entry.map(({ resource }: { resource: Resource }) => resource)
}

t.test('letting an app in writes a Consent of the person, with what the screen said', async (t) => {
  const server = await openSmartServer(t)
  const client = await server.client()
  const visitor = await server.visitor(await server.account(['Patient/p1']))
  const scope = 'launch/patient patient/Observation.rs?code=http://loinc.org|8867-4 patient/Condition.read'
  await allow(server, visitor, client, { scope }, { until: 'next-month' })
  const consents = await consentsOf(server, 'p1')
  t.equal(consents.length, 1)
  t.match(consents[0], {
    status: 'active',
    patient: { reference: 'Patient/p1' },
    performer: [{ reference: 'Patient/p1' }],
    organization: [{ reference: 'Organization/demo' }],
    policyRule: { coding: [{ code: 'OPTIN' }] },
    provision: {
      period: { start: String, end: String },
      actor: [{ reference: { reference: `Device/${client.id}`, display: 'Growth' } }],
      purpose: [{ code: 'PATRQT' }],
      provision: [
        {
          type: 'permit',
          class: [{ code: 'Observation' }],
          code: [{ coding: [{ system: 'http://loinc.org', code: '8867-4' }] }],
        },
        { type: 'permit', class: [{ code: 'Condition' }] },
      ],
    },
    extension: [
      { valueString: 'patient/Observation.rs?code=http://loinc.org|8867-4' },
      { valueString: 'patient/Condition.read' },
    ],
  })
})

t.test(
  'the same question again takes the answer over; another answer takes the place of the first',
  async (t) => {
    const server = await openSmartServer(t)
    const client = await server.client()
    const visitor = await server.visitor(await server.account(['Patient/p1']))
    const first = (await exchange(server, client, await allow(server, visitor, client))).body
    const second = (await exchange(server, client, await allow(server, visitor, client))).body
    t.equal((await consentsOf(server, 'p1')).length, 1)
    const changed = { scope: 'launch/patient patient/*.rs' }
    const third = (await exchange(server, client, await allow(server, visitor, client, changed))).body
    t.strictSame((await consentsOf(server, 'p1')).map((each) => each['status']).sort(), [
      'active',
      'inactive',
    ])
    for (const { access_token: token } of [first, second])
      t.equal((await read(server, token, 'Observation')).statusCode, 401)
    t.equal((await read(server, third.access_token, 'Observation')).statusCode, 200)
  },
)

t.test(
  'a person who is also a proxy chooses for whom; the proxy needs the power to give consents',
  async (t) => {
    const server = await openSmartServer(t)
    const client = await server.client()
    const account = await server.account(['Patient/p1', 'RelatedPerson/r1'])
    const visitor = await server.visitor(account)
    const choose = async (value: string, visitor: Visitor) => {
      const page = await ask(server, visitor, client, { prompt: 'consent' })
      t.match(page.text, /name="capacity"/)
      return visitor.follow(await visitor.submit(page, { capacity: value }))
    }
    const own = await choose('Patient/p1', visitor)
    const ownBack = await visitor.submit(own, { decision: 'allow' })
    const { body } = await exchange(server, client, new URL(ownBack.location!).searchParams)
    t.match(await grantOf(server, body.access_token), {
      subject: 'Patient/p1',
      patient: 'p1',
      purpose: 'PATRQT',
    })

    t.match(
      (
        await visitor.submit(await ask(server, visitor, client, { prompt: 'consent' }), {
          capacity: 'Patient/p2',
        })
      ).text,
      /name="capacity"/,
    )
    const powerless = await choose('RelatedPerson/r1', visitor)
    t.match(powerless.text, /no delegation that you have covers it|委任/, 'who has no power is told so')
    t.notMatch(powerless.text, /value="allow"|type="checkbox"/, 'and asked nothing that cannot be granted')
    const forged = { decision: 'allow', until: 'open', 'scope-0-see': 'on', 'scope-0-extent': 'all' }
    const refused = await visitor.submit(powerless, forged)
    t.equal(new URL(refused.location!).searchParams.get('error'), 'access_denied', 'no delegation')

    const given = delegation('dg', true, 'RelatedPerson/r1', {
      patient: { reference: 'Patient/p2' },
      performer: [{ reference: 'Patient/p2' }],
      organization: [{ reference: 'Organization/demo' }],
    })
    const { id: _, ...delegated } = given
    await put(server, delegated as Resource, { subject: 'Patient/p2', patient: 'p2', purpose: 'PATRQT' })
    const allowed = await visitor.submit(await choose('RelatedPerson/r1', visitor), { decision: 'allow' })
    const proxied = (await exchange(server, client, new URL(allowed.location!).searchParams)).body
    t.equal(proxied.patient, 'p2')
    t.match(await grantOf(server, proxied.access_token), {
      subject: 'RelatedPerson/r1',
      patient: 'p2',
      purpose: 'FAMRQT',
    })
    t.equal((await read(server, proxied.access_token, 'Observation?patient=p2')).statusCode, 200)
  },
)

t.test(
  'staff act for an organisation by a role in force; with several they choose, with none left they may not',
  async (t) => {
    const server = await openSmartServer(t)
    const client = await server.client({}, { purposes: ['TREAT', 'HPAYMT'] })
    const visitor = await server.visitor(await server.account(['Practitioner/d1']))
    const tokenOf = async (change = {}) =>
      (await exchange(server, client, await allow(server, visitor, client, { scope: STAFF, ...change }))).body
    t.match(await grantOf(server, (await tokenOf()).access_token), {
      subject: 'Practitioner/d1',
      organization: 'Organization/demo',
      purpose: 'TREAT',
    })
    t.equal((await consentsOf(server, 'p1')).length, 0, 'staff give no consent of a patient')
    const role = (id: string, organization: string, active = true): Resource => ({
      resourceType: 'PractitionerRole',
      id,
      active,
      practitioner: { reference: 'Practitioner/d1' },
      organization: { reference: organization },
    })
    await put(server, { resourceType: 'Organization', id: 'clinic', name: '結び診療所' })
    await put(server, role('r1', 'Organization/demo'))
    await put(server, role('r2', 'Organization/clinic'))
    const page = await ask(server, visitor, client, { scope: STAFF, prompt: 'consent' })
    t.match(page.text, /結び病院/)
    t.match(page.text, /結び診療所/)
    const consent = await visitor.follow(
      await visitor.submit(page, {
        capacity: 'Practitioner/d1 Organization/clinic PractitionerRole/r2',
      }),
    )
    const back = await visitor.submit(consent, { decision: 'allow' })
    const { body } = await exchange(server, client, new URL(back.location!).searchParams)
    t.match(await grantOf(server, body.access_token), {
      organization: 'Organization/clinic',
      role: 'PractitionerRole/r2',
    })
    await put(server, role('r1', 'Organization/demo', false))
    await put(server, role('r2', 'Organization/clinic', false))
    const none = await ask(server, visitor, client, { scope: STAFF })
    t.equal(new URL(none.location!).searchParams.get('error'), 'access_denied')
  },
)

t.test(
  'the purpose is one that the client is registered for and that becomes the user, as a scope',
  async (t) => {
    const server = await openSmartServer(t)
    const client = await server.client({}, { purposes: ['PATRQT', 'TREAT', 'HPAYMT'] })
    const scopeOf = (code: string) => `${STAFF} https://musubi.example/purpose/${code}`
    const visitor = await server.visitor(await server.account(['Practitioner/d1']))
    const resultOf = async (scope: string, by = visitor) => {
      const back = await allow(server, by, client, { scope })
      if (back.get('error')) return back.get('error')
      const { body } = await exchange(server, client, back)
      return (await grantOf(server, body.access_token)).purpose
    }
    t.equal(await resultOf(STAFF), 'TREAT', 'the first that becomes staff')
    t.equal(await resultOf(scopeOf('HPAYMT')), 'HPAYMT')
    t.equal(await resultOf(scopeOf('HRESCH')), 'access_denied', 'not registered')
    t.equal(await resultOf(scopeOf('PATRQT')), 'access_denied', 'not of staff')
    t.equal(
      await resultOf(`${scopeOf('TREAT')} https://musubi.example/purpose/HPAYMT`),
      'invalid_scope',
      'two',
    )
    const resident = await server.visitor(await server.account(['Patient/p1']))
    const own = 'launch/patient patient/Observation.rs'
    t.equal(await resultOf(own, resident), 'PATRQT')
    t.equal(await resultOf(`${own} https://musubi.example/purpose/TREAT`, resident), 'access_denied')
    const strict = await server.client({}, { purposes: ['TREAT'] })
    const back = await allow(server, resident, strict, { scope: own })
    t.equal(back.get('error'), 'access_denied', 'a client for staff alone')
  },
)

t.test(
  'break-glass needs the right, a new proof of who it is, one patient and a reason, and lasts an hour at most (B1)',
  async (t) => {
    const server = await openSmartServer(t)
    const client = await server.client({}, { purposes: ['TREAT', 'BTG'] })
    const scope = 'patient/*.rs offline_access https://musubi.example/purpose/BTG'
    const plain = await server.visitor(await server.account(['Practitioner/d1']))
    const noRight = await ask(server, plain, client, { scope })
    t.equal(
      new URL(noRight.location!).searchParams.get('error'),
      'access_denied',
      'before a patient is chosen',
    )

    const account = await server.account(['Practitioner/d1'], { breakGlass: true })
    const visitor = await server.visitor(account, { authTime: Date.now() - 60_000 })
    const picker = await ask(server, visitor, client, { scope })
    const unseen = await visitor.submit(picker, { query: 'p9' })
    t.match(unseen.text, /value="p9"/, 'an id is offered as typed, whether or not it is there')
    const reason = await visitor.follow(await visitor.submit(picker, { patient: 'p1' }))
    t.match(
      (await visitor.submit(reason, { step: 'allow', reason: 'unconscious', words: '' })).text,
      /role="alert"/,
    )
    const stepUp = await visitor.submit(reason, { step: 'allow', reason: 'unconscious', words: '救急搬送' })
    const next = await visitor.get(stepUp.location!)
    t.match(next.location, /\/auth\/reauthenticate\?return=/, 'who it is must be proved once more')
    const again = await server.visitor(account, { authTime: Date.now() + 1000 })
    visitor.cookies.set('musubi-session', again.cookies.get('musubi-session')!)
    const consent = await visitor.get(stepUp.location!)
    t.match(consent.text, /name="decision"/)
    const back = await visitor.submit(consent, { decision: 'allow' })
    const { body } = await exchange(server, client, new URL(back.location!).searchParams)
    t.equal(body.refresh_token, undefined)
    t.notMatch(body.scope, /offline_access/)
    t.ok(body.expires_in <= 3600)
    t.match(await grantOf(server, body.access_token), {
      purpose: 'BTG',
      patient: 'p1',
      elevation: { patient: 'Patient/p1', reason: 'unconscious: 救急搬送' },
    })
    t.equal((await read(server, body.access_token, 'Patient/p1')).statusCode, 200)
    t.not((await read(server, body.access_token, 'Patient/p2')).statusCode, 200)
    const denied = await visitor.submit(
      await visitor.follow(
        await visitor.submit(await ask(server, visitor, client, { scope }), { patient: 'p1' }),
      ),
      { step: 'deny' },
    )
    t.equal(new URL(denied.location!).searchParams.get('error'), 'access_denied')
  },
)

t.test(
  'a break-glass session of an app reads one record, changes nothing, and is told to the person (B2, B3)',
  async (t) => {
    const server = await openSmartServer(t)
    const client = await server.client({}, { purposes: ['TREAT', 'BTG'] })
    const account = await server.account(['Practitioner/d1'], { breakGlass: true })
    const visitor = await server.visitor(account, { authTime: Date.now() + 60_000 })
    const scope = 'patient/*.cruds user/*.cruds https://musubi.example/purpose/BTG'
    const reason = await visitor.follow(
      await visitor.submit(await ask(server, visitor, client, { scope }), { patient: 'p1' }),
    )
    const words = { step: 'allow', reason: 'unconscious', words: '救急搬送' }
    const question = await visitor.follow(await visitor.submit(reason, words))
    const back = await visitor.submit(question, { decision: 'allow' })
    const { body } = await exchange(server, client, new URL(back.location!).searchParams)
    const headers = { authorization: `Bearer ${body.access_token}`, 'content-type': 'application/fhir+json' }
    const { statusCode } = await server.app.inject({
      method: 'POST',
      url: '/fhir/Observation',
      headers,
      payload: JSON.stringify({
        resourceType: 'Observation',
        status: 'final',
        code: { text: 'x' },
        subject: { reference: 'Patient/p1' },
      }),
    })
    t.equal(statusCode, 403, 'nothing is written')
    t.match(body.scope, /^patient\/\*\.rs user\/\*\.rs https:/, 'nor granted to be')
    t.not((await read(server, body.access_token, 'Patient/p2')).statusCode, 200)
    for (const path of ['Patient/p1', 'Patient/p1', 'Observation?patient=p1'])
      t.equal((await read(server, body.access_token, path)).statusCode, 200, path)
    const own = await server.auth('patient/*.rs', { subject: 'Patient/p1', patient: 'p1', purpose: 'PATRQT' })
    const told = (
      await server.app.inject({ url: '/fhir/Communication?subject=Patient/p1', headers: own })
    ).json()
    t.equal(told.entry?.length, 1, 'one notice for the session')
    t.match(JSON.stringify(told), /救急搬送/)
    const page = await (await server.visitor(await server.account(['Patient/p1']))).get('/auth/history')
    t.equal(page.status, 200)
    t.match(page.text, /救急搬送|mergency/, 'and in the history that the person sees')
  },
)

t.test('a child logs in and lets no app into their record alone (P8)', async (t) => {
  const asked = { scope: 'launch/patient patient/Observation.rs' }
  // Patient/p2 is as old by the end of the year.
  const years = new Date().getUTCFullYear() - 2015
  for (const [age, error] of [
    [String(years + 1), 'access_denied'],
    [String(years - 1), null],
    ['0', null],
  ] as const) {
    const server = await openSmartServer(t, { MUSUBI_CONSENT_AGE: age })
    const client = await server.client()
    const visitor = await server.visitor(await server.account(['Patient/p2']))
    t.equal((await allow(server, visitor, client, asked)).get('error'), error, age)
    t.equal((await consentsOf(server, 'p2')).length, error ? 0 : 1)
    t.ok((await allow(server, visitor, client, { scope: 'openid fhirUser' })).get('code'), 'who it is')
    t.equal((await visitor.get('/auth/manage')).status, 200)
  }
  const server = await openSmartServer(t)
  const client = await server.client()
  const year = new Date().getUTCFullYear()
  for (const [birthDate, error] of [
    [`${year - 15}-01-01`, 'access_denied'],
    [`${year - 17}-01-01`, null],
    [undefined, null],
  ] as const) {
    const id = `born-${birthDate}`
    await put(server, { resourceType: 'Patient', id, ...(birthDate !== undefined && { birthDate }) })
    const visitor = await server.visitor(await server.account([`Patient/${id}`]))
    t.equal((await allow(server, visitor, client, asked)).get('error'), error, `${birthDate}`)
  }
})
