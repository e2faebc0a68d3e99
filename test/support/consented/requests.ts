// A grammar of requests into a consented world: searches, reads, histories, operations, writes.
import fc from 'fast-check'
import { actor, grant } from '../consents.ts'
import { versionIdOf } from './pair.ts'
import { code, conditionId, day, encounterId, name, observationId, patient, type Request } from './request.ts'
import { search } from './searches.ts'
import { concept, reference } from './world.ts'

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
    'Provenance/v0',
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

/** A Consent whose references may lead to what is hidden. */
const consent = fc
  .record({
    patient,
    actor: fc.constantFrom('Organization/hospB', 'Organization/none', 'RelatedPerson/rp1'),
    data: ref,
  })
  .map(({ patient, actor: to, data }) =>
    grant({
      id: undefined,
      patient: reference(`Patient/${patient}`),
      performer: [reference(`Patient/${patient}`)],
      provision: {
        type: 'permit',
        actor: [actor(to)],
        data: [{ meaning: 'instance', reference: reference(data) }],
      },
    }),
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
  consent.map((each) => ({ method: 'POST', path: 'Consent/$validate', body: each })),
  // One that is active may change what is visible, in the whole alone.
  consent.map((each) => ({ method: 'POST', path: 'Consent', body: { ...each, status: 'draft' } })),
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
