// Patient/$everything: a whole record, paged; links between Patients are not followed. https://hl7.org/fhir/R4/patient-operation-everything.html
import type { Operation } from '../interactions/operation.ts'
import { answerEverything } from './everything/page.ts'

export const operation: Operation = {
  code: 'everything',
  definition: 'http://hl7.org/fhir/OperationDefinition/Patient-everything',
  levels: ['type', 'instance'],
  types: ['Patient'],
  affectsState: false,
  run: (context, input) => answerEverything(context, input, 'Patient'),
}
