// What a role may do at all, before any scope is looked at: one table role × kind of type × right.
import { type TypeClass, toTypeClass } from './directory.ts'
import type { Right } from './scopes.ts'

export type Role = 'patient' | 'practitioner' | 'system'

/** Evidence: a consent is revoked by its status (S4), and what was done stays on record. */
const KEPT = { AuditEvent: 'crus', Consent: 'crus', Provenance: 'crus' } as const

/** Rights per class of type, and for single types where they differ from their class. */
const ROLES: Readonly<
  Record<Role, Readonly<Record<TypeClass, string>> & { types: Readonly<Record<string, string>> }>
> = {
  patient: {
    directory: 'rs',
    definition: 'rs',
    operational: '',
    personal: 'rs',
    types: {
      AuditEvent: 'rs',
      Patient: 'rus',
      RelatedPerson: 'crus',
      // What people keep about themselves.
      AllergyIntolerance: 'cruds',
      Appointment: 'crus',
      AppointmentResponse: 'crus',
      Communication: 'crus',
      CommunicationRequest: 'crus',
      Consent: 'crus',
      DocumentReference: 'cruds',
      FamilyMemberHistory: 'cruds',
      // By it a person registers who treats them (D2).
      EpisodeOfCare: 'crus',
      Goal: 'cruds',
      Media: 'cruds',
      MedicationStatement: 'cruds',
      Observation: 'cruds',
      QuestionnaireResponse: 'cruds',
    },
  },
  practitioner: {
    directory: 'rs',
    definition: 'rs',
    operational: '',
    personal: 'cruds',
    types: {
      ...KEPT,
      AuditEvent: '',
      MessageHeader: 'rs',
      Patient: 'crus',
      Questionnaire: 'crus',
      PlanDefinition: 'crus',
      // A review is done or cancelled, not made away with by whom it is about.
      Task: 'crus',
    },
  },
  system: {
    directory: 'cruds',
    definition: 'cruds',
    operational: 'cruds',
    personal: 'cruds',
    types: KEPT,
  },
}

// A RelatedPerson has no compartment of its own: it acts for the patient of the launch, with a patient's rights.
const SUBJECTS: Readonly<Record<string, Role>> = {
  Patient: 'patient',
  RelatedPerson: 'patient',
  Practitioner: 'practitioner',
  PractitionerRole: 'practitioner',
  Client: 'system',
}

/** Returns the role of a subject such as `Practitioner/7`, or undefined: a subject of no known role may do nothing. */
export function toRole(subject: string): Role | undefined {
  return SUBJECTS[subject.slice(0, subject.indexOf('/'))]
}

/** True where the table lets the role do this with any resource of the type. */
export function hasRight(role: Role, type: string, right: Right): boolean {
  const rights = ROLES[role].types[type] ?? ROLES[role][toTypeClass(type)]
  return rights.includes(right)
}
