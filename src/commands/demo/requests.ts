// The story as requests to paste, in the order in which they are to be sent. The counts in the words are those of a fresh demo.
import { VISIT } from '../../../scripts/demo/consents.ts'
import { CAST, SENSITIVE } from '../../../scripts/demo/story.ts'
import type { TokenGrant } from '../../access/principal.ts'

/** What tokens of the demo have in common stands in `demo.ts`. */
export type DemoGrant = Omit<TokenGrant, 'client' | 'expiresAt'>

/** A request to paste; `words` say what comes back, with `(total N)`, `(entries N)` or `(404)` where that is all of it. */
export interface DemoRequest {
  readonly words: string
  /** Name of the token. */
  readonly as: string
  /** Beneath the base. */
  readonly path: string
  /** Posted. */
  readonly body?: string
}

const toDoctor = (organization: string): DemoGrant => ({
  subject: `Practitioner/${toId(organization)}-doctor-1`,
  scope: 'user/*.rs',
  purpose: 'TREAT',
  organization,
})

const toProxy = (subject: string, patient: string): DemoGrant => ({
  subject,
  patient: toId(patient),
  scope: 'patient/*.rs',
  purpose: 'FAMRQT',
})

/** Who asks in the story, by the name of the token. */
export const STORY_GRANTS: Readonly<Record<string, DemoGrant>> = {
  HOSPITAL_A: toDoctor(CAST.hospitalA),
  HOSPITAL_B: toDoctor(CAST.hospitalB),
  STUDY: {
    subject: 'Client/demo-study',
    scope: 'system/*.rs',
    purpose: 'demo-study',
    organization: CAST.university,
  },
  HANAKO: {
    subject: CAST.resident,
    patient: toId(CAST.resident),
    scope: 'patient/*.cruds',
    purpose: 'PATRQT',
  },
  HUSBAND: toProxy(CAST.husband, CAST.resident),
  MOTHER: toProxy(CAST.mother, CAST.child),
}

function toSearch(patient: string): string {
  return `?_type=Condition,Observation,MedicationDispense&patient=${patient}&_total=accurate&_elements=code,subject&_pretty=true`
}

function toId(ref: string): string {
  return ref.slice(ref.indexOf('/') + 1)
}

const SEARCH = toSearch(CAST.resident)
const SEARCH_CHILD = toSearch(CAST.child)
const EXPLAIN = `$explain-access?requester=${CAST.hospitalB}&purpose=TREAT&_pretty=true`
const REASON = JSON.stringify({
  resourceType: 'Parameters',
  parameter: [{ name: 'reason', valueString: '通院が終わったため' }],
})

const BEFORE: readonly DemoRequest[] = [
  {
    words: 'Hospital A holds four of the nine, and needs no consent for its own (total 4)',
    as: 'HOSPITAL_A',
    path: SEARCH,
  },
  {
    words:
      "Hospital B holds two; Hanako's consent opens the rest for treatment, but not psychiatry (total 8)",
    as: 'HOSPITAL_B',
    path: SEARCH,
  },
  {
    words:
      'The study may have observations alone, each with the id of whose it is; research is told no totals (entries 5)',
    as: 'STUDY',
    path: SEARCH,
  },
  {
    words: 'but not the name, birth date and address behind that id (404)',
    as: 'STUDY',
    path: CAST.resident,
  },
  { words: 'Hanako sees all of her own record (total 9)', as: 'HANAKO', path: SEARCH },
  {
    words: 'Her husband acts for her, by a delegation without psychiatry (total 8)',
    as: 'HUSBAND',
    path: SEARCH,
  },
  {
    words: "As a mother she acts for her child, and sees the child's record (total 2)",
    as: 'MOTHER',
    path: SEARCH_CHILD,
  },
  {
    words: 'of which hospital A, who has none of it and no consent, sees nothing (total 0)',
    as: 'HOSPITAL_A',
    path: SEARCH_CHILD,
  },
  {
    words: "Why hospital B has hypertension: the consent's rule permits it",
    as: 'HANAKO',
    path: `Condition/demo-hypertension/${EXPLAIN}`,
  },
  {
    words: 'Why it has not the depression: a rule within the same consent denies it',
    as: 'HANAKO',
    path: `${SENSITIVE}/${EXPLAIN}`,
  },
  {
    words: 'For hospital B what it may not see and what is not there are one (404)',
    as: 'HOSPITAL_B',
    path: SENSITIVE,
  },
]

const AFTER: readonly DemoRequest[] = [
  {
    words: 'Hanako withdraws the consent: it is inactive from now on, and never deleted',
    as: 'HANAKO',
    path: `${VISIT}/$revoke-consent?_pretty=true`,
    body: REASON,
  },
  { words: 'Hospital B is left with what it holds itself (total 2)', as: 'HOSPITAL_B', path: SEARCH },
  { words: 'Nothing has changed for hospital A (total 4)', as: 'HOSPITAL_A', path: SEARCH },
  {
    words: 'and nothing for the study, which has a consent of its own (entries 5)',
    as: 'STUDY',
    path: SEARCH,
  },
  { words: 'Hanako still sees all (total 9)', as: 'HANAKO', path: SEARCH },
  {
    words: 'Why hospital B has hypertension no more: nothing permits it',
    as: 'HANAKO',
    path: `Condition/demo-hypertension/${EXPLAIN}`,
  },
]

const PERSON: readonly DemoRequest[] = [
  {
    words: 'Who may see how much of her record now',
    as: 'HANAKO',
    path: `${CAST.resident}/$effective-access?_pretty=true`,
  },
  {
    words: 'What was given to whom: the records of provision to third parties (APPI, articles 29 and 33)',
    as: 'HANAKO',
    path: `${CAST.resident}/$provision-records?_format=text/csv`,
  },
  {
    words: 'Every access to her record, by whom and for what purpose',
    as: 'HANAKO',
    path: 'AuditEvent?_count=5&_total=accurate&_pretty=true',
  },
]

/** The chapters of the story, by their titles. */
export const CHAPTERS: Readonly<Record<string, readonly DemoRequest[]>> = {
  'One search, and who asks': BEFORE,
  'A consent is withdrawn': AFTER,
  'What Hanako can ask': PERSON,
}
