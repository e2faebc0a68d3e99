// Which kind of thing a resource type is: what everybody shares, what describes the server, what belongs to people.
// https://hl7.org/fhir/R4/compartmentdefinition-patient.html (those without a Patient are shared or fail closed)

/** Organisations, staff and substances: readable by all who hold a scope, written by system clients only. */
const DIRECTORY = [
  'Endpoint',
  'HealthcareService',
  'InsurancePlan',
  'Location',
  'Medication',
  'MedicationKnowledge',
  'Organization',
  'OrganizationAffiliation',
  'Practitioner',
  'PractitionerRole',
  'Substance',
]

/** Conformance, terminology and clinical definitions: nobody's personal data. */
const DEFINITION = [
  'ActivityDefinition',
  'CapabilityStatement',
  'ChargeItemDefinition',
  'CodeSystem',
  'CompartmentDefinition',
  'ConceptMap',
  'DeviceDefinition',
  'EventDefinition',
  'ExampleScenario',
  'GraphDefinition',
  'ImplementationGuide',
  'Library',
  'Measure',
  'MessageDefinition',
  'NamingSystem',
  'ObservationDefinition',
  'OperationDefinition',
  'PlanDefinition',
  'Questionnaire',
  'ResearchDefinition',
  'ResearchElementDefinition',
  'SearchParameter',
  'SpecimenDefinition',
  'StructureDefinition',
  'StructureMap',
  'TerminologyCapabilities',
  'TestReport',
  'TestScript',
  'ValueSet',
]

/** What tells about the server and its users rather than about care. */
const OPERATIONAL = ['AuditEvent', 'Subscription', 'MessageHeader', 'OperationOutcome', 'Parameters']

export type TypeClass = 'directory' | 'definition' | 'operational' | 'personal'

const CLASSES = new Map<string, TypeClass>([
  ...DIRECTORY.map((type) => [type, 'directory'] as const),
  ...DEFINITION.map((type) => [type, 'definition'] as const),
  ...OPERATIONAL.map((type) => [type, 'operational'] as const),
])

/** Returns the class of a resource type; whatever is not known to be shared is personal. */
export function toTypeClass(type: string): TypeClass {
  return CLASSES.get(type) ?? 'personal'
}

/** True of types that hold nobody's personal data: in a patient's context they are readable and never writable. */
export function isUniversal(type: string): boolean {
  const of = toTypeClass(type)
  return of === 'directory' || of === 'definition'
}

/** True of types that are about people: what refers to one of them must not tell of what is hidden. */
export function isPersonal(type: string): boolean {
  return !isUniversal(type)
}
