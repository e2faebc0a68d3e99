// Encounter/$everything: what belongs to one encounter, paged. https://hl7.org/fhir/R4/encounter-operation-everything.html
import type { Operation } from '../interactions/operation.ts'
import { answerEverything } from './everything/page.ts'

export const operation: Operation = {
  code: 'everything',
  definition: 'http://hl7.org/fhir/OperationDefinition/Encounter-everything',
  levels: ['instance'],
  types: ['Encounter'],
  affectsState: false,
  run: (context, input) => answerEverything(context, input, 'Encounter'),
}
