// What $validate is asked: the resource, bare or in Parameters, its mode and profiles. https://hl7.org/fhir/R4/resource-operation-validate.html
import { parseJson } from '../../fhir/json.ts'
import { FhirError } from '../../fhir/outcome.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { AppContext } from '../../interactions/context.ts'
import type { OperationInput } from '../../interactions/operation.ts'
import { quote } from '../../interactions/params.ts'
import { absent } from '../../interactions/read.ts'

const MODES = ['create', 'update', 'delete', 'profile'] as const

export interface Asked {
  readonly resource: Resource
  readonly mode?: (typeof MODES)[number]
  readonly profiles: readonly string[]
  /** Where the resource stands in the body; undefined where it is not in the body at all. */
  readonly place?: readonly (string | number)[]
}

type Pair = readonly [name: string, value: unknown]

/**
 * Returns what is asked. Without a resource in the body that of the URL is looked at. Throws FhirError `invalid` for an
 * unknown mode and where there is no resource, `not-supported` for an unknown parameter, `not-found` as a read does.
 */
export async function readAsked(context: AppContext, input: OperationInput): Promise<Asked> {
  const wrapped = findWrapped(input)
  const pairs: readonly Pair[] = [...input.params, ...(wrapped?.pairs ?? [])]
  const unknown = pairs.find(([name]) => name !== 'mode' && name !== 'profile')
  if (unknown) throw new FhirError('not-supported', `The parameter ${quote(unknown[0])} is not known here`)
  const mode = readMode(pairs)
  const profiles = pairs.flatMap(([name, value]) => (name === 'profile' ? String(value) : []))
  if (mode === 'profile' && profiles.length === 0)
    throw new FhirError('invalid', 'mode=profile needs the parameter profile')
  const own = wrapped ? wrapped.resource : input.body
  const shared = { profiles, ...(mode && { mode }) }
  if (own) return { ...shared, resource: own, place: wrapped?.place ?? [] }
  return { ...shared, resource: await readStored(context, input, mode) }
}

function readMode(pairs: readonly Pair[]): Asked['mode'] {
  const given = pairs.filter(([name]) => name === 'mode').map(([, value]) => value)
  if (given.length === 0) return undefined
  const mode = MODES.find((each) => each === given[0])
  if (!mode || given.length > 1) throw new FhirError('invalid', `mode must be one of ${MODES.join(', ')}`)
  return mode
}

interface Wrapped {
  readonly pairs: readonly Pair[]
  readonly resource: Resource | undefined
  readonly place: readonly (string | number)[]
}

// Parameters may be what is validated, or carry it.
function findWrapped({ body, type }: OperationInput): Wrapped | undefined {
  const parameters = body?.['parameter']
  if (body?.resourceType !== 'Parameters' || !Array.isArray(parameters)) return undefined
  const rows = parameters.filter((each) => typeof each === 'object' && each !== null) as Readonly<
    Record<string, unknown>
  >[]
  const at = rows.findIndex(({ name, resource }) => name === 'resource' && resource !== undefined)
  if (type === 'Parameters' && at < 0) return undefined
  const pairs = rows
    .filter((_, i) => i !== at)
    .map(
      (row): Pair => [String(row['name']), Object.entries(row).find(([key]) => key.startsWith('value'))?.[1]],
    )
  const resource = rows[at]?.['resource'] as Resource | undefined
  return { pairs, resource, place: ['parameter', parameters.indexOf(rows[at]), 'resource'] }
}

async function readStored(
  context: AppContext,
  { policy, type, id }: OperationInput,
  mode: Asked['mode'],
): Promise<Resource> {
  if (type === undefined || id === undefined) {
    if (mode === 'delete') return { resourceType: type ?? 'Resource' }
    throw new FhirError('invalid', 'There is no resource to validate in the body')
  }
  if (!policy.may('read', type)) throw new FhirError('forbidden', 'The scopes granted do not allow this read')
  const version = await context.store.read(policy.readPlan(type, id))
  if (!version?.document) throw absent(type)
  return parseJson(version.document) as Resource
}
