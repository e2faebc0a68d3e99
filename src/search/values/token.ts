// Codes, identifiers and booleans as tokens. https://hl7.org/fhir/R4/search.html#token

import { fold } from '../../fhir/fold.ts'
import type { Coding } from '../../fhir/resource.ts'
import { foldCode, ofTypeKey, shorten, tokenKey } from '../keys.ts'
import {
  type CodeableConcept,
  type CompileValue,
  type Identifier,
  isText,
  listOf,
  type ValueContext,
} from './context.ts'

/**
 * `code␁system`, folded as `foldCode` says; a `code` element has the system of its required binding. Also `:text` from
 * display and text, `:of-type` from typed identifiers.
 */
export const compileToken: CompileValue = (context, param, { type, valueSet }) => {
  const { emit } = context
  switch (type) {
    case 'Coding':
      return (value) => emitCoding(context, param, value as Coding)
    case 'CodeableConcept':
      return (value) => emitConcept(context, param, value as CodeableConcept)
    case 'Identifier':
      return (value) => emitIdentifier(context, param, value as Identifier)
    case 'ContactPoint':
      return (value) => emitCode(context, param, undefined, (value as { value?: string }).value)
    case 'boolean':
      return (value) => {
        if (typeof value !== 'boolean') return
        const key = tokenKey(undefined, String(value))
        emit(param, key, key)
      }
    case 'code': {
      const system = valueSet === undefined ? undefined : context.definitions.codeSystemOf(valueSet)
      return (value) => emitCode(context, param, system, value)
    }
    case 'string':
    case 'uri':
    case 'url':
    case 'canonical':
    case 'oid':
    case 'uuid':
    case 'id':
      return (value) => emitCode(context, param, undefined, value)
  }
  return undefined
}

function emitCode(
  { definitions, emit }: ValueContext,
  param: string,
  system: string | undefined,
  code: unknown,
): void {
  if (!isText(code)) return
  const key = tokenKey(system, foldCode(definitions.caseSensitiveSystems, system, code))
  emit(param, key, key)
}

function emitText({ emit }: ValueContext, param: string, text: unknown): void {
  if (!isText(text)) return
  const folded = shorten(fold(text))
  if (folded !== '') emit(`${param}:text`, folded, folded)
}

function emitCoding(context: ValueContext, param: string, { system, code, display }: Coding): void {
  emitCode(context, param, isText(system) ? system : undefined, code)
  emitText(context, param, display)
}

function emitConcept(context: ValueContext, param: string, { coding, text }: CodeableConcept): void {
  for (const each of listOf(coding)) emitCoding(context, param, each)
  emitText(context, param, text)
}

/** Writes the entries of an Identifier under `param`, also for the `:identifier` of references. */
export function emitIdentifier(context: ValueContext, param: string, identifier: Identifier): void {
  const { system, value, type } = identifier
  emitCode(context, param, isText(system) ? system : undefined, value)
  if (type === undefined) return
  emitText(context, param, type.text)
  for (const { system: typeSystem, code } of listOf(type.coding)) {
    if (!isText(code) || !isText(value)) continue
    const key = ofTypeKey(isText(typeSystem) ? typeSystem : '', code, value)
    context.emit(`${param}:of-type`, key, key)
  }
}
