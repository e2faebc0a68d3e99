// $meta-delete: takes profiles, tags and security labels off one resource. https://hl7.org/fhir/R4/resource-operation-meta-delete.html
import type { Operation } from '../interactions/operation.ts'
import { changeMeta } from './meta/change.ts'
import { removeMeta } from './meta/sets.ts'

export const operation: Operation = {
  code: 'meta-delete',
  definition: 'http://hl7.org/fhir/OperationDefinition/Resource-meta-delete',
  levels: ['instance'],
  affectsState: true,
  run: (context, input) => changeMeta(context, input, removeMeta),
}
