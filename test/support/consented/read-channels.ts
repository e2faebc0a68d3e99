// Channels of reading, L01 to L31, each with what must hold.
import { assertAlike, assertClosed, condition, idsOf, pointsTo, type Row } from './channel.ts'
import { linkOf, OF_B } from './hospitals.ts'

/** One row for each. */
export const READ_CHANNELS: readonly Row[] = [
  {
    id: 'L01',
    rule: 'totals count what is visible',
    async test(t, { b }) {
      for (const asked of [
        '_total=accurate',
        '_summary=count',
        '_total=estimate',
        '_total=accurate&_count=2',
      ])
        t.equal((await b('GET', `Observation?${asked}`)).body.total ?? 7, 7, asked)
    },
  },
  {
    id: 'L02',
    rule: 'every page but the last is full, and no link leads to an empty one',
    async test(t, { b }) {
      const sizes: number[] = []
      for (let path: string | undefined = 'Observation?_count=3&_sort=date'; path; ) {
        const { body } = await b('GET', path)
        sizes.push(body.entry.length)
        path = linkOf(body, 'next')
      }
      t.same(sizes, [3, 3, 1])
    },
  },
  {
    id: 'L03',
    rule: 'a link to a next page is sealed, and of no use to another requester or for another purpose',
    async test(t, { b, a, as }) {
      const next = linkOf((await b('GET', 'Observation?_count=2')).body, 'next')!
      t.notMatch(next, /p1-o|bp|mood/)
      const elsewhere = await as('user/*.cruds', { ...OF_B, purpose: 'HOPERAT' })
      t.equal((await b('GET', next)).status, 200)
      t.not((await a('GET', next)).status, 200)
      t.not((await elsewhere('GET', next)).status, 200)
    },
  },
  {
    id: 'L04',
    rule: 'includes bring nothing hidden, and do not pass through it',
    async test(t, { b }) {
      const found = await b(
        'GET',
        'Encounter?_id=e1&_revinclude=Condition:encounter&_include:iterate=Condition:subject',
      )
      t.same(idsOf(found), ['e1'])
    },
  },
  {
    id: 'L05',
    rule: 'a chain through something hidden finds nothing',
    async test(t, { b }) {
      t.same(idsOf(await b('GET', encodeURI('Observation?subject:Patient.name=佐藤'))), [])
      t.same(idsOf(await b('GET', 'Observation?patient._has:Condition:patient:code=hiv')), [])
    },
  },
  {
    id: 'L06',
    rule: '_has on hidden values finds nothing, at every depth',
    async test(t, { b }) {
      const asked = [
        '_has:Observation:patient:code-value-quantity=mood$gt0',
        '_has:Encounter:subject:_has:Condition:encounter:code=hiv',
        '_has:Observation:patient:_id=p1-o1',
      ]
      for (const each of asked) t.same(idsOf(await b('GET', `Patient?${each}`)), [], each)
    },
  },
  {
    id: 'L07',
    rule: 'no parameter and no modifier finds a hidden row',
    async test(t, { b }) {
      const asked = [
        'code:not=bp',
        '_id=p1-o1',
        '_security=PSY',
        'identifier=urn:ids|p1-o1',
        'code:missing=true',
        '_id:not=p1-o0&code=mood',
      ]
      for (const each of asked) t.same(idsOf(await b('GET', `Observation?${each}`)), [], each)
    },
  },
  {
    id: 'L08',
    rule: 'the order is that of visible elements',
    async test(t, { b }) {
      const found = idsOf(await b('GET', 'Observation?_sort=-value-quantity'))
      t.same(found, ['p1-o8', 'p1-o7', 'p1-o6', 'p1-o4', 'p1-o3', 'p1-o2', 'p1-o0'])
    },
  },
  {
    id: 'L09',
    rule: 'operations sum up what is visible; of a hidden person they tell what they tell of nobody',
    async test(t, { b }) {
      t.same(idsOf(await b('GET', 'Observation/$lastn?patient=p1&category=lab')), ['p1-o8'])
      const { text } = await b('GET', 'Observation/$stats?subject=Patient/p1&code=mood&statistic=count')
      t.notMatch(text, /"value(?:Unsigned)?Int(?:eger)?":[1-9]/)
      await assertAlike(t, 404, (id) => b('GET', `Patient/${id}/$everything`), 'p2')
    },
  },
  {
    id: 'L10',
    rule: 'what is hidden is not found, deleted or not; gone is only what was visible',
    async test(t, { a, b }) {
      const { body } = await a('GET', 'Condition/hidden')
      await assertAlike(t, 404, (id) => b('GET', `Condition/${id}`))
      await assertAlike(t, 404, (id) => b('GET', `Condition/${id}/_history/${body.meta.versionId}`))
      t.equal((await a('DELETE', 'Condition/hidden')).status, 204)
      await assertAlike(t, 404, (id) => b('GET', `Condition/${id}`))
      t.equal((await a('DELETE', 'Condition/cold')).status, 204)
      t.equal((await b('GET', 'Condition/cold')).status, 410)
    },
  },
  {
    id: 'L11',
    rule: 'a history lists visible versions and counts no others',
    async test(t, { a, b }) {
      const { body } = await a('GET', 'Condition/cold')
      const hiv = { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'HIV' }] }
      await a('PUT', 'Condition/untold', { ...condition, id: 'untold', meta: hiv })
      await a('PUT', 'Condition/cold', { ...body, note: [{ text: 'better' }] })
      await assertAlike(t, 404, (id) => b('GET', `Condition/${id}/_history`))
      const reply = await b('GET', 'Condition/_history?_total=accurate')
      t.same(idsOf(reply), ['cold', 'cold'])
      t.equal(reply.body.total, 2)
    },
  },
  {
    id: 'L12',
    rule: 'entity tags are asked after visibility, and what is written beneath a person leaves the Patient alone',
    async test(t, { a, b }) {
      const { etag } = (await b('GET', 'Patient/p1')).headers
      const { body, headers } = await a('GET', 'Condition/hidden')
      const hidden = headers['etag']!
      t.equal((await a('PUT', 'Condition/hidden', { ...body, note: [{ text: 'new' }] })).status, 200)
      t.equal((await b('GET', 'Patient/p1')).headers['etag'], etag)
      await assertAlike(t, 404, (id) => b('GET', `Condition/${id}`, undefined, { 'if-none-match': hidden }))
    },
  },
  {
    id: 'L13',
    rule: 'a visible resource does not show its references to hidden ones',
    async test(t, { b }) {
      const [read, found] = [
        await b('GET', 'MedicationRequest/m1'),
        await b('GET', 'MedicationRequest?_id=m1'),
      ]
      t.equal(read.status, 200)
      t.same(idsOf(found), ['m1'])
      for (const { text } of [read, found]) t.notMatch(text, /kept|secret/)
    },
  },
  {
    id: 'L14',
    rule: 'a Binary is read by those alone whose it is',
    async test(t, { a, b }) {
      const binary = { resourceType: 'Binary', contentType: 'text/plain', data: 'aGl2' }
      const { body } = await a('POST', 'Binary', binary)
      await assertAlike(t, 404, (id) => b('GET', `Binary/${id}`), body.id)
    },
  },
  {
    id: 'L15',
    rule: 'a Bundle that holds something hidden is hidden',
    async test(t, { a, b }) {
      const { body: hidden } = await a('GET', 'Condition/hidden')
      const bundle = { resourceType: 'Bundle', type: 'collection', entry: [{ resource: hidden }] }
      const { body, status } = await a('POST', 'Bundle', bundle)
      t.equal(status, 201)
      await assertAlike(t, 404, (id) => b('GET', `Bundle/${id}`), body.id)
      t.same(idsOf(await b('GET', 'Bundle')), [])
    },
  },
  {
    id: 'L16',
    rule: 'there is no GraphQL before its resolvers ask as reads do',
    test: (t, { b }) =>
      assertClosed(t, b, '$graphql?query={PatientList{id}}', 'Patient/p1/$graphql?query={id}'),
  },
  {
    id: 'L17',
    rule: 'there is no bulk export before its files are asked row by row',
    test: (t, { b }) => assertClosed(t, b, '$export', 'Patient/$export', 'Group/g/$export'),
  },
  {
    id: 'L18',
    rule: 'there are no notifications before they ask at delivery',
    async test(t, { b }) {
      await assertClosed(t, b, 'Subscription/s/$status', 'Subscription/s/$events')
      t.equal((await b('POST', 'Subscription', { resourceType: 'Subscription' })).status, 403)
    },
  },
  {
    id: 'L19',
    rule: 'a Provenance of something hidden is hidden, and audit is not for other organisations',
    async test(t, { a, b }) {
      const provenance = {
        resourceType: 'Provenance',
        target: [{ reference: 'Condition/hidden' }],
        recorded: '2024-05-01T00:00:00Z',
        agent: [{ who: { reference: 'Organization/hospA' } }],
      }
      const { body, status } = await a('POST', 'Provenance', provenance)
      t.equal(status, 201)
      await assertAlike(t, 404, (id) => b('GET', `Provenance/${id}`), body.id)
      t.same(idsOf(await b('GET', 'Condition?_revinclude=Provenance:target')).sort(), ['cold', 'untold'])
      t.equal((await b('GET', 'AuditEvent')).status, 403)
    },
  },
  {
    id: 'L20',
    rule: 'a Consent is seen by the person and by whom it names, by nobody else',
    async test(t, { b, p1, as, consent }) {
      const other = await as('user/*.rs', {
        ...OF_B,
        subject: 'Practitioner/drC',
        organization: 'Organization/pharm',
      })
      t.equal((await p1('GET', consent)).status, 200)
      t.equal((await b('GET', consent)).status, 200)
      await assertAlike(t, 404, (id) => other('GET', `Consent/${id}`), consent.slice('Consent/'.length))
      t.same(idsOf(await other('GET', 'Consent')), [])
    },
  },
  {
    id: 'L21',
    rule: 'no answer says that something was left out',
    async test(t, { b }) {
      for (const path of ['Observation', 'Condition', 'Patient/p1/$everything', '_history'])
        t.notMatch((await b('GET', path)).text, /"mode":"outcome"|OperationOutcome|suppress|redact/i, path)
    },
  },
  {
    id: 'L22',
    rule: 'the CapabilityStatement is the same for everybody',
    async test(t, { a, b }) {
      t.equal((await a('GET', 'metadata')).text, (await b('GET', 'metadata')).text)
    },
  },
  {
    id: 'L23',
    rule: 'links repeat what was asked and no more',
    async test(t, { b }) {
      await assertAlike(
        t,
        200,
        (id) => b('GET', `Observation?patient=${id}&_sort=-date&_total=accurate`),
        'p2',
      )
      await assertAlike(t, 200, (id) => b('GET', `Condition?_id=${id}&_include=*`))
    },
  },
  {
    id: 'L24',
    rule: 'no cache keeps an answer',
    async test(t, { b }) {
      for (const path of ['Patient/p1', 'Observation', 'Condition/hidden', 'Patient/p1/_history'])
        t.match((await b('GET', path)).headers['cache-control'], /no-store/, path)
    },
  },
  {
    id: 'L25',
    rule: 'no request is too costly because of what is hidden',
    test: (t) => pointsTo(t, 'test/http/consented-non-interference.test.ts', 'L25'),
  },
  {
    id: 'L26',
    rule: 'what is hidden and what is absent run the same statements',
    test: (t) => pointsTo(t, 'test/store/blind-statements.test.ts', 'NI-5'),
  },
  {
    id: 'L27',
    rule: 'the log names neither persons nor what was asked of them',
    async test(t, { b, server }) {
      await b('GET', encodeURI('Patient?name=山田'))
      await b('GET', 'Condition/hidden')
      t.ok(server.log.length > 0)
      t.notMatch(server.log.join('\n'), /山田|%E5%B1%B1|Condition\/hidden|Patient\/p1|mood|hiv/)
    },
  },
  {
    id: 'L28',
    rule: 'ids and version ids are random',
    async test(t, { b }) {
      const made = [await b('POST', 'Condition', condition), await b('POST', 'Condition', condition)]
      for (const { body } of made) {
        t.match(body.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
        t.match(body.meta.versionId, /^[0-9a-f]{16}$/)
      }
    },
  },
  {
    id: 'L29',
    rule: 'small counts of research are withheld',
    test: (t) => pointsTo(t, 'test/http/consent-scenarios.test.ts', 'N20'),
  },
  {
    id: 'L30',
    rule: 'a search by labels runs on visible rows',
    async test(t, { b, p1 }) {
      t.equal((await b('GET', 'Observation?_security=PSY&_total=accurate')).body.total, 0)
      t.equal((await b('GET', 'Observation?_security:missing=false&_total=accurate')).body.total, 0)
      t.equal((await p1('GET', 'Observation?_security=PSY&_total=accurate')).body.total, 3)
    },
  },
  {
    id: 'L31',
    rule: 'there is no $explain before it asks who wants to know',
    test: (t, { b }) => assertClosed(t, b, 'Patient/p1/$explain', 'Observation/p1-o1/$explain', '$explain'),
  },
]
