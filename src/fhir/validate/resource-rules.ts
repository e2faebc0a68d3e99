// What the checks of whole resources say. https://hl7.org/fhir/R4/validation.html
import type { RuleTable } from './faults.ts'

export const RESOURCE_RULES: RuleTable = {}
