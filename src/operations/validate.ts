// $validate: whether a resource would be accepted, by every rule and profile known here. https://hl7.org/fhir/R4/resource-operation-validate.html
import { isSubsetted } from '../fhir/mask.ts'
import { FhirError, type Issue } from '../fhir/outcome.ts'
import type { AppContext } from '../interactions/context.ts'
import type { Operation, OperationInput } from '../interactions/operation.ts'
import { absent } from '../interactions/read.ts'
import { createResolver } from '../interactions/resolver.ts'
import { inform, type Result } from '../interactions/result.ts'
import { isStanding } from '../interactions/write.ts'
import { type Asked, readAsked } from './validate/asked.ts'

export const operation: Operation = {
  code: 'validate',
  definition: 'http://hl7.org/fhir/OperationDefinition/Resource-validate',
  levels: ['type', 'instance'],
  affectsState: false,
  run,
}

/** Answers 200 with the issues, whatever they are (V3); throws FhirError for what cannot be looked at at all. */
async function run(context: AppContext, input: OperationInput): Promise<Result> {
  const asked = await readAsked(context, input)
  const found =
    asked.mode === 'delete' ? await judgeDelete(context, input) : await judge(context, input, asked)
  const issues = found.length > 0 ? found : inform(`All is well with this ${input.type}`)
  return { kind: 'outcome', issues }
}

async function judge(context: AppContext, input: OperationInput, asked: Asked): Promise<readonly Issue[]> {
  const { policy } = input
  const { resource, profiles } = asked
  const resolve = createResolver(context, policy, context.store)
  const issues = await context.validate(resource, { level: 'all', profiles, resolve })
  return [...judgeAsWrite(input, asked), ...issues.map((issue) => within(issue, asked.place))]
}

// In Parameters the resource stands deeper in the body.
function within(issue: Issue, place: Asked['place']): Issue {
  return issue.path && place ? { ...issue, path: [...place, ...issue.path] } : issue
}

/** What the interaction itself would refuse, before any rule of the resource. */
function judgeAsWrite({ policy, type, id }: OperationInput, { mode, resource }: Asked): readonly Issue[] {
  const issues: Issue[] = []
  const add = (
    code: Issue['code'],
    diagnostics: string,
    expression: string,
    severity: Issue['severity'] = 'error',
  ) => issues.push({ severity, code, diagnostics, expression: [expression] })
  const own = resource.resourceType
  if (own !== type) add('invalid', `The URL is of ${type}, the resource is of another type`, shorten(own))
  if (mode === undefined || own !== type) return issues
  if (isSubsetted(resource))
    add('processing', `The ${own} is tagged SUBSETTED: it is not whole`, `${own}.meta.tag`)
  if (mode === 'create') {
    if (!policy.may('create', own))
      add('forbidden', `The scopes granted do not allow to create a ${own}`, own)
    if (resource.id !== undefined)
      add(
        'informational',
        'A create gives an id of its own; this one is not kept',
        `${own}.id`,
        'information',
      )
  }
  if (mode === 'update') {
    if (!policy.may('update', own))
      add('forbidden', `The scopes granted do not allow to update a ${own}`, own)
    if (resource.id === undefined)
      add('required', `${own}.id is missing: an update must have the id of its URL`, own)
    else if (id !== undefined && resource.id !== id)
      add('invalid', `${own}.id is not the id in the URL`, `${own}.id`)
  }
  return issues
}

function shorten(name: string): string {
  return /^[A-Za-z]{1,64}$/.test(name) ? name : 'Resource'
}

async function judgeDelete(
  context: AppContext,
  { policy, type, id }: OperationInput,
): Promise<readonly Issue[]> {
  if (type === undefined || id === undefined)
    throw new FhirError('invalid', 'mode=delete is asked of one resource: /[type]/[id]/$validate')
  const target = policy.may('delete', type) && (await context.store.read(policy.targetPlan('d', type, id)))
  if (target && isStanding(target)) return inform(`This ${type} may be deleted`)
  const seen = policy.may('read', type) ? await context.store.read(policy.readPlan(type, id)) : undefined
  if (!isStanding(seen)) throw absent(type)
  const diagnostics = `The scopes granted do not allow to delete this ${type}`
  return [{ severity: 'error', code: 'forbidden', diagnostics, expression: [type] }]
}
