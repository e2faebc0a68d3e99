// A request, by HTTP or in a Bundle entry, becomes an Interaction: the table of R4's URLs. https://hl7.org/fhir/R4/http.html#summary
import { FhirError } from '../fhir/outcome.ts'
import { assertId, isId, toResource, toResourceAt } from './body.ts'
import type { AppContext } from './context.ts'
import type { Interaction, Patch, Return, Target } from './interaction.ts'
import type { OperationLevel } from './operation-of.ts'
import { assertKnown, type Handling, type Params, parseMask, toQueryString, withoutForm } from './params.ts'
import type { EntityTags } from './precondition.ts'

export interface RestRequest {
  readonly method: string
  /** The path below the base, decoded, without empty ends: `['Patient', '7', '_history']`. */
  readonly segments: readonly string[]
  /** Of the URL, and of the form of a POST to `_search`. */
  readonly params: Params
  readonly body?: unknown
  readonly patch?: Patch
  readonly ifMatch?: EntityTags
  readonly ifNoneMatch?: EntityTags
  readonly ifModifiedSince?: number
  readonly ifNoneExist?: string
  readonly handling: Handling
  readonly return: Return
}

/** What a URL can be resolved against. */
export type Served = Pick<AppContext, 'definitions' | 'operations'>

const NO_PARAMS: ReadonlySet<string> = new Set()

/**
 * Returns what `request` asks for. Throws FhirError: `not-found` for a URL that is none of R4's or an unknown type,
 * `method-not-allowed`, `invalid` or `structure` for a body or parameter that is not what the interaction takes.
 */
export function toInteraction(served: Served, request: RestRequest): Interaction {
  const [first, second, third, fourth] = request.segments
  if (first === undefined) return toSystem(request)
  if (request.segments.length > 4) throw beyondVersion(request)
  if (!/^[A-Z]/.test(first)) return toSystemPath(served, request)
  assertType(served, first)
  if (second === undefined) return toType(request, first)
  if (second === '_search')
    return third === undefined ? toSearch(request, ['POST'], first) : raise(unknownUrl())
  if (second === '_history') return third === undefined ? toHistory(request, first) : raise(unknownUrl())
  if (second.startsWith('$'))
    return third === undefined ? toOperation(served, request, 'type', first) : raise(unknownUrl())
  if (third === undefined) return toInstance(request, first, second)
  if (third === '_history') return toVersion(request, first, second, fourth)
  if (third.startsWith('$'))
    return fourth === undefined
      ? toOperation(served, request, 'instance', first, second)
      : raise(unknownUrl())
  if (fourth !== undefined && fourth !== '_search') throw unknownUrl()
  return toCompartment(served, request, first, second, third, fourth)
}

function raise(error: FhirError): never {
  throw error
}

function unknownUrl(): FhirError {
  return new FhirError('not-found', 'Nothing is at this URL')
}

// R4 has the meta operations on a version too; no version changes here once it is written.
function beyondVersion({ segments: [, , , , name] }: RestRequest): FhirError {
  if (!/^\$meta(-add|-delete)?$/.test(name ?? '')) return unknownUrl()
  return new FhirError(
    'not-supported',
    `${name} of one version is not served: call it on the resource itself`,
  )
}

function notAllowed(method: string): FhirError {
  return new FhirError('method-not-allowed', `${method} is not served at this URL`)
}

function assertType({ definitions }: Served, name: string): void {
  if (definitions.isResourceType(name)) return
  const shown = /^[A-Za-z]{1,64}$/.test(name) ? ` ${name}` : ''
  throw new FhirError('not-found', `There is no resource type${shown} in R4`)
}

function isReading(method: string): boolean {
  return method === 'GET' || method === 'HEAD'
}

function toSystem(request: RestRequest): Interaction {
  if (isReading(request.method)) return toSearch(request, ['GET', 'HEAD'])
  if (request.method !== 'POST') throw notAllowed(request.method)
  assertKnown(withoutForm(request.params), NO_PARAMS)
  const bundle = toResource(request.body, 'Bundle')
  const { type } = bundle
  if (type !== 'batch' && type !== 'transaction')
    throw new FhirError('invalid', 'Bundle.type must be batch or transaction to be posted here')
  return { kind: type, bundle, return: request.return, handling: request.handling }
}

function toSystemPath(served: Served, request: RestRequest): Interaction {
  const [first = '', second] = request.segments
  if (second !== undefined) throw unknownUrl()
  if (first === 'metadata') return toCapabilities(request)
  if (first === '_search') return toSearch(request, ['POST'])
  if (first === '_history') return toHistory(request)
  if (first.startsWith('$')) return toOperation(served, request, 'system')
  throw unknownUrl()
}

function toCapabilities({ method, params, ifNoneMatch }: RestRequest): Interaction {
  if (!isReading(method)) throw notAllowed(method)
  assertKnown(withoutForm(params), new Set(['mode']))
  const modes = params.filter(([name]) => name === 'mode').map(([, value]) => value)
  if (modes.some((mode) => mode !== 'full' && mode !== 'normative'))
    throw new FhirError('not-supported', 'mode must be full or normative')
  return { kind: 'capabilities', ifNoneMatch }
}

function toSearch(request: RestRequest, methods: readonly string[], type?: string): Interaction {
  const { method, params, handling } = request
  if (!methods.includes(method)) throw notAllowed(method)
  return { kind: 'search', type, params: withoutForm(params), handling }
}

function toCompartment(
  served: Served,
  request: RestRequest,
  name: string,
  id: string,
  member: string,
  tail: string | undefined,
): Interaction {
  if (!/^[A-Z*]/.test(member)) throw unknownUrl()
  if (member !== '*') assertType(served, member)
  const type = member === '*' ? undefined : member
  const search = toSearch(request, tail === '_search' ? ['POST'] : ['GET', 'HEAD'], type)
  if (served.definitions.compartment(name, name) === undefined)
    throw new FhirError('not-found', `There is no ${name} compartment`)
  if (!isId(id)) throw unknownUrl()
  return { ...search, compartment: { name, id } } as Interaction
}

function toHistory({ method, params }: RestRequest, type?: string, id?: string): Interaction {
  if (!isReading(method)) throw notAllowed(method)
  return { kind: 'history', type, id, params: withoutForm(params) }
}

function toType(request: RestRequest, type: string): Interaction {
  const { method, ifMatch, ifNoneMatch } = request
  switch (method) {
    case 'GET':
    case 'HEAD':
      return toSearch(request, [method], type)
    case 'POST':
      assertKnown(withoutForm(request.params), NO_PARAMS)
      return {
        kind: 'create',
        type,
        resource: toResource(request.body, type),
        ifNoneExist: request.ifNoneExist,
      }
    case 'PUT':
      return {
        kind: 'update',
        type,
        target: toCriteria(request),
        resource: toResource(request.body, type),
        ifMatch,
        ifNoneMatch,
      }
    case 'PATCH':
      return { kind: 'patch', type, target: toCriteria(request), patch: toPatch(request), ifMatch }
    case 'DELETE':
      return toConditionalDelete(request, type)
  }
  throw notAllowed(method)
}

// Criteria are parsed by the search; here only that there are some.
function toCriteria({ params }: RestRequest): Target {
  const criteria = toQueryString(withoutForm(params))
  if (criteria === '')
    throw new FhirError('invalid', 'Without an id in the URL there must be search criteria: none are given')
  return { criteria }
}

const MAX_DELETES = 1000

function toConditionalDelete(request: RestRequest, type: string): Interaction {
  const counts = request.params.filter(([name]) => name === '_count').map(([, value]) => value)
  const [count] = counts
  if (
    counts.length > 1 ||
    (count !== undefined && !(/^\d{1,4}$/.test(count) && +count >= 1 && +count <= MAX_DELETES))
  )
    throw new FhirError('invalid', `_count of a conditional delete must be a number from 1 to ${MAX_DELETES}`)
  const params = request.params.filter(([name]) => name !== '_count')
  const target = toCriteria({ ...request, params })
  return {
    kind: 'delete',
    type,
    target,
    ifMatch: request.ifMatch,
    atMost: count === undefined ? undefined : +count,
  }
}

function toInstance(request: RestRequest, type: string, id: string): Interaction {
  const { method, ifMatch, ifNoneMatch } = request
  switch (method) {
    case 'GET':
    case 'HEAD':
      return {
        kind: 'read',
        type,
        id,
        mask: request.params.length === 0 ? undefined : parseMask(request.params),
        ifNoneMatch,
        ifModifiedSince: request.ifModifiedSince,
      }
    case 'PUT':
      assertKnown(withoutForm(request.params), NO_PARAMS)
      assertId(id)
      return {
        kind: 'update',
        type,
        target: { id },
        resource: toResourceAt(request.body, type, id),
        ifMatch,
        ifNoneMatch,
      }
    case 'PATCH':
      assertKnown(withoutForm(request.params), NO_PARAMS)
      return { kind: 'patch', type, target: { id }, patch: toPatch(request), ifMatch }
    case 'DELETE':
      assertKnown(withoutForm(request.params), NO_PARAMS)
      return { kind: 'delete', type, target: { id }, ifMatch }
  }
  throw notAllowed(method)
}

function toVersion(
  request: RestRequest,
  type: string,
  id: string,
  versionId: string | undefined,
): Interaction {
  if (versionId === undefined) return toHistory(request, type, id)
  if (!isReading(request.method)) throw notAllowed(request.method)
  const { ifNoneMatch, ifModifiedSince } = request
  return { kind: 'vread', type, id, versionId, mask: parseMask(request.params), ifNoneMatch, ifModifiedSince }
}

function toOperation(
  served: Served,
  request: RestRequest,
  level: OperationLevel,
  type?: string,
  id?: string,
): Interaction {
  const name = request.segments.at(-1)!
  const operation = served.operations.find(
    ({ code, levels, types }) =>
      code === name.slice(1) &&
      levels.includes(level) &&
      (type === undefined || !types || types.includes(type)),
  )
  if (!operation) throw new FhirError('not-found', 'There is no such operation at this URL')
  if (isReading(request.method) && operation.affectsState)
    throw new FhirError('method-not-allowed', `${name} changes what is stored: it must be called by POST`)
  if (!isReading(request.method) && request.method !== 'POST') throw notAllowed(request.method)
  const body = request.body === undefined ? undefined : toResource(request.body)
  const { params, handling } = request
  return { kind: 'operation', operation, level, type, id, params: withoutForm(params), body, handling }
}

function toPatch({ patch }: RestRequest): Patch {
  if (!patch) throw new FhirError('invalid', 'There is no body: a patch is needed')
  return patch
}
