// The contract of every $operation: one file each in operations/. https://hl7.org/fhir/R4/operations.html
import type { AppContext } from './context.ts'
import type { OperationOf } from './operation-of.ts'

/** An operation of this server; a file of operations/ exports one as `operation`. */
export type Operation = OperationOf<AppContext>

export type { OperationInput } from './operation-of.ts'
