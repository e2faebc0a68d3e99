// Rows of the access log as AuditEvents: valid R4, in the form of BALP, and no more than the reader may see.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { toDisclosureEvent } from '../../../src/access/audit/disclosure.ts'
import { toAuditEvent } from '../../../src/access/audit/event.ts'
import { type AuditRow, buildAuditRow, type Deed, MAX_ENTITIES, TASKS } from '../../../src/access/audit.ts'
import { toPrincipal } from '../../../src/access/principal.ts'
import { loadDefinitions } from '../../../src/fhir/definitions.ts'
import { parseJson } from '../../../src/fhir/json.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import { toAudit, toProvision } from '../../support/journal.ts'
import { openTestValidation } from '../../support/validation.ts'

const BASE = 'https://fhir.example.jp/fhir'
const subtypes = parseJson(
  readFileSync(new URL('../../../profiles/musubi/CodeSystem-audit-event-subtype.json', import.meta.url)),
) as Resource
const validate = openTestValidation([subtypes])
const definitions = loadDefinitions()

// biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes
type Any = any

// No narrative; and codes beside those of R4's value sets: operations and tasks of ours, an entity type of IHE's.
const EXPECTED = / dom-6:|^warning .*BasicAuditEntityTyp|^warning AuditEvent.subtype.* should have a code/

async function faultsOf(event: Resource): Promise<readonly string[]> {
  const issues = await validate(parseJson(Buffer.from(JSON.stringify(event))), { level: 'all' })
  return issues
    .filter(({ severity }) => severity !== 'information')
    .map(({ severity, expression, diagnostics }) => `${severity} ${expression}: ${diagnostics}`)
    .filter((line) => !EXPECTED.test(line))
}

const principal = (parts: object) =>
  toPrincipal(
    { subject: 'Client/a', client: 'a', scope: 'system/*.rs', purpose: 'TREAT', expiresAt: 0, ...parts },
    definitions,
  )

const deed = (parts: Partial<Deed> = {}): Deed => ({
  at: 0,
  action: 'E',
  subtype: 'search-type',
  outcome: 0,
  patients: [],
  disclosed: [],
  requestId: 'r',
  ...parts,
})

const CASES: Readonly<Record<string, Partial<AuditRow>>> = {
  'a read': {},
  'a read by a client': {
    agent: { subject: 'Client/importer', client: 'importer' },
    entities: [],
    entityCount: 0,
  },
  'a read by a proxy': {
    agent: { subject: 'RelatedPerson/3', client: 'portal', onBehalfOf: 'Patient/1' },
    purpose: 'PATRQT',
  },
  'a search': {
    action: 'E',
    subtype: 'search-type',
    query: 'Patient?name=結び&birthdate=1990',
    patients: ['Patient/1', 'Patient/2'],
    entities: [
      { ref: 'Patient/1/_history/a', of: [0] },
      { ref: 'Patient/2/_history/b', of: [1] },
    ],
    entityCount: 500,
  },
  'an operation': { action: 'E', subtype: '$everything' },
  'a refusal': { outcome: 4, entities: [{ ref: 'Observation/9' }] },
  'a transaction without patients': {
    action: 'E',
    subtype: 'transaction',
    patients: [],
    entities: [],
    entityCount: 0,
  },
  'an emergency': {
    purpose: 'BTG',
    elevation: '意識不明',
    legalBasis: '個人情報保護法27条1項2号',
    basis: { consents: ['Consent/1/_history/2', 'Consent/4/_history/1'], scopes: ['user/*.rs'] },
  },
  ...Object.fromEntries(TASKS.map((subtype) => [`the task ${subtype}`, { action: 'E' as const, subtype }])),
}

for (const [what, parts] of Object.entries(CASES))
  t.test(`${what} is a valid AuditEvent`, async (t) => {
    t.same(await faultsOf(toAuditEvent(toAudit(parts), BASE)), [])
    t.same(await faultsOf(toAuditEvent(toAudit(parts), BASE, 'Patient/1')), [], 'also as its patient sees it')
  })

t.test('a read has the client as destination, and everything else as source', (t) => {
  const clientOf = (parts: Partial<AuditRow>) =>
    (toAuditEvent(toAudit(parts), BASE) as Any).agent[0].type.coding[0].code
  t.equal(clientOf({ action: 'R' }), '110152')
  for (const action of ['C', 'U', 'D', 'E'] as const) t.equal(clientOf({ action }), '110153', action)
  t.end()
})

t.test('an event names subtype, agents, patient, data, consents, permission and request', (t) => {
  const event = toAuditEvent(toAudit(CASES['an emergency']), BASE) as Any
  t.match(event, {
    type: { code: 'rest' },
    subtype: [{ system: 'http://hl7.org/fhir/restful-interaction', code: 'read' }],
    outcome: '0',
    purposeOfEvent: [{ coding: [{ code: 'BTG' }] }],
    source: { observer: { identifier: { value: BASE } } },
  })
  t.same(
    event.agent.map(({ who, requestor }: Any) => [who.reference ?? who.identifier.value, requestor]),
    [
      ['emr', false],
      [BASE, false],
      ['Practitioner/7', true],
      ['Organization/1', false],
    ],
  )
  t.same(
    event.entity.map(({ what, type, role }: Any) => [
      what?.reference ?? what?.identifier.value,
      type.code,
      role?.code,
    ]),
    [
      ['Patient/1', '1', '1'],
      ['Observation/9/_history/1', '2', '4'],
      ['Consent/1/_history/2', 'Consent', '13'],
      ['Consent/4/_history/1', 'Consent', '13'],
      [undefined, '2', '13'],
      ['r', 'XrequestId', undefined],
    ],
  )
  t.same(
    event.entity[4].detail.map(({ type, valueString }: Any) => [type, valueString]),
    [
      ['scope', 'user/*.rs'],
      ['elevation', '意識不明'],
      ['legal-basis', '個人情報保護法27条1項2号'],
    ],
  )
  t.end()
})

t.test('a query is kept as it was asked, in Base64', (t) => {
  const event = toAuditEvent(toAudit(CASES['a search']), BASE) as Any
  const { query } = event.entity.find(({ role }: Any) => role?.code === '24')
  t.equal(Buffer.from(query, 'base64').toString(), 'Patient?name=結び&birthdate=1990')
  t.end()
})

t.test('a proxy is one agent and whom it acts for another', (t) => {
  const event = toAuditEvent(toAudit(CASES['a read by a proxy']), BASE) as Any
  t.same(
    event.agent.slice(2).map(({ who, requestor }: Any) => [who.reference, requestor]),
    [
      ['RelatedPerson/3', true],
      ['Patient/1', false],
    ],
  )
  t.end()
})

t.test('a person sees nothing of others in an event that is about them too', (t) => {
  const patient = fc.integer({ min: 1, max: 5 }).map((n) => `Patient/p${n}`)
  const disclosed = fc.record({
    type: fc.constantFrom('Observation', 'Condition'),
    id: fc.integer({ min: 0, max: 999 }).map((n) => `i${n}`),
    versionId: fc.constant('1'),
    patients: fc.uniqueArray(patient, { maxLength: 3 }),
  })
  fc.assert(
    fc.property(fc.array(disclosed, { maxLength: MAX_ENTITIES * 2 }), patient, (all, viewer) => {
      const row = buildAuditRow(
        principal({ subject: 'Practitioner/1' }),
        [],
        deed({ disclosed: all, patients: [viewer], query: 'Observation?patient=p1,p2,p3' }),
      )
      const text = JSON.stringify(toAuditEvent(row, BASE, viewer))
      const shown = all.slice(0, MAX_ENTITIES)
      for (const { type, id, patients } of all) {
        const own = shown.some(
          (each) =>
            each.type === type &&
            each.id === id &&
            (row.patients.length === 1 || each.patients.includes(viewer)),
        )
        t.equal(text.includes(`"${type}/${id}/_history/1"`), own, JSON.stringify(patients))
      }
      for (const other of row.patients) t.equal(text.includes(`"${other}"`), other === viewer)
      t.notOk(text.includes('"query"'))
      t.notOk(row.patients.length > 1 && text.includes('"count"'))
    }),
    { numRuns: 50 },
  )
  t.end()
})

t.test('a person sees the query that they asked themself', (t) => {
  const agent = { subject: 'Patient/1', client: 'portal' }
  const event = toAuditEvent(toAudit({ ...CASES['a search'], agent }), BASE, 'Patient/1')
  t.match(JSON.stringify(event), '"query"')
  t.end()
})

t.test('of many resources a row names some and counts all', (t) => {
  const disclosed = Array.from({ length: MAX_ENTITIES + 1 }, (_, i) => ({
    type: 'Observation',
    id: String(i),
    patients: ['Patient/1'],
  }))
  const row = buildAuditRow(principal({}), ['system/*.rs', 'Consent/1/_history/2'], deed({ disclosed }))
  t.equal(row.entities.length, MAX_ENTITIES)
  t.equal(row.entityCount, MAX_ENTITIES + 1)
  t.same(row.patients, ['Patient/1'])
  t.same(row.basis, { consents: ['Consent/1/_history/2'], scopes: ['system/*.rs'] })
  t.match(JSON.stringify(toAuditEvent(row, BASE)), `"valueString":"${MAX_ENTITIES + 1}"`)
  t.end()
})

t.test('a record of provision is a valid AuditEvent', async (t) => {
  const full = toProvision({
    recipient: {
      reference: 'Organization/2',
      name: '結び病院',
      address: '東京都',
      representative: '山田 太郎',
    },
  })
  t.same(await faultsOf(toDisclosureEvent(full, BASE)), [])
  const bare = toProvision({
    recipient: { reference: 'Client/app' },
    custodian: undefined,
    basis: { kind: 'default', consents: [] },
  })
  t.same(await faultsOf(toDisclosureEvent(bare, BASE)), [])
  t.match(JSON.stringify(toDisclosureEvent(full, BASE)), /結び病院.*東京都.*山田 太郎/)
})
