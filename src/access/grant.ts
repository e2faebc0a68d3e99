// What a token may be granted at all: checked once, when it is made. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
import { FhirError } from '../fhir/outcome.ts'
import { assertRequester, type GrantContext } from './grant-requester.ts'
import { compileScope } from './policy.ts'
import type { TokenGrant } from './principal.ts'
import { toRole } from './roles.ts'
import { parseScopes, type Scope } from './scopes.ts'

/**
 * Returns the grant as it was asked for, once nothing in it is wrong. Throws FhirError `invalid` naming the first fault:
 *  1. every scope is one of ours;
 *  2. subject, patient, organization, act and role are references of the right kind;
 *  3. the purpose is a code of v3-ActReason below PurposeOfUse or of a registered project;
 *  4. a `patient/` scope has a patient, a `user/` scope a person as subject, a `system/` scope a client;
 *  5. a Patient acts for nobody else, a RelatedPerson for the patient in context; neither for an organisation (2.9);
 *  6. a proxy in `act` stands beside a Patient, and is that Patient's RelatedPerson where the store knows it (P3);
 *  7. the role belongs to the practitioner, is in force, and is with the organisation acted for;
 *  8. BTG and an elevation go together: a reason, one patient, a user as subject, at most 60 minutes (B1);
 *  9. a legal basis is a code, and not a person's (C3c);
 * 10. the parameters of a granular scope are search parameters of its type.
 */
export async function assertGrant(grant: TokenGrant, context: GrantContext): Promise<TokenGrant> {
  const { scopes, refused } = parseScopes(grant.scope, context.definitions.isResourceType)
  if (refused[0] !== undefined) throw invalid(`"${refused[0]}" is not a scope`)
  assertReferences(grant)
  if (!context.purposes.has(grant.purpose))
    throw invalid(
      `The purpose ${grant.purpose} is neither a v3-ActReason code below PurposeOfUse, such as TREAT, nor of a registered project`,
    )
  for (const scope of scopes) assertLevel(scope, grant)
  await assertRequester(grant, context)
  for (const scope of scopes) {
    if (!(await compileScope(scope, context.compileParams)))
      throw invalid(`"${scope.text}" names a parameter that cannot be used in a scope on ${scope.type}`)
  }
  return grant
}

const ID = /^[A-Za-z0-9.-]{1,64}$/

function isReference(text: string, ...types: readonly string[]): boolean {
  const [type = '', id = '', ...rest] = text.split('/')
  return types.includes(type) && ID.test(id) && rest.length === 0
}

function assertReferences({ subject, patient, organization, act, role, purpose }: TokenGrant): void {
  if (!isReference(subject, 'Patient', 'RelatedPerson', 'Practitioner', 'PractitionerRole', 'Client'))
    throw invalid('The subject must be a reference such as Practitioner/7 or Client/importer')
  if (patient !== undefined && !ID.test(patient)) throw invalid('The patient must be an id, such as 42')
  if (organization !== undefined && !isReference(organization, 'Organization'))
    throw invalid('The organization must be a reference such as Organization/3')
  if (act !== undefined && !isReference(act, 'RelatedPerson'))
    throw invalid('Who acts for the patient must be a reference such as RelatedPerson/3')
  if (role !== undefined && !isReference(role, 'PractitionerRole'))
    throw invalid('The role must be a reference such as PractitionerRole/3')
  if (!/^[A-Za-z0-9.-]{1,64}$/.test(purpose))
    throw invalid('The purpose must be a v3-ActReason code, such as TREAT')
}

function assertLevel(scope: Scope, { subject, patient }: TokenGrant): void {
  const isClient = toRole(subject) === 'system'
  if (scope.level === 'patient' && patient === undefined)
    throw invalid(`"${scope.text}" needs a patient to be bound to`)
  if (scope.level === 'user' && isClient) throw invalid(`"${scope.text}" needs a person as its subject`)
  if (scope.level === 'system' && !isClient)
    throw invalid(`"${scope.text}" belongs to a client: its subject cannot be ${subject.split('/')[0]}`)
}

function invalid(diagnostics: string): FhirError {
  return new FhirError('invalid', diagnostics)
}
