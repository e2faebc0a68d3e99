// A code and the system that gives it its meaning. https://hl7.org/fhir/R4/datatypes.html#Coding
export interface SystemCode {
  readonly system: string
  readonly code: string
}
