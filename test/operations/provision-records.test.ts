// Patient/$provision-records: the person's right to see what was given to whom. APPI, article 33(5).
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { toLine } from '../../src/operations/provision-records/csv.ts'
import { provided } from '../support/journal.ts'
import { type Call, openClient } from '../support/rest.ts'
import { openServer, type TestServer } from '../support/server.ts'

const AT = Date.parse('2026-11-26T15:30:00Z')
const DAY = 86_400_000

async function openWorld(t: Test): Promise<{ server: TestServer; own: Call }> {
  const server = await openServer(t)
  const named = {
    reference: 'Organization/2',
    name: '=cmd|結び"病院"',
    address: '東京都\n千代田区',
    representative: '山田 太郎',
  }
  await server.store.journal.append([
    provided({ at: AT, recipient: named }),
    provided({ at: AT + DAY, recipient: { reference: 'Organization/3' }, custodian: undefined }),
    provided({ at: AT + 2 * DAY, basis: { kind: 'break-glass', consents: [] }, purpose: 'BTG' }),
    provided({ patient: 'Patient/2' }),
  ])
  const own = await openClient(server, 'patient/*.rs', { subject: 'Patient/1', patient: '1' })
  return { server, own }
}

const PATH = 'Patient/1/$provision-records'

t.test('a person gets their own records, newest first', async (t) => {
  const { own } = await openWorld(t)
  const { status, body, headers } = await own('GET', PATH)
  t.equal(status, 200)
  t.equal(headers['cache-control'], 'private, no-store')
  t.match(body, { resourceType: 'Bundle', type: 'collection' })
  t.match(
    body.entry.map(({ fullUrl, resource }: { fullUrl: string; resource: object }) => ({
      fullUrl,
      ...resource,
    })),
    [
      { fullUrl: /^urn:uuid:/, purposeOfEvent: [{ coding: [{ code: 'BTG' }] }] },
      { resourceType: 'AuditEvent', agent: [{}, { who: { reference: 'Organization/3' } }] },
      { agent: [{ who: { reference: 'Organization/1' } }, { who: { reference: 'Organization/2' } }] },
    ],
  )
  t.equal((await own('POST', PATH, { resourceType: 'Parameters' })).body.entry.length, 3)
})

t.test('they are filtered by recipient and time', async (t) => {
  const { own } = await openWorld(t)
  const count = async (query: string) => ((await own('GET', `${PATH}?${query}`)).body.entry ?? []).length
  t.equal(await count('recipient=Organization/3'), 1)
  t.equal(await count('recipient=3'), 1)
  t.equal(await count('recipient=9'), 0)
  // The first was at 00:30 of the 27th in Japan.
  t.equal(await count('start=2026-11-28'), 2)
  t.equal(await count('end=2026-11-27'), 1)
  t.equal(await count('start=2026-11-27&end=2026-11-28'), 2)
  for (const query of ['start=soon', '_count=0', 'colour=red'])
    t.equal((await own('GET', `${PATH}?${query}`)).status, 400, query)
})

t.test('pages lead through all of them', async (t) => {
  const { own, server } = await openWorld(t)
  const first = await own('GET', `${PATH}?_count=2`)
  const next = first.body.link.find(({ relation }: { relation: string }) => relation === 'next').url
  const path = next.slice(next.indexOf('Patient'))
  const second = await own('GET', path)
  t.same([first.body.entry.length, second.body.entry.length, second.body.link], [2, 1, undefined])
  const other = await openClient(server, 'patient/*.rs', { subject: 'Patient/2', patient: '2' })
  t.equal((await other('GET', path)).status, 404, 'a link is of use to nobody else')
})

t.test('for everybody else there is nothing there', async (t) => {
  const { server } = await openWorld(t)
  const proxy = await openClient(server, 'patient/*.rs', { subject: 'RelatedPerson/3', patient: '1' })
  t.equal((await proxy('GET', PATH)).body.entry.length, 3, 'but for the proxy')
  const cases: readonly (readonly [string, object])[] = [
    ['patient/*.rs', { subject: 'Patient/2', patient: '2' }],
    ['patient/*.rs', { subject: 'Patient/2', patient: '1' }],
    ['patient/*.rs', { subject: 'RelatedPerson/3', patient: '2' }],
    ['patient/*.rs', { subject: 'Practitioner/7', patient: '1' }],
    ['user/*.rs', { subject: 'Practitioner/7' }],
    ['system/*.cruds', {}],
  ]
  for (const [scope, grant] of cases) {
    const call = await openClient(server, scope, grant)
    t.equal((await call('GET', PATH)).status, 404, JSON.stringify(grant))
    t.equal((await call('GET', `${PATH}?_format=text/csv`)).status, 404)
  }
  const narrow = await openClient(server, 'patient/Observation.rs', { subject: 'Patient/1', patient: '1' })
  t.equal((await narrow('GET', PATH)).status, 403, 'the own records too need a scope')
})

t.test('as CSV they are one table, with heads in Japanese and English', async (t) => {
  const { own } = await openWorld(t)
  const reply = await own('GET', `${PATH}?_format=text/csv`)
  t.equal(reply.status, 200)
  t.equal(reply.headers['content-type'], 'text/csv; charset=utf-8')
  t.equal(reply.headers['cache-control'], 'private, no-store')
  const rows: Record<string, string>[] = parse(reply.text, {
    bom: true,
    columns: true,
    record_delimiter: '\r\n',
  })
  t.equal(rows.length, 3)
  t.match(rows[2], {
    '提供日時 / Provided at': '2026-11-27T00:30:00+09:00',
    '提供先 / Recipient': `'=cmd|結び"病院"`,
    '提供先の住所 / Address': '東京都\n千代田区',
    '提供先の代表者 / Representative': '山田 太郎',
    '提供元 / Provided from': 'Organization/1',
    '利用目的 / Purpose': 'TREAT',
    '根拠 / Basis': '本人の同意 consent',
    '同意 / Consents': 'Consent/1/_history/1',
    '提供した項目 / Data': 'Observation 1',
  })
  t.equal((await own('GET', PATH, undefined, { accept: 'text/csv' })).text, reply.text)
  t.equal((await own('GET', `${PATH}?recipient=3&_format=text/csv`)).text.split('\r\n').length, 3)
  t.equal((await own('GET', 'Patient/1/Observation?_format=text/csv')).status, 406, 'nothing else is')
})

t.test('whatever a field holds, it is read back, and no spreadsheet runs it', (t) => {
  const character = fc.constantFrom(
    '=',
    '+',
    '-',
    '@',
    '＝',
    '＋',
    '－',
    '＠',
    '"',
    ',',
    '\r',
    '\n',
    '\t',
    ' ',
    'a',
    '結',
  )
  const field = fc.array(character, { maxLength: 6 }).map((characters) => characters.join(''))
  fc.assert(
    fc.property(fc.array(field, { minLength: 1, maxLength: 5 }), (fields) => {
      const [record = []]: string[][] = parse(toLine(fields), {
        record_delimiter: '\r\n',
        relax_column_count: true,
      })
      t.equal(record.length, fields.length)
      for (const [i, text] of record.entries()) {
        t.ok(text === fields[i] || text === `'${fields[i]}`)
        t.notMatch(text, /^\s*[=+\-@＝＋－＠]/u)
      }
    }),
  )
  t.end()
})
