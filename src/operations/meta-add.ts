// $meta-add: puts profiles, tags and security labels on one resource. https://hl7.org/fhir/R4/resource-operation-meta-add.html
import type { Operation } from '../interactions/operation.ts'
import { changeMeta } from './meta/change.ts'
import { addMeta } from './meta/sets.ts'

export const operation: Operation = {
  code: 'meta-add',
  definition: 'http://hl7.org/fhir/OperationDefinition/Resource-meta-add',
  levels: ['instance'],
  affectsState: true,
  run: (context, input) => changeMeta(context, input, addMeta),
}
