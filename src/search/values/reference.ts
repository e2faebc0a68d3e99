// References and canonicals, by what they name. https://hl7.org/fhir/R4/search.html#reference
import { parseReference } from '../../fhir/reference.ts'
import type { Reference, Resource } from '../../fhir/resource.ts'
import { canonicalKeys, shorten } from '../keys.ts'
import { type CompileValue, type Identifier, isText, type ValueContext } from './context.ts'
import { emitIdentifier } from './token.ts'

/**
 * `Type/id` for a resource of this server, else the absolute URL; a canonical as `canonicalKeys`. What is contained gives
 * no entry, and neither does a conditional reference; the logical identifier gives tokens under `param:identifier`.
 */
export const compileReference: CompileValue = (context, param, { type }) => {
  const { emit } = context
  switch (type) {
    case 'Reference':
      return (value) => emitReference(context, param, `${param}:identifier`, value as Reference)
    case 'canonical':
      return (value) => {
        if (!isText(value) || value.startsWith('#')) return
        for (const key of canonicalKeys(value)) emit(param, key, key)
      }
    case 'uri':
    case 'url':
    case 'oid':
    case 'uuid':
      return (value) => emitLiteral(context, param, value)
    // The first entry of a document or message: the resource itself stands where others are referred to.
    case 'Resource':
      return (value) => {
        const { resourceType, id } = value as Resource
        if (isText(resourceType) && isText(id)) emit(param, `${resourceType}/${id}`, `${resourceType}/${id}`)
      }
  }
  return undefined
}

function emitReference(
  context: ValueContext,
  param: string,
  identifierParam: string,
  value: Reference,
): void {
  emitLiteral(context, param, value.reference)
  if (value.identifier !== undefined) emitIdentifier(context, identifierParam, value.identifier as Identifier)
}

function emitLiteral({ baseUrl, emit }: ValueContext, param: string, text: unknown): void {
  if (!isText(text)) return
  const literal = parseReference(text, baseUrl)
  if (literal.kind === 'own') {
    const key = `${literal.type}/${literal.id}`
    emit(param, key, key)
  } else if (literal.kind === 'external') {
    const key = shorten(literal.uri)
    emit(param, key, key)
  }
}
