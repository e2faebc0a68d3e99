// What an $operation is, whatever it is handed to work with. https://hl7.org/fhir/R4/operations.html
import type { Policy } from '../access/policy.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Handling, Params } from './params.ts'
import type { Result } from './result.ts'

export type OperationLevel = 'system' | 'type' | 'instance'

export interface OperationInput {
  /** Whose request it is: every Plan and Change comes from it. */
  readonly policy: Policy
  readonly level: OperationLevel
  readonly type?: string
  readonly id?: string
  /** Of the URL: for a GET all of them, decoded and in order, without `_format` and `_pretty`. */
  readonly params: Params
  /** The body of a POST: Parameters, or the resource that is the only parameter. Its form is not checked yet. */
  readonly body?: Resource
  readonly handling: Handling
  /** True where the answer is to be text of the operation's other media type. */
  readonly text?: boolean
}

export interface OperationOf<Context> {
  /** Without the `$`. */
  readonly code: string
  /** Canonical of its OperationDefinition. */
  readonly definition: string
  readonly levels: readonly OperationLevel[]
  /** Types it can be called on at the levels `type` and `instance`; undefined for every type. */
  readonly types?: readonly string[]
  /** A media type that it can also answer in, by HTTP: with a Result of the kind `text`. */
  readonly mediaType?: string
  /** A GET is refused where true. */
  readonly affectsState: boolean
  /** Throws FhirError for what it refuses. Access is its own to ask of `input.policy`. */
  run(context: Context, input: OperationInput): Promise<Result>
}
