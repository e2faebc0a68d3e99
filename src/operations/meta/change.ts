// A change of the profiles, tags and labels of one resource, through the write door. https://hl7.org/fhir/R4/resource-operation-meta-add.html
import { toRole } from '../../access/roles.ts'
import { parseJson } from '../../fhir/json.ts'
import { FhirError } from '../../fhir/outcome.ts'
import type { Meta, Resource } from '../../fhir/resource.ts'
import type { AppContext } from '../../interactions/context.ts'
import type { OperationInput } from '../../interactions/operation.ts'
import { prepare } from '../../interactions/prepare.ts'
import { putConsent } from '../../interactions/put-consent.ts'
import { absent } from '../../interactions/read.ts'
import type { Result } from '../../interactions/result.ts'
import { commitStep, readTarget, type Step, toUnchanged, type Writing } from '../../interactions/write.ts'
import { readInputs } from '../input/parameters.ts'
import { toMetaParameters } from './sets.ts'

/** What becomes of the meta that stands, given the one that was sent. */
export type MetaChange = (meta: Meta, given: Meta) => Meta

/**
 * Returns the meta that stands after `change`; where it changes nothing, no version is made. Throws FhirError as an update
 * does, `invalid` where no meta was sent.
 */
export async function changeMeta(
  context: AppContext,
  input: OperationInput,
  change: MetaChange,
): Promise<Result> {
  const { policy } = input
  const [type, id] = [input.type!, input.id!]
  const [given] = readInputs(context, input, { meta: { max: 1, value: 'element' } })('meta')
  if (given === undefined) throw new FhirError('invalid', 'The parameter meta is missing')
  if (!policy.may('update', type))
    throw new FhirError('forbidden', 'The scopes granted do not allow this update')
  const writing: Writing = { context, policy, reader: context.store }
  const result = await commitStep(context, () => planChange(writing, type, id, change, given as Meta))
  if (result.kind !== 'written') return result
  const { meta = {} } = parseJson(result.version.document) as Resource
  return { kind: 'resource', resource: toMetaParameters(meta) }
}

async function planChange(
  writing: Writing,
  type: string,
  id: string,
  change: MetaChange,
  given: Meta,
): Promise<Step> {
  // LI3: a label is lowered by a human, where $meta-delete names it.
  const mayLower = toRole(writing.policy.principal.subject) !== 'system'
  const current = await readTarget(writing, 'u', type, id)
  if (!current) throw absent(type)
  const { document } = current
  if (document === undefined) return { kind: 'done', result: { kind: 'gone', version: current } }
  const resource = parseJson(document) as Resource
  const changed = { ...resource, id, meta: change(resource.meta ?? {}, given) }
  const prepared = await prepare(writing, changed, { stored: current, shown: current, mayLower })
  const unchanged = toUnchanged({ ...current, document }, prepared)
  if (unchanged) return unchanged
  return putConsent(writing, prepared, 'PATCH', { version: current.versionId }, current)
}
