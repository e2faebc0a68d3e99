// Rules 5 to 9 of a grant: who the requester is, for whom and in what capacity. The list is in grant.ts.
import type { Purposes } from '../consent/purposes.ts'
import type { DirectoryRecords } from '../consent/records.ts'
import { FhirError } from '../fhir/outcome.ts'
import { identify } from './identities.ts'
import type { PolicyContext } from './policy.ts'
import { type TokenGrant, toPrincipal } from './principal.ts'

/** What a grant is checked by. */
export interface GrantContext extends PolicyContext {
  readonly purposes: Pick<Purposes, 'has'>
  readonly records: DirectoryRecords
  /** IANA zone of periods without an offset. */
  readonly timeZone: string
}

const MAX_ELEVATED_MS = 60 * 60 * 1000
const LEGAL_BASIS = /^[A-Za-z0-9._-]{1,64}$/

/** Throws FhirError `invalid` naming the first of rules 5 to 9 that the grant breaks. */
export async function assertRequester(grant: TokenGrant, context: GrantContext): Promise<void> {
  assertPerson(grant)
  await assertProxy(grant, context)
  await assertRole(grant, context)
  assertElevation(grant)
  const { legalBasis } = grant
  if (legalBasis === undefined) return
  if (!LEGAL_BASIS.test(legalBasis)) throw invalid('The legal basis must be a code of at most 64 characters')
  if (isPerson(grant)) throw invalid('A legal basis is claimed by an organisation, not by a person')
}

function isPerson({ subject }: TokenGrant): boolean {
  return subject.startsWith('Patient/') || subject.startsWith('RelatedPerson/')
}

// Rule 5.
function assertPerson(grant: TokenGrant): void {
  const { subject, patient, organization } = grant
  if (!isPerson(grant)) return
  if (organization !== undefined) throw invalid(`${subject} acts for no organization`)
  if (subject.startsWith('RelatedPerson/')) {
    if (patient === undefined) throw invalid(`${subject} needs a patient for whom it acts`)
  } else if (patient !== undefined && subject !== `Patient/${patient}`)
    throw invalid(`${subject} cannot have another patient in context`)
}

// Rule 6.
async function assertProxy({ subject, act, patient }: TokenGrant, { records }: GrantContext): Promise<void> {
  if (act !== undefined && !subject.startsWith('Patient/'))
    throw invalid(`${act} acts for a patient: the subject must be that Patient, not ${subject}`)
  const proxy = act ?? (subject.startsWith('RelatedPerson/') ? subject : undefined)
  const related = proxy && (await records.current(proxy))
  if (!related) return
  const represented = act === undefined ? `Patient/${patient}` : subject
  const of = (related['patient'] as { reference?: unknown } | undefined)?.reference
  if (of !== represented) throw invalid(`${proxy} is not related to ${represented}`)
}

// Rule 7.
async function assertRole(grant: TokenGrant, context: GrantContext): Promise<void> {
  const { subject, role, organization } = grant
  if (role !== undefined && !subject.startsWith('Practitioner/'))
    throw invalid(`${role} needs a Practitioner as subject`)
  const { records, timeZone, definitions } = context
  const principal = toPrincipal(grant, definitions)
  const { isContradicted } = await identify(principal, { records, timeZone, admin: [], time: Date.now() })
  if (isContradicted)
    throw invalid(
      `The directory knows no role in force of ${subject} with ${organization ?? 'any organization'}${role === undefined ? '' : ` as ${role}`}`,
    )
}

// Rule 8.
function assertElevation({ purpose, elevation, subject, expiresAt }: TokenGrant): void {
  if ((purpose === 'BTG') !== (elevation !== undefined))
    throw invalid('BTG is the purpose of an elevated token, and of no other')
  if (!elevation) return
  if (elevation.reason.trim() === '') throw invalid('An elevation needs a reason')
  if (elevation.patient === undefined) throw invalid('An elevation is for one patient: name it')
  if (!/^(Practitioner|PractitionerRole)\//.test(subject))
    throw invalid(`An elevation is for a practitioner, who is there: its subject cannot be ${subject}`)
  // A second for the way from the clock that set it.
  if (expiresAt > Date.now() + MAX_ELEVATED_MS + 1000)
    throw invalid('An elevation lasts at most 60 minutes (3600 seconds)')
}

function invalid(diagnostics: string): FhirError {
  return new FhirError('invalid', diagnostics)
}
