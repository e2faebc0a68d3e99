// What one scope lets through of one resource type, as an Expr. https://hl7.org/fhir/R4/compartmentdefinition-patient.html
import type { Definitions } from '../fhir/definitions.ts'
import { ALL, and, type Expr, equals, NONE, not, or, present } from '../search/query.ts'
import { isUniversal } from './directory.ts'
import type { Principal } from './principal.ts'
import { hasRight, toRole } from './roles.ts'
import type { Right, Scope } from './scopes.ts'

/**
 * Returns what a patient's context holds of a type: the Patient, its compartment, own and unassigned Devices, what names
 * the patient as subject, and (to read) what belongs to nobody. Everything else is nothing: an unknown type fails closed.
 */
export function toPatientFilter(definitions: Definitions, patient: string, type: string, right: Right): Expr {
  if (type === 'Patient') return equals('_id', patient)
  // A Group in the compartment names all its other members as well.
  if (type === 'Group') return NONE
  if (isUniversal(type)) return right === 'r' || right === 's' ? ALL : NONE
  const own = `Patient/${patient}`
  const reading = right === 'r' || right === 's'
  if (type === 'Device') return or(equals('patient', own), reading ? unassigned : NONE)
  const param = ['subject', 'patient'].find((code) => targetsPatient(definitions, type, code))
  const subject = param ? equals(param, own) : undefined
  if (!definitions.compartment('Patient', type)?.length) return subject ?? NONE
  const compartment: Expr = { kind: 'compartment', name: 'Patient', id: patient }
  // An Observation one performs is in one's compartment; that must not let one write into another person's record.
  return reading || !subject ? compartment : and(compartment, subject)
}

// An element that is present but gives no entry leaves `…:present` behind.
const unassigned: Expr = not(or(present('patient'), present('patient:present')))

function targetsPatient(definitions: Definitions, type: string, code: string): boolean {
  const param = definitions.searchParameters(type).get(code)
  // A parameter narrowed by where(…) has no entries of its own (src/README.md, "The index").
  return (
    param?.type === 'reference' && param.target.includes('Patient') && !param.expression.includes('where(')
  )
}

/**
 * Returns what `scope` alone lets this principal do with resources of `type` (its granular parameters apart): never more
 * than the role of the subject may, never beyond the patient that the scope or the subject is bound to.
 */
export function toScopeFilter(
  definitions: Definitions,
  principal: Principal,
  scope: Scope,
  type: string,
  right: Right,
): Expr {
  const role = toRole(principal.subject)
  if (!role || !scope.rights.includes(right) || (scope.type !== '*' && scope.type !== type)) return NONE
  if (!hasRight(role, type, right)) return NONE
  switch (scope.level) {
    case 'patient':
      return boundTo(definitions, principal.launch?.patient, type, right)
    case 'user':
      if (role === 'practitioner') return ALL
      return role === 'patient' ? boundTo(definitions, toOwnPatient(principal), type, right) : NONE
    case 'system':
      return role === 'system' ? ALL : NONE
  }
}

function boundTo(definitions: Definitions, patient: string | undefined, type: string, right: Right): Expr {
  return patient === undefined ? NONE : toPatientFilter(definitions, patient, type, right)
}

function toOwnPatient(principal: Principal): string | undefined {
  const [type, id] = principal.subject.split('/')
  return type === 'Patient' ? id : principal.launch?.patient
}
