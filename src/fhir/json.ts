// Strict JSON with every number's digits kept, in one pass over the text. https://hl7.org/fhir/R4/json.html
import { FhirError } from './outcome.ts'
import { type RawNumber, toRawNumber } from './primitives.ts'

export interface JsonLimits {
  /** Levels of objects and arrays; more is refused. */
  readonly maxDepth?: number
}

/** Deeper than any official example (22); a Questionnaire may nest items about fifty deep. */
const MAX_DEPTH = 128
/** No element of FHIR has a tenth of them; objects with many are slow to make. */
const MAX_PROPERTIES = 1000
/** R4 asks for 18 digits; an exponent of a few digits more. Longer text is an attack on decimal arithmetic. */
const MAX_NUMBER_LENGTH = 1000

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

// The parser is synchronous and never calls out, so one set of cursors serves all; locals would cost a third.
let text = ''
let at = 0
let depth = 0
let maxDepth = MAX_DEPTH

/**
 * Returns the value that `source` holds. Numbers are plain where `String(Number(text))` gives the text back, else a
 * `RawNumber`, so that `stringifyJson` gives every number back to the digit.
 * Throws FhirError `invalid` (not JSON, not UTF-8, lone surrogates) or `structure` (duplicate or forbidden name, too many, too deep), with line and column.
 */
export function parseJson(source: string | Uint8Array, limits?: JsonLimits): unknown {
  text = typeof source === 'string' ? source : decode(source)
  at = text.charCodeAt(0) === 0xfeff ? 1 : 0
  depth = 0
  maxDepth = limits?.maxDepth ?? MAX_DEPTH
  try {
    const first = skipSpace()
    if (at >= text.length) throw refuse('the text is empty')
    const value = parseValue(first)
    skipSpace()
    if (at < text.length) throw refuse(`unexpected ${show()} after the end of the JSON value`)
    return value
  } finally {
    text = ''
  }
}

/** Returns the JSON text of `value`, `RawNumber`s as they were sent; `space` as for `JSON.stringify`. */
export function stringifyJson(value: unknown, space?: number): string {
  return JSON.stringify(value, null, space)
}

function decode(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes)
  } catch {
    throw new FhirError('invalid', 'The text is not valid UTF-8')
  }
}

// Returns the code of the next character that is not white space; NaN at the end.
function skipSpace(): number {
  let code = text.charCodeAt(at)
  while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = text.charCodeAt(++at)
  return code
}

function parseValue(code: number): unknown {
  switch (code) {
    case 0x22:
      return parseString()
    case 0x7b:
      return parseObject()
    case 0x5b:
      return parseArray()
    case 0x74:
      return parseWord('true', true)
    case 0x66:
      return parseWord('false', false)
    case 0x6e:
      return parseWord('null', null)
  }
  if (code === 0x2d || (code >= 0x30 && code <= 0x39)) return parseNumber()
  throw refuse(at >= text.length ? 'the text ends before the value does' : `unexpected ${show()}`)
}

function parseObject(): object {
  enter()
  const object: Record<string, unknown> = {}
  let code = skipSpace()
  if (code === 0x7d) return leave(object)
  for (let count = 1; ; count++) {
    if (count > MAX_PROPERTIES)
      throw refuse(`an object has more than ${MAX_PROPERTIES} properties`, at, 'structure')
    if (code !== 0x22) throw refuse(`expected a property name in double quotes, found ${show()}`)
    const start = at
    const name = parseName()
    if (object[name] !== undefined) refuseName(object, name, start)
    if (skipSpace() !== 0x3a) throw refuse(`expected ":" after a property name, found ${show()}`)
    at++
    object[name] = parseValue(skipSpace())
    code = skipSpace()
    if (code === 0x7d) return leave(object)
    if (code !== 0x2c) throw refuse(`expected "," or "}" in an object, found ${show()}`)
    at++
    code = skipSpace()
  }
}

function parseArray(): unknown[] {
  enter()
  const array: unknown[] = []
  let code = skipSpace()
  if (code === 0x5d) return leave(array)
  for (;;) {
    array.push(parseValue(code))
    code = skipSpace()
    if (code === 0x5d) return leave(array)
    if (code !== 0x2c) throw refuse(`expected "," or "]" in an array, found ${show()}`)
    at++
    code = skipSpace()
  }
}

function enter(): void {
  if (++depth > maxDepth) throw refuse(`nested deeper than ${maxDepth} levels`, at, 'structure')
  at++
}

function leave<T>(value: T): T {
  depth--
  at++
  return value
}

// Everything that Object.prototype has (`__proto__`, `constructor`, `toString` …) is met here too, at no cost to others.
function refuseName(object: object, name: string, start: number): void {
  if (Object.hasOwn(object, name))
    throw refuse(`property "${clip(name)}" stands twice in one object`, start, 'structure')
  throw refuse(`property name "${name}" is not allowed`, start, 'structure')
}

// Names recur: a small table by length and characters gives back the known string without slicing or hashing it again.
const names: string[] = new Array(2048).fill('')

function parseName(): string {
  const start = at + 1
  let end = start
  let hash = 0
  let code = text.charCodeAt(end)
  while (code !== 0x22 && code !== 0x5c && code >= 0x20) {
    hash = (hash * 31 + code) | 0
    code = text.charCodeAt(++end)
  }
  if (code !== 0x22) return admitName(parseString(), start)
  at = end + 1
  const length = end - start
  const slot = hash & 2047
  const known = names[slot]!
  if (known.length === length && text.startsWith(known, start)) return known
  const name = admitName(text.slice(start, end), start)
  // A slice holds on to the whole text; a property name is a string of its own.
  if (length <= 64) names[slot] = Object.keys({ [name]: 0 })[0]!
  return name
}

function admitName(name: string, start: number): string {
  if (name === 'prototype') throw refuse(`property name "${name}" is not allowed`, start - 1, 'structure')
  return name
}

function parseString(): string {
  const start = ++at
  let end = start
  let code = text.charCodeAt(end)
  while (code !== 0x22 && code !== 0x5c && code >= 0x20 && (code < 0xd800 || code > 0xdfff))
    code = text.charCodeAt(++end)
  if (code === 0x22) {
    at = end + 1
    return text.slice(start, end)
  }
  return parseLongWay(start, end)
}

// A string with escapes, surrogates or an error in it: find its end, then let JSON.parse undo the escapes.
function parseLongWay(start: number, from: number): string {
  let end = from
  for (;;) {
    const code = text.charCodeAt(end)
    if (code === 0x22) break
    if (code < 0x20) throw refuse('a control character in a string must be escaped', end)
    if (Number.isNaN(code)) throw refuse('a string has no closing quote', start - 1)
    end += code === 0x5c ? 2 : 1
  }
  at = end + 1
  let value: string
  try {
    value = JSON.parse(text.slice(start - 1, at)) as string
  } catch {
    throw refuse('a string holds an invalid escape', start - 1)
  }
  if (!value.isWellFormed()) throw refuse('a string holds half of a surrogate pair', start - 1)
  return value
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y

function parseNumber(): number | RawNumber {
  const start = at
  let end = start
  let value = 0
  let code = text.charCodeAt(end)
  while (code >= 0x30 && code <= 0x39) {
    value = value * 10 + (code - 0x30)
    code = text.charCodeAt(++end)
  }
  const digits = end - start
  const ends = code === 0x2c || code === 0x7d || code === 0x5d || code <= 0x20
  if (ends && digits > 0 && digits < 16 && (digits === 1 || text.charCodeAt(start) !== 0x30)) {
    at = end
    return value
  }
  NUMBER.lastIndex = start
  const written = NUMBER.exec(text)?.[0]
  if (written === undefined) throw refuse(`unexpected ${show()} in a number`)
  at = start + written.length
  if (/[\w.+-]/.test(text.charAt(at))) throw refuse('a number is not written as JSON allows', start)
  if (written.length > MAX_NUMBER_LENGTH)
    throw refuse(`a number has more than ${MAX_NUMBER_LENGTH} characters`, start)
  value = Number(written)
  return String(value) === written ? value : toRawNumber(written)
}

function parseWord<T>(word: string, value: T): T {
  if (!text.startsWith(word, at)) throw refuse(`unexpected ${show()}`)
  at += word.length
  return value
}

function show(): string {
  if (at >= text.length) return 'the end of the text'
  const code = text.codePointAt(at)!
  return code > 0x20 && code < 0x7f
    ? `"${String.fromCharCode(code)}"`
    : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
}

function clip(name: string): string {
  return name.length > 64 ? `${name.slice(0, 64)}…` : name
}

function refuse(what: string, where = at, code: 'invalid' | 'structure' = 'invalid'): FhirError {
  let line = 1
  let lineStart = 0
  for (let i = text.indexOf('\n'); i >= 0 && i < where; i = text.indexOf('\n', i + 1)) {
    line++
    lineStart = i + 1
  }
  const place = `line ${line}, column ${where - lineStart + 1}`
  return new FhirError(code, `The JSON text is refused: ${what} (${place})`)
}
