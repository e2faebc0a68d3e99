// The operator's policies as they are written in a file, checked field by field (C3b, C3c, U5).
import { FhirError } from '../fhir/outcome.ts'
import type { AdminPolicy, OptOutSecondary } from './state.ts'
import type { Vocabulary } from './vocabulary.ts'

/** A row of the collection of policies: notices are rows of their own. */
export type PolicyRow = Exclude<AdminPolicy, OptOutSecondary> | Omit<OptOutSecondary, 'notices'>

/** Says what is wrong with a value; undefined: nothing. */
type Check = (value: unknown, vocabulary: Vocabulary) => string | undefined

interface Field {
  readonly check: Check
  readonly required?: true
}

const matching =
  (pattern: RegExp, wanted: string): Check =>
  (value) =>
    typeof value === 'string' && pattern.test(value) ? undefined : wanted

const PATIENT = matching(/^Patient\/[A-Za-z0-9.-]{1,64}$/, 'a reference such as Patient/1')
const ORGANIZATION = matching(/^Organization\/[A-Za-z0-9.-]{1,64}$/, 'a reference such as Organization/3')
const ACTOR = matching(
  /^(Organization|Practitioner|PractitionerRole|RelatedPerson|Patient|Group|CareTeam|Client)\/[A-Za-z0-9.-]{1,64}$/,
  'a reference such as Organization/3 or Practitioner/7',
)
const CODE = matching(/^[A-Za-z0-9._-]{1,64}$/, 'a code of letters, digits, dots and dashes')
const PURPOSE: Check = (value, { purposes }) =>
  typeof value === 'string' && purposes.has(value)
    ? undefined
    : 'a v3-ActReason code below PurposeOfUse, or that of a registered project'
const SECONDARY: Check = (value, vocabulary) =>
  PURPOSE(value, vocabulary) ??
  (vocabulary.purposes.isSecondary(value as string)
    ? undefined
    : 'a purpose of secondary use, such as HRESCH')
// U5: a notice is to be at least 30 days old.
const DAYS: Check = (value) =>
  Number.isInteger(value) && Number(value) >= 30 && Number(value) <= 3650
    ? undefined
    : 'a whole number of days, from 30 to 3650'

/** What each kind of policy states. */
const FIELDS: Readonly<Record<PolicyRow['kind'], Readonly<Record<string, Field>>>> = {
  'hard-deny': { patient: { check: PATIENT }, actor: { check: ACTOR }, purpose: { check: PURPOSE } },
  'statutory-permit': {
    legalBasis: { check: CODE, required: true },
    patient: { check: PATIENT },
    actor: { check: ACTOR },
  },
  'optout-secondary': {
    purpose: { check: SECONDARY, required: true },
    operator: { check: ORGANIZATION, required: true },
    provider: { check: ORGANIZATION, required: true },
    days: { check: DAYS, required: true },
  },
}

/**
 * Returns the policy that `value` states. Throws FhirError `invalid` naming the first field that is missing, unknown or not
 * right; a hard deny must say against whom, for whom or for what, since one that says nothing would close the server.
 */
export function parsePolicy(value: unknown, vocabulary: Vocabulary): PolicyRow {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('A policy is one JSON object')
  const { kind, id, ...stated } = value as Readonly<Record<string, unknown>>
  const fields =
    typeof kind === 'string' && Object.hasOwn(FIELDS, kind) ? FIELDS[kind as PolicyRow['kind']] : undefined
  if (!fields) throw invalid(`kind must be one of ${Object.keys(FIELDS).join(', ')}`)
  const fault = CODE(id, vocabulary)
  if (fault) throw invalid(`id must be ${fault}`)
  for (const name of Object.keys(stated))
    if (!Object.hasOwn(fields, name))
      throw invalid(`A ${kind} has no ${name}; it has ${Object.keys(fields).join(', ')}`)
  for (const [name, { check, required }] of Object.entries(fields)) {
    if (stated[name] === undefined && !required) continue
    const wanted = check(stated[name], vocabulary)
    if (wanted) throw invalid(`${name} must be ${wanted}`)
  }
  if (kind === 'hard-deny' && Object.keys(stated).length === 0)
    throw invalid('A hard-deny must name a patient, an actor or a purpose')
  return value as PolicyRow
}

function invalid(diagnostics: string): FhirError {
  return new FhirError('invalid', diagnostics)
}
