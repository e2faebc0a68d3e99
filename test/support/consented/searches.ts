// A grammar of searches into a consented world: every modifier, chains, `_has`, includes, sorts, totals, pages. https://hl7.org/fhir/R4/search.html
import fc from 'fast-check'
import {
  code,
  conditionId,
  day,
  encounterId,
  name,
  observationId,
  patient,
  type Request,
  value,
} from './request.ts'

const oneOf = (...choices: string[]) => fc.constantFrom(...choices)

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
  Provenance: [
    oneOf('agent=Practitioner/drA', 'target=Patient/p0', 'target:missing=false', 'patient.name=山田'),
    code.map((c) => `target:Observation.code=${c}`),
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
    '_revinclude=Provenance:target',
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
  Provenance: ['_include=Provenance:target', '_include=*'],
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

/** Draws one search. */
export const search: fc.Arbitrary<Request> = type.chain((each) =>
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
