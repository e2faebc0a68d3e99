// What a token may be granted at all: checked once, when it is made. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
import { FhirError } from '../fhir/outcome.ts'
import { compileScope, type PolicyContext } from './policy.ts'
import type { TokenGrant } from './principal.ts'
import { toRole } from './roles.ts'
import { parseScopes, type Scope } from './scopes.ts'

const ID = /^[A-Za-z0-9.-]{1,64}$/
const SUBJECT = /^(Patient|RelatedPerson|Practitioner|PractitionerRole|Client)\/[A-Za-z0-9.-]{1,64}$/

/**
 * Returns the grant as it was asked for, once nothing in it is wrong. Throws FhirError `invalid` naming the first fault:
 * 1. every scope is one of ours; 2. subject, patient and organization are references of the right kind; 3. a `patient/`
 * scope has a patient; 4. a `user/` scope has a person as subject; 5. a `system/` scope has a client as subject;
 * 6. the parameters of a granular scope are search parameters of its type.
 */
export async function assertGrant(grant: TokenGrant, context: PolicyContext): Promise<TokenGrant> {
  const { scopes, refused } = parseScopes(grant.scope, context.definitions.isResourceType)
  if (refused[0] !== undefined) throw invalid(`"${refused[0]}" is not a scope`)
  assertReferences(grant)
  for (const scope of scopes) assertLevel(scope, grant)
  for (const scope of scopes) {
    if (!(await compileScope(scope, context.compileParams)))
      throw invalid(`"${scope.text}" names a parameter that cannot be used in a scope on ${scope.type}`)
  }
  return grant
}

function assertReferences({ subject, patient, organization, purpose }: TokenGrant): void {
  if (!SUBJECT.test(subject))
    throw invalid('The subject must be a reference such as Practitioner/7 or Client/importer')
  if (patient !== undefined && !ID.test(patient)) throw invalid('The patient must be an id, such as 42')
  if (organization !== undefined && !/^Organization\/[A-Za-z0-9.-]{1,64}$/.test(organization))
    throw invalid('The organization must be a reference such as Organization/3')
  if (!/^[A-Z0-9]{2,20}$/.test(purpose))
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
