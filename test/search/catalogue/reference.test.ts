// Reference and canonical searches, case by case. https://hl7.org/fhir/R4/search.html#reference
import { openCatalogue, refused } from '../../support/naive-search.ts'

const BASE = 'https://own.example/fhir'

const observation = (id: string, subject?: object, more: object = {}) => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { text: 'x' },
  ...(subject && { subject }),
  ...more,
})
const to = (reference: string) => ({ reference })
const answer = (id: string, questionnaire?: string) => ({
  resourceType: 'QuestionnaireResponse',
  id,
  status: 'completed',
  ...(questionnaire && { questionnaire }),
})

const { check } = await openCatalogue(
  [
    observation('relative', to('Patient/p')),
    observation('absolute', to(`${BASE}/Patient/p`)),
    observation('versioned', to('Patient/p/_history/1')),
    observation('foreign', to('https://other.example/fhir/Patient/p')),
    observation('group', to('Group/p')),
    observation('device', to('Device/d')),
    observation('longer', to('Patient/pp')),
    observation('logical', { identifier: { system: 'urn:mrn', value: '7' }, type: 'Patient' }),
    observation('shown', { display: 'Somebody' }),
    observation('contained', to('#me'), { contained: [{ resourceType: 'Patient', id: 'me' }] }),
    observation('uuid', to('urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0')),
    observation('nobody'),
    observation('performed', undefined, {
      performer: [to('Practitioner/x'), to('Organization/y')],
    }),
    answer('plain', 'http://example.org/Questionnaire/q'),
    answer('v1', 'http://example.org/Questionnaire/q|1.0'),
    answer('v10', 'http://example.org/Questionnaire/q|1.0.1'),
    answer('part', 'http://example.org/Questionnaire/q|1.0#part'),
    answer('deeper', 'http://example.org/Questionnaire/q/deeper'),
    answer('none'),
  ],
  { environment: { MUSUBI_BASE_URL: BASE } },
)

check('an id alone, Type/id and our own URL name the same, whichever of them was written', [
  ['Observation?subject=Patient/p', 'relative absolute versioned'],
  [`Observation?subject=${BASE}/Patient/p`, 'relative absolute versioned'],
  ['Observation?subject=p', 'relative absolute versioned group'],
  ['Observation?subject=d', 'device'],
  ['Observation?subject=Group/p', 'group'],
  ['Observation?subject=Patient/P', ''],
  ['Observation?subject=Patient/p/_history/1', 'relative absolute versioned'],
  ['Observation?subject=nothing', ''],
  ['Observation?subject=Patient/pp,Device/d', 'longer device'],
  ['Observation?subject=Patient/p&subject=Group/p', ''],
])

check('another server is another server', [
  ['Observation?subject=https://other.example/fhir/Patient/p', 'foreign'],
  ['Observation?subject=https://other.example/fhir/Patient/pp', ''],
  ['Observation?subject=http://own.example/fhir/Patient/p', ''],
  ['Observation?subject=urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0', 'uuid'],
])

check('a type as modifier narrows an id, and refuses what the parameter cannot point at', [
  ['Observation?subject:Patient=p', 'relative absolute versioned'],
  ['Observation?subject:Group=p', 'group'],
  ['Observation?subject:Patient=Group/p', ''],
  ['Observation?subject:Patient=Patient/p', 'relative absolute versioned'],
  ['Observation?subject:Organization=p', refused('Organization')],
  ['Observation?subject:Nothing=p', refused('Nothing')],
  ['Observation?patient=p', 'relative absolute versioned'],
  ['Observation?patient=Patient/p', 'relative absolute versioned'],
  ['Observation?patient=Group/p', ''],
  ['Observation?patient:Patient=p', 'relative absolute versioned'],
  ['Observation?patient:Group=p', refused('Group')],
])

check('several references of one resource are values of their own', [
  ['Observation?performer=x', 'performed'],
  ['Observation?performer=Practitioner/x&performer=Organization/y', 'performed'],
  ['Observation?performer:Organization=x', ''],
])

check('a logical reference is found by its identifier alone', [
  ['Observation?subject:identifier=urn:mrn|7', 'logical'],
  ['Observation?subject:identifier=7', 'logical'],
  ['Observation?subject:identifier=|7', ''],
  ['Observation?subject:identifier=urn:mrn|', 'logical'],
  ['Observation?patient:identifier=urn:mrn|7', 'logical'],
  ['Observation?subject=7', ''],
])

check('what is contained is no resource of this server', [
  ['Observation?subject=me', ''],
  ['Observation?subject=Patient/me', ''],
  ['Observation?subject=%23me', refused('subject')],
])

check(':missing asks for the element, whatever it says', [
  ['Observation?subject:missing=true', 'nobody performed'],
  [
    'Observation?subject:missing=false',
    'relative absolute versioned foreign group device longer logical shown contained uuid',
  ],
  ['QuestionnaireResponse?questionnaire:missing=true', 'none'],
])

check('a canonical is found without its version and with it', [
  ['QuestionnaireResponse?questionnaire=http://example.org/Questionnaire/q', 'plain v1 v10 part'],
  ['QuestionnaireResponse?questionnaire=http://example.org/Questionnaire/q|1.0', 'v1 part'],
  ['QuestionnaireResponse?questionnaire=http://example.org/Questionnaire/q|1.0.1', 'v10'],
  ['QuestionnaireResponse?questionnaire=http://example.org/Questionnaire/q|1', ''],
  ['QuestionnaireResponse?questionnaire=http://example.org/Questionnaire/q|2.0', ''],
  ['QuestionnaireResponse?questionnaire=http://example.org/Questionnaire/q%23part', 'plain v1 v10 part'],
  ['QuestionnaireResponse?questionnaire=http://example.org/Questionnaire/Q', ''],
  ['QuestionnaireResponse?questionnaire=http://example.org/Questionnaire', ''],
])

check('what is no reference is refused by name', [
  ['Observation?subject=Nothing/p', refused('subject')],
  ['Observation?subject=a b', refused('subject')],
  ['Observation?subject=Patient/', refused('subject')],
  ['Observation?subject=', refused('subject')],
  ['Observation?subject=Patient?name=x', refused('subject')],
  ['Observation?subject:exact=p', refused('exact')],
])
