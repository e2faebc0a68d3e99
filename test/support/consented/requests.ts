// A grammar of requests into a consented world: searches with everything they may have, reads, histories, operations, writes.
import fc from 'fast-check'
import { versionIdOf } from './pair.ts'
import { CODES, concept, DAYS, NAMES, PATIENTS, reference } from './world.ts'

/** One request below the base. */
export interface Request {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

const code = fc.constantFrom(...CODES)
const patient = fc.constantFrom(...PATIENTS)
const name = fc.constantFrom(...NAMES)
const value = fc.nat(9)
const day = fc.integer(DAYS)
const oneOf = (...choices: string[]) => fc.constantFrom(...choices)

const encounterId = fc.nat(3).map((n) => `e${n}`)
const observationId = fc.nat(13).map((n) => `o${n}`)
const conditionId = fc.nat(5).map((n) => `c${n}`)

/** Conditions on what every clinical type has. */
const CLINICAL: readonly fc.Arbitrary<string>[] = [
  code.map((c) => `code=${c}`),
  code.map((c) => `code=urn:codes|${c}`),
  code.map((c) => `code:not=${c}`),
  oneOf(
    'code:missing=true',
    'code:missing=false',
    'encounter:missing=false',
    'code:text=text',
    'code=urn:codes|',
  ),
  patient.map((id) => `patient=${id}`),
  patient.map((id) => `subject=Patient/${id}`),
  patient.map((id) => `subject:Patient=${id}`),
  patient.map((id) => `patient.identifier=urn:ids|${id}`),
  name.map((each) => `subject:Patient.name=${each}`),
  name.map((each) => `patient.family:exact=${each}`),
  oneOf(
    'patient.gender=male',
    'patient.gender:missing=true',
    'patient.birthdate=lt2000',
    'patient.organization.name:contains=hosp',
  ),
  encounterId.map((id) => `encounter=${id}`),
  oneOf(
    'encounter.status=in-progress',
    'encounter.service-provider=Organization/hospB',
    'encounter.class=AMB',
  ),
  name.map((each) => `encounter.subject:Patient.family=${each}`),
  code.map((c) => `encounter._has:Condition:encounter:code=${c}`),
  code.map((c) => `patient._has:Observation:patient:code:not=${c}`),
  oneOf(
    '_security=PSY',
    '_security:not=R',
    '_security:missing=true',
    '_tag=UNINFORMED',
    '_tag:missing=false',
    '_profile:missing=true',
  ),
  oneOf('_lastUpdated=ge2020-01-01', '_lastUpdated=lt2020-01-01', '_source:missing=true'),
  oneOf('_list=l0', '_text=text', '_content=secret', '_filter=code eq a'),
]

const DATED = [
  day.map((d) => `date=ge2024-05-${d}`),
  day.map((d) => `date=ne2024-05-${d}`),
  day.map((d) => `date=2024-05-${d}`),
]

const CONDITIONS: Readonly<Record<string, readonly fc.Arbitrary<string>[]>> = {
  Observation: [
    ...CLINICAL,
    ...DATED,
    value.map((n) => `value-quantity=gt${n}`),
    value.map((n) => `value-quantity=le${n}|http://unitsofmeasure.org|mg`),
    fc.tuple(code, value).map(([c, n]) => `code-value-quantity=${c}$ge${n}`),
    fc.tuple(code, value).map(([c, n]) => `combo-code-value-quantity=${c}$${n}`),
    observationId.map((id) => `_id=${id}`),
    observationId.map((id) => `_id:not=${id}`),
    observationId.map((id) => `identifier=urn:ids|${id}`),
    observationId.map((id) => `has-member=Observation/${id}`),
    code.map((c) => `has-member.code=${c}`),
    code.map((c) => `_has:DiagnosticReport:result:code=${c}`),
    code.map((c) => `_has:Observation:has-member:code=${c}`),
    oneOf(
      'status=final',
      'status:not=final',
      'category=lab',
      'performer:missing=true',
      'performer=Patient/p1',
      'performer:Practitioner.name=医師',
    ),
  ],
  Patient: [
    name.map((each) => `name=${each}`),
    name.map((each) => `family:contains=${each}`),
    patient.map((id) => `_id=${id}`),
    patient.map((id) => `identifier=urn:ids|${id}`),
    code.map((c) => `_has:Observation:patient:code=${c}`),
    code.map((c) => `_has:Condition:patient:code=${c}`),
    code.map((c) => `_has:Condition:patient:code:not=${c}`),
    code.map((c) => `_has:Condition:asserter:code=${c}`),
    value.map((n) => `_has:Observation:subject:value-quantity=gt${n}`),
    fc.tuple(code, value).map(([c, n]) => `_has:Observation:patient:code-value-quantity=${c}$gt${n}`),
    code.map((c) => `_has:Encounter:subject:_has:Condition:encounter:code=${c}`),
    code.map((c) => `_has:Observation:patient:_has:DiagnosticReport:result:code=${c}`),
    oneOf(
      'gender=male',
      'gender:missing=true',
      'birthdate=lt2000',
      '_has:Consent:patient:status=active',
      'organization:Organization.name=むすび',
    ),
    oneOf(
      '_has:Observation:patient:_security=PSY',
      '_has:RelatedPerson:patient:name=佐藤',
      '_has:Observation:patient:_id=o0',
    ),
  ],
  Encounter: [
    ...CLINICAL.slice(4, 11),
    code.map((c) => `_has:Condition:encounter:code=${c}`),
    code.map((c) => `_has:Observation:encounter:code:not=${c}`),
    code.map((c) => `_has:MedicationRequest:encounter:code=${c}`),
    oneOf(
      'status=finished',
      'status:not=finished',
      'service-provider=Organization/hospB',
      'service-provider.name=むすび',
    ),
  ],
  Condition: [
    ...CLINICAL,
    conditionId.map((id) => `identifier=urn:ids|${id}`),
    oneOf(
      'asserter:missing=true',
      'asserter=Practitioner/drA',
      'asserter:Patient.name=山田',
      'evidence-detail:missing=true',
    ),
    code.map((c) => `evidence-detail:Observation.code=${c}`),
    code.map((c) =>
      `_has:MedicationRequest:reason-reference:code=${c}`.replace(':reason-reference', ':encounter'),
    ),
    day.map((d) => `recorded-date=ge2024-05-${d}`),
  ],
  DiagnosticReport: [
    ...CLINICAL,
    ...DATED,
    code.map((c) => `result.code=${c}`),
    value.map((n) => `result.value-quantity=ge${n}`),
    observationId.map((id) => `result=Observation/${id}`),
    name.map((each) => `result.subject:Patient.name=${each}`),
  ],
  MedicationRequest: [
    ...CLINICAL,
    oneOf('requester=Practitioner/drB', 'requester:missing=true', 'intent=order'),
  ],
  Organization: [
    oneOf(
      '_has:Patient:organization:gender=male',
      'name=むすび',
      '_has:Encounter:service-provider:status=finished',
    ),
    code.map((c) => `_has:Encounter:service-provider:_has:Observation:encounter:code=${c}`),
  ],
  Practitioner: [
    code.map((c) => `_has:Observation:performer:code=${c}`),
    oneOf(
      '_has:Patient:general-practitioner:gender=male',
      '_has:Condition:asserter:code:missing=false',
      '_has:MedicationRequest:requester:status=active',
    ),
  ],
  Consent: [
    oneOf(
      'status=active',
      'scope=research',
      'patient=p0',
      'patient=p1',
      'actor=Organization/hospB',
      'patient.name=山田',
      '_id=k0',
      'data:missing=false',
      'organization=Organization/hospA',
    ),
  ],
  RelatedPerson: [oneOf('patient=p1', 'name=佐藤', 'patient.name=佐藤')],
  Basic: [
    code.map((c) => `code=${c}`),
    patient.map((id) => `patient=${id}`),
    oneOf('subject:missing=true', 'subject:missing=false'),
  ],
}

const INCLUDES: Readonly<Record<string, readonly string[]>> = {
  Observation: [
    '_include=Observation:subject',
    '_include=Observation:patient',
    '_include=Observation:performer',
    '_include=*',
    '_include=Observation:has-member',
    '_include:iterate=Observation:has-member',
    '_revinclude=DiagnosticReport:result',
    '_revinclude=Observation:has-member&_revinclude:iterate=DiagnosticReport:result',
    '_include=Observation:encounter&_include:iterate=Encounter:service-provider',
    '_include=Observation:encounter&_revinclude:iterate=Condition:encounter',
  ],
  Patient: [
    '_revinclude=Observation:subject',
    '_revinclude=Observation:performer',
    '_revinclude=Condition:patient',
    '_revinclude=Consent:patient',
    '_revinclude=Encounter:subject&_revinclude:iterate=Condition:encounter',
    '_include=Patient:organization&_include=Patient:general-practitioner',
  ],
  Encounter: [
    '_revinclude=Observation:encounter&_include:iterate=Observation:performer',
    '_include=Encounter:subject',
    '_revinclude=Condition:encounter',
  ],
  Organization: ['_revinclude=Patient:organization&_revinclude:iterate=Observation:patient'],
  Practitioner: [
    '_revinclude=Condition:asserter',
    '_revinclude=Observation:performer&_include:iterate=Observation:patient',
  ],
  Condition: [
    '_include=Condition:encounter&_revinclude:iterate=Observation:encounter',
    '_include=Condition:evidence-detail',
    '_include=*',
  ],
  DiagnosticReport: [
    '_include=DiagnosticReport:result',
    '_include=DiagnosticReport:result&_include:iterate=Observation:encounter',
  ],
  MedicationRequest: ['_include=MedicationRequest:encounter', '_include=*'],
  Consent: ['_include=Consent:patient', '_include=Consent:data', '_include=*'],
  RelatedPerson: ['_include=RelatedPerson:patient'],
  Basic: ['_include=Basic:patient'],
}

// Not `_lastUpdated`: two servers do not write in the same milliseconds.
const SORTS: Readonly<Record<string, readonly string[]>> = {
  Observation: ['date', '-date,value-quantity', '-value-quantity', 'patient', '-_id', 'code', 'has-member'],
  Patient: ['family', '-gender', '-_id', 'birthdate'],
  Condition: ['-code', 'recorded-date', '_id', 'asserter'],
  DiagnosticReport: ['-date', 'result'],
  Consent: ['-_id', 'date'],
}

function searchOf(type: string): fc.Arbitrary<string> {
  const maybe = (choices: readonly string[]) => fc.option(fc.constantFrom(...choices), { nil: '' })
  return fc
    .tuple(
      fc.array(fc.oneof(...CONDITIONS[type]!), { maxLength: 2 }),
      maybe(INCLUDES[type]!),
      maybe((SORTS[type] ?? ['-_id']).map((each) => `_sort=${each}`)),
      maybe([
        '_total=accurate',
        '_summary=count',
        '_total=estimate',
        '_summary=true',
        '_elements=status',
        '_summary=data',
      ]),
      maybe(['_count=1', '_count=2', '_count=3', '_count=0', '_count=5']),
    )
    .map(([conditions, ...rest]) => [...conditions, ...rest].filter(Boolean).join('&'))
}

const type = fc.constantFrom(...Object.keys(CONDITIONS), 'Observation', 'Observation', 'Patient', 'Condition')

const search: fc.Arbitrary<Request> = type.chain((each) =>
  fc.tuple(searchOf(each), fc.nat(9), patient).map(([query, kind, id]): Request => {
    if (kind === 0)
      return {
        method: 'POST',
        path: `${each}/_search`,
        body: query,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      }
    if (kind === 1 && each !== 'Patient' && each !== 'Organization' && each !== 'Practitioner')
      return { method: 'GET', path: `Patient/${id}/${each}?${query}` }
    return { method: 'GET', path: `${each}?${query}` }
  }),
)

/** Any id of a world, some of which are hidden, deleted, or of nothing. */
export const ref: fc.Arbitrary<string> = fc.oneof(
  observationId.map((id) => `Observation/${id}`),
  conditionId.map((id) => `Condition/${id}`),
  encounterId.map((id) => `Encounter/${id}`),
  patient.map((id) => `Patient/${id}`),
  fc.nat(3).map((n) => `DiagnosticReport/r${n}`),
  fc.nat(3).map((n) => `MedicationRequest/m${n}`),
  fc.constantFrom(
    'Consent/k0',
    'Consent/k1',
    'Consent/q0',
    'Consent/d0',
    'RelatedPerson/rp1',
    'Basic/b0',
    'Organization/bio',
    'Observation/none',
  ),
)

const versioned = fc
  .tuple(ref, fc.nat(2))
  .map(([each, n]) => ({ ref: each, versionId: versionIdOf(each, n === 2 ? 9 : n) }))

const get = (path: string): Request => ({ method: 'GET', path })

const read: fc.Arbitrary<Request> = fc.oneof(
  ref.map(get),
  ref.map((each) => get(`${each}?_summary=true`)),
  ref.map((each) => get(`${each}/_history`)),
  ref.map((each) => get(`${each}/_history?_count=1`)),
  versioned.map(({ ref, versionId }) => get(`${ref}/_history/${versionId}`)),
  versioned.map(({ ref, versionId }) => ({ ...get(ref), headers: { 'if-none-match': `W/"${versionId}"` } })),
  ref.map((each) => ({ ...get(each), headers: { 'if-modified-since': 'Fri, 01 Jan 2038 00:00:00 GMT' } })),
  ref.map((each) => ({ method: 'HEAD', path: each })),
  fc
    .constantFrom(
      '_history',
      'Observation/_history',
      'Condition/_history?_count=3',
      '_history?_count=4',
      'Patient/_history?_total=accurate',
      'Observation/_history?_since=2020-01-01T00:00:00Z&_total=accurate',
      'Observation/_history?_since=2090-01-01T00:00:00Z',
      '_history?_at=2090-01-01',
      'Consent/_history',
    )
    .map(get),
)

const operation: fc.Arbitrary<Request> = fc.oneof(
  patient.map((id) => get(`Patient/${id}/$everything`)),
  patient.map((id) => get(`Patient/${id}/$everything?_count=2`)),
  patient.map((id) => get(`Patient/${id}/$everything?_type=Observation,Condition&start=2024-05-14`)),
  encounterId.map((id) => get(`Encounter/${id}/$everything`)),
  patient.map((id) => get(`Observation/$lastn?patient=${id}&category=lab`)),
  fc.tuple(patient, code).map(([id, c]) => get(`Observation/$lastn?patient=${id}&code=${c}&max=2`)),
  fc
    .tuple(patient, code)
    .map(([id, c]) =>
      get(`Observation/$stats?subject=Patient/${id}&code=${c}&statistic=count,average&include=true`),
    ),
  fc.constantFrom('Observation/$meta', '$meta', 'Condition/$meta', 'Patient/$everything?_count=3').map(get),
  ref.map((each) => get(`${each}/$meta`)),
  ref.map((each) => get(`${each}/$diff`)),
  versioned.map(({ ref, versionId }) => get(`${ref}/$diff?from=${versionId}`)),
  fc
    .constantFrom(
      '?_type=Observation,Patient&_total=accurate',
      'Patient/p0/*',
      'Patient/p1/*?_count=4',
      '?_type=Condition&_sort=-_id',
      '?_id=o0,c0,p0',
    )
    .map(get),
)

const body = fc.record({ patient, code, encounter: encounterId, member: observationId }).map((drawn) => ({
  resourceType: 'Observation',
  status: 'final',
  identifier: [{ system: 'urn:ids', value: drawn.member }],
  code: concept(drawn.code),
  subject: reference(`Patient/${drawn.patient}`),
  encounter: reference(`Encounter/${drawn.encounter}`),
  hasMember: [reference(`Observation/${drawn.member}`)],
}))

const criteria = fc.oneof(
  code.map((c) => `code=${c}`),
  observationId.map((id) => `identifier=urn:ids|${id}`),
  fc.tuple(patient, day).map(([id, d]) => `patient=${id}&date=2024-05-${d}`),
  name.map((each) => `subject:Patient.name=${each}&status=amended`),
  code.map((c) => `_has:DiagnosticReport:result:code=${c}`),
)

const JSON_PATCH = { 'content-type': 'application/json-patch+json' }
const patch = fc.constantFrom(
  [{ op: 'replace', path: '/status', value: 'corrected' }],
  [
    { op: 'test', path: '/status', value: 'final' },
    { op: 'replace', path: '/status', value: 'corrected' },
  ],
  [{ op: 'test', path: '/code/coding/0/code', value: 'a' }],
  [{ op: 'remove', path: '/hasMember' }],
)
const fhirPathPatch = {
  resourceType: 'Parameters',
  parameter: [
    {
      name: 'operation',
      part: [
        { name: 'type', valueCode: 'replace' },
        { name: 'path', valueString: 'Observation.status' },
        { name: 'value', valueCode: 'corrected' },
      ],
    },
  ],
}

const single: fc.Arbitrary<Request> = fc.oneof(
  body.map((each) => ({ method: 'POST', path: 'Observation', body: each })),
  fc
    .tuple(body, observationId)
    .map(([each, id]) => ({ method: 'PUT', path: `Observation/${id}`, body: { ...each, id } })),
  fc.tuple(body, versioned).map(([each, { ref, versionId }]) => {
    const id = ref.slice(ref.indexOf('/') + 1)
    return {
      method: 'PUT',
      path: `Observation/${id}`,
      body: { ...each, id },
      headers: { 'if-match': `W/"${versionId}"` },
    }
  }),
  fc.tuple(body, criteria).map(([each, where]) => ({
    method: 'POST',
    path: 'Observation',
    body: each,
    headers: { 'if-none-exist': encodeURI(where) },
  })),
  fc
    .tuple(body, criteria)
    .map(([each, where]) => ({ method: 'PUT', path: `Observation?${where}`, body: each })),
  fc
    .tuple(body, criteria, observationId)
    .map(([each, where, id]) => ({ method: 'PUT', path: `Observation?${where}`, body: { ...each, id } })),
  fc
    .tuple(observationId, patch)
    .map(([id, each]) => ({ method: 'PATCH', path: `Observation/${id}`, body: each, headers: JSON_PATCH })),
  observationId.map((id) => ({ method: 'PATCH', path: `Observation/${id}`, body: fhirPathPatch })),
  fc.tuple(criteria, patch).map(([where, each]) => ({
    method: 'PATCH',
    path: `Observation?${where}`,
    body: each,
    headers: JSON_PATCH,
  })),
  ref.map((each) => ({ method: 'DELETE', path: each })),
  versioned.map(({ ref, versionId }) => ({
    method: 'DELETE',
    path: ref,
    headers: { 'if-match': `W/"${versionId}"` },
  })),
  criteria.map((where) => ({ method: 'DELETE', path: `Observation?${where}` })),
  code.map((c) => ({ method: 'DELETE', path: `Observation?code=${c}&_count=3` })),
  fc
    .tuple(body, observationId)
    .map(([each, id]) => ({ method: 'POST', path: `Observation/${id}/$validate`, body: { ...each, id } })),
  body.map((each) => ({ method: 'POST', path: 'Observation/$validate', body: each })),
  ref.map((each) => ({
    method: 'POST',
    path: `${each}/$meta-add`,
    body: {
      resourceType: 'Parameters',
      parameter: [{ name: 'meta', valueMeta: { tag: [{ system: 'urn:tags', code: 't' }] } }],
    },
  })),
)

// Entries of a batch run at the same time: here none depends on another.
const APART = {
  resourceType: 'Observation',
  status: 'final',
  code: concept('z'),
  subject: reference('Patient/p0'),
  valueString: 'apart',
}

const bundled: fc.Arbitrary<Request> = fc
  .record({
    isBatch: fc.boolean(),
    body,
    patient,
    ref,
    where: criteria,
    code,
    other: ref,
    deletes: fc.boolean(),
  })
  .map(({ isBatch, body, patient, ref, where, code, other, deletes }) => {
    const subject = reference(`Patient?identifier=urn:ids|${patient}`)
    const entry = [
      { resource: isBatch ? APART : { ...body, subject }, request: { method: 'POST', url: 'Observation' } },
      {
        resource: isBatch ? APART : body,
        request: { method: 'POST', url: 'Observation', ifNoneExist: isBatch ? `${where}&code:not=z` : where },
      },
      ...(deletes && !isBatch ? [{ request: { method: 'DELETE', url: ref } }] : []),
      { request: { method: 'GET', url: other } },
      { request: { method: 'GET', url: `Observation?code=${code}&_total=accurate` } },
    ]
    return {
      method: 'POST',
      path: '',
      body: { resourceType: 'Bundle', type: isBatch ? 'batch' : 'transaction', entry },
    }
  })

/** Draws one request that reads. */
export const reading: fc.Arbitrary<Request> = fc.oneof(
  { weight: 10, arbitrary: search },
  { weight: 3, arbitrary: read },
  { weight: 2, arbitrary: operation },
)

/** Draws one request that writes, or asks what a write would come to. */
export const writing: fc.Arbitrary<Request> = fc.oneof(
  { weight: 5, arbitrary: single },
  { weight: 1, arbitrary: bundled },
)

/** Draws one request: one in three writes. */
export const request: fc.Arbitrary<Request> = fc.oneof(
  { weight: 2, arbitrary: reading },
  { weight: 1, arbitrary: writing },
)
