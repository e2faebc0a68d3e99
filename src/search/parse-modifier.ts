// The values of one parameter under its modifier: commas unite, `:not` and `:missing` look at all of them. https://hl7.org/fhir/R4/search.html#modifiers
import type { SearchParameter } from '../fhir/definitions.ts'
import { FhirError } from '../fhir/outcome.ts'
import { type SearchContext, show } from './context.ts'
import { type Found, findParameter } from './find-parameter.ts'
import { joinedCondition, pairsOf } from './paired.ts'
import { splitValue, unescapeValue } from './parse-value.ts'
import { and, type Expr, equals, not, or, present, startsWith } from './query.ts'
import { compileJoined } from './types/composite.ts'
import { compileDate } from './types/date.ts'
import { compileNear } from './types/near.ts'
import { compileNumber } from './types/number.ts'
import { compileQuantity } from './types/quantity.ts'
import { compileReference } from './types/reference.ts'
import { compileString } from './types/string.ts'
import { compileHierarchy, compileIn } from './types/terminology.ts'
import { compileOfType, compileToken, compileTokenText } from './types/token.ts'
import { compileUri } from './types/uri.ts'

export interface Asked {
  readonly code: string
  readonly modifier?: string
  /** With its escapes. */
  readonly value: string
}

/** Resolves to the condition of a parameter that is neither chained nor reversed. Rejects with FhirError as its type does. */
export async function compileValues(context: SearchContext, type: string, asked: Asked): Promise<Expr> {
  const found = findParameter(context, type, asked.code)
  const { modifier, value } = asked
  if (modifier === 'missing') return compileMissing(context, type, found, value)
  if (modifier === 'not' || modifier === 'not-in') {
    if (found.parameter.type !== 'token') throw unknownModifier(asked)
    const positive = modifier === 'not' ? undefined : 'in'
    return not(await compileValues(context, type, { ...asked, modifier: positive }))
  }
  const values = splitValue(value, ',', asked.code)
  if (values.includes('')) throw new FhirError('invalid', `A value of ${show(asked.code)} is empty`)
  return or(
    ...(await Promise.all(values.map((each) => compileOne(context, type, found, { ...asked, value: each })))),
  )
}

/** Sibling parameters that the README's table names: what of an element may stand under. */
const SIBLINGS: Partial<Record<SearchParameter['type'], readonly string[]>> = {
  token: ['text', 'of-type'],
  reference: ['identifier'],
  number: ['range'],
  quantity: ['range'],
}

function compileMissing(context: SearchContext, type: string, found: Found, value: string): Expr {
  if (value !== 'true' && value !== 'false')
    throw new FhirError('invalid', `The value of ${show(found.parameter.code)}:missing must be true or false`)
  const there = compilePresent(context, type, found)
  return value === 'true' ? not(there) : there
}

function compilePresent(context: SearchContext, type: string, { parameter, served }: Found): Expr {
  const of = (code: string) => compilePresent(context, type, findParameter(context, type, code))
  if (served.kind === 'union') return or(...served.of.map(of))
  if (served.kind === 'root') return and(...served.components.map(of))
  if (served.kind === 'narrowed')
    return or(startsWith(served.param, `${served.type}/`), {
      kind: 'match',
      param: served.param,
      contains: `/${served.type}/`,
    })
  const { code } = parameter
  // An element with one part of a composite is no value of it.
  const siblings =
    parameter.type === 'composite' ? ['range'] : ['present', ...(SIBLINGS[parameter.type] ?? [])]
  return or(present(code), ...siblings.map((each) => present(`${code}:${each}`)))
}

async function compileOne(context: SearchContext, type: string, found: Found, asked: Asked): Promise<Expr> {
  const { parameter, served } = found
  const again = (code: string, value: string, modifier = asked.modifier) => {
    const next = findParameter(context, type, code)
    return compileOne(context, type, next, { code, modifier, value })
  }
  switch (served.kind) {
    case 'union':
      return or(...(await Promise.all(served.of.map((code) => again(code, asked.value)))))
    case 'narrowed':
      return compileReferenceValue(context, served.param, [served.type], asked, true)
    case 'root': {
      if (asked.modifier !== undefined) throw unknownModifier(asked)
      const parts = splitParts(parameter, asked.value)
      const pair = pairsOf(context.definitions, type).find(({ code }) => code === parameter.code)
      const joined = pair && joinedCondition(context.definitions, pair, parts[0]!, parts[1]!)
      if (joined) return joined
      return and(
        ...(await Promise.all(served.components.map((code, n) => again(code, parts[n]!, undefined)))),
      )
    }
    case 'joined':
      if (asked.modifier !== undefined) throw unknownModifier(asked)
      return compileJoined(context, parameter.code, served.components, splitParts(parameter, asked.value))
    case 'own':
    case 'none':
      return compileOwn(context, parameter, asked)
  }
}

function splitParts({ code, component }: SearchParameter, value: string): readonly string[] {
  const parts = splitValue(value, '$')
  if (parts.length === component.length && !parts.includes('')) return parts
  throw new FhirError(
    'invalid',
    `A value of the composite parameter ${code} has ${component.length} parts, separated by $`,
  )
}

async function compileOwn(context: SearchContext, parameter: SearchParameter, asked: Asked): Promise<Expr> {
  const { code, modifier, value } = asked
  const { settings } = context
  switch (parameter.type) {
    case 'token':
      return code === '_id' ? compileId(asked) : compileTokenValue(context, asked)
    case 'string':
      if (modifier !== undefined && modifier !== 'exact' && modifier !== 'contains')
        throw unknownModifier(asked)
      return compileString(code, modifier, value)
    case 'uri':
      if (modifier !== undefined && modifier !== 'above' && modifier !== 'below') throw unknownModifier(asked)
      return compileUri(code, modifier, value)
    case 'reference': {
      const { target } = parameter
      return compileReferenceValue(
        context,
        code,
        target.length > 0 ? target : context.definitions.resourceTypes,
        asked,
      )
    }
  }
  if (modifier !== undefined) throw unknownModifier(asked)
  if (parameter.type === 'special') return compileNear(code, value)
  if (parameter.type === 'date') return compileDate(code, value, settings.timeZone, Date.now())
  return parameter.type === 'number' ? compileNumber(code, value) : compileQuantity(code, value)
}

function compileId(asked: Asked): Expr {
  if (asked.modifier !== undefined) throw unknownModifier(asked)
  return equals('_id', unescapeValue(asked.value))
}

async function compileTokenValue({ definitions, terminology }: SearchContext, asked: Asked): Promise<Expr> {
  const { code, modifier, value } = asked
  const caseSensitive = definitions.caseSensitiveSystems
  switch (modifier) {
    case undefined:
      return compileToken(code, value, caseSensitive)
    case 'text':
      return compileTokenText(code, value)
    case 'of-type':
      return compileOfType(code, value)
    case 'in':
      return compileIn(code, value, { terminology, caseSensitive })
    case 'above':
    case 'below':
      return compileHierarchy(code, modifier, value, { terminology, caseSensitive })
  }
  throw unknownModifier(asked)
}

function compileReferenceValue(
  { definitions, settings }: SearchContext,
  param: string,
  types: readonly string[],
  asked: Asked,
  only = false,
): Expr {
  const { modifier, value } = asked
  const targets = { definitions, baseUrl: settings.baseUrl, types, only }
  if (modifier === undefined) return compileReference(param, value, targets)
  if (modifier === 'identifier')
    return compileToken(`${param}:identifier`, value, definitions.caseSensitiveSystems)
  if (!definitions.isResourceType(modifier)) throw unknownModifier(asked)
  if (!types.includes(modifier))
    throw new FhirError('invalid', `${show(asked.code)} does not point at ${modifier}`)
  return compileReference(param, value, { ...targets, types: [modifier], only: true })
}

function unknownModifier({ code, modifier = '' }: Asked): FhirError {
  return new FhirError(
    'not-supported',
    `The modifier ${show(modifier)} is not served on the parameter ${show(code)}`,
  )
}
