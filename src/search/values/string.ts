// Text, names and addresses as folded strings. https://hl7.org/fhir/R4/search.html#string
import { fold } from '../../fhir/fold.ts'
import { shorten } from '../keys.ts'
import { type CompileValue, type Emit, isText, listOf } from './context.ts'

interface HumanName {
  readonly text?: string
  readonly family?: string
  readonly given?: readonly string[]
  readonly prefix?: readonly string[]
  readonly suffix?: readonly string[]
}

interface Address {
  readonly text?: string
  readonly line?: readonly string[]
  readonly city?: string
  readonly district?: string
  readonly state?: string
  readonly postalCode?: string
  readonly country?: string
}

/**
 * The folded text, and the text as written for `:exact`. A HumanName gives every part and family and given joined in both
 * orders; an Address every part. `phonetic` is folded in the same way: no sound rules of any one language are applied.
 */
export const compileString: CompileValue = ({ emit }, param, { type }) => {
  const exact = `${param}:exact`
  switch (type) {
    case 'string':
    case 'markdown':
    case 'code':
    case 'id':
    case 'uri':
    case 'url':
    case 'canonical':
      return (value) => emitPart(emit, param, exact, value)
    case 'HumanName':
      return (value) => emitName(emit, param, exact, value as HumanName)
    case 'Address':
      return (value) => emitAddress(emit, param, exact, value as Address)
    case 'Annotation':
    case 'CodeableConcept':
      return (value) => emitPart(emit, param, exact, (value as { text?: string }).text)
  }
  return undefined
}

function emitPart(emit: Emit, param: string, exact: string, text: unknown): void {
  if (!isText(text)) return
  emitFolded(emit, param, text)
  const written = shorten(text.normalize('NFC'))
  emit(exact, written, written)
}

function emitFolded(emit: Emit, param: string, text: string): void {
  const folded = shorten(fold(text))
  if (folded !== '') emit(param, folded, folded)
}

function emitName(emit: Emit, param: string, exact: string, name: HumanName): void {
  const { family, given, text } = name
  emitPart(emit, param, exact, text)
  emitPart(emit, param, exact, family)
  for (const parts of [given, name.prefix, name.suffix])
    for (const part of listOf(parts)) emitPart(emit, param, exact, part)
  const givenNames = listOf(given).filter(isText).join('')
  if (!isText(family) || givenNames === '') return
  emitFolded(emit, param, family + givenNames)
  emitFolded(emit, param, givenNames + family)
}

function emitAddress(emit: Emit, param: string, exact: string, address: Address): void {
  const { postalCode, country, state, city, district } = address
  const lines = listOf(address.line).filter(isText)
  emitPart(emit, param, exact, address.text)
  for (const part of [...lines, city, district, state, postalCode, country])
    emitPart(emit, param, exact, part)
}
