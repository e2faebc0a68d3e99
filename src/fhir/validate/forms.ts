// The form of each primitive type. https://hl7.org/fhir/R4/datatypes.html#primitive
import { isRawNumber } from '../primitives.ts'
import { isDate, isDateTime, isInstant, isTime } from './dates.ts'
import { findNarrativeFault, type Told } from './narrative.ts'

/** A primitive type: its test, and what it demands, to end the sentence "must be …". */
export interface PrimitiveForm {
  readonly test: (value: unknown) => boolean
  readonly demand: string
  /** The same in Japanese, as a noun phrase. */
  readonly demandJa: string
  /** Says what is wrong where the demand alone would not. */
  readonly explain?: (value: unknown) => Told | undefined
}

/** R4: a string shall not exceed 1 MiB. */
const MAX_STRING = 1_048_576

/**
 * Every primitive type of R4, and `elementId`, the `id` of an element that is no resource.
 */
export const FORMS = {
  base64Binary: {
    test: isBase64,
    demand: 'base64 (white space is allowed), complete with its padding',
    demandJa: 'パディングまで揃った base64。空白は可',
  },
  boolean: {
    test: (value) => typeof value === 'boolean',
    demand: 'true or false, without quotes',
    demandJa: '引用符なしの true か false',
  },
  canonical: {
    test: isCanonical,
    demand: 'a URI without white space, with |version or #fragment behind it if need be',
    demandJa: '空白を含まない URI。必要なら後ろに |version や #fragment',
  },
  code: {
    test: isCode,
    demand: 'text without white space at either end and with no more than single spaces within',
    demandJa: '前後や連続する空白を含まない文字列',
  },
  date: {
    test: isDate,
    demand: 'a date that exists: YYYY, YYYY-MM or YYYY-MM-DD',
    demandJa: '実在する日付: YYYY、YYYY-MM、YYYY-MM-DD',
  },
  dateTime: {
    test: isDateTime,
    demand:
      'a date that exists (YYYY, YYYY-MM or YYYY-MM-DD), or with a time down to the second and its offset ' +
      '(YYYY-MM-DDThh:mm:ss+09:00, or Z for UTC)',
    demandJa:
      '実在する日付 YYYY、YYYY-MM、YYYY-MM-DD。時刻を付ける場合は秒とタイムゾーンまで: ' +
      'YYYY-MM-DDThh:mm:ss+09:00（UTC は Z）',
  },
  decimal: {
    test: (value) => typeof value === 'number' || isRawNumber(value),
    demand: 'a number, without quotes',
    demandJa: '引用符なしの数値',
  },
  elementId: { test: isElementId, demand: 'text without spaces', demandJa: '空白を含まない文字列' },
  id: {
    test: isId,
    demand: '1 to 64 characters of A-Z, a-z, 0-9, "-" and "."',
    demandJa: 'A-Z、a-z、0-9、"-"、"." からなる 1〜64 文字',
  },
  instant: {
    test: isInstant,
    demand:
      'a date that exists with a time down to the second and its offset: YYYY-MM-DDThh:mm:ss+09:00, or Z for UTC',
    demandJa: '実在する日時。秒とタイムゾーンまで: YYYY-MM-DDThh:mm:ss+09:00（UTC は Z）',
  },
  integer: {
    test: (value) => isInteger(value, -2_147_483_648),
    demand: 'a whole number of 32 bits, without quotes',
    demandJa: '引用符なしの 32 ビット整数',
  },
  markdown: {
    test: isString,
    demand: 'text of 1 character to 1 MiB, without control characters',
    demandJa: '1 文字以上 1 MiB 以下で、制御文字を含まない文字列',
  },
  oid: {
    test: isOid,
    demand: 'urn:oid: and an OID without leading zeros',
    demandJa: 'urn:oid: に続く、先頭に余分な 0 のない OID',
  },
  positiveInt: {
    test: (value) => isInteger(value, 1),
    demand: 'a whole number from 1 to 2147483647, without quotes',
    demandJa: '引用符なしの 1〜2147483647 の整数',
  },
  string: {
    test: isString,
    demand: 'text of 1 character to 1 MiB, without control characters',
    demandJa: '1 文字以上 1 MiB 以下で、制御文字を含まない文字列',
  },
  time: {
    test: isTime,
    demand: 'hh:mm:ss from 00:00:00, without an offset',
    demandJa: 'タイムゾーンなしの hh:mm:ss',
  },
  unsignedInt: {
    test: (value) => isInteger(value, 0),
    demand: 'a whole number from 0 to 2147483647, without quotes',
    demandJa: '引用符なしの 0〜2147483647 の整数',
  },
  uri: {
    test: isUri,
    demand: 'a URI without white space; behind urn:oid: numbers with dots, none with a leading zero',
    demandJa: '空白を含まない URI。urn:oid: の後ろは点区切りの番号で、先頭に余分な 0 は付けない',
  },
  url: { test: isUri, demand: 'a URL without white space', demandJa: '空白を含まない URL' },
  uuid: { test: isUuid, demand: 'urn:uuid: and a UUID', demandJa: 'urn:uuid: に続く UUID' },
  xhtml: {
    test: (value) => findNarrativeFault(value) === undefined,
    demand: 'safe XHTML in a div',
    demandJa: 'div で始まる安全な XHTML',
    explain: findNarrativeFault,
  },
} as const satisfies Readonly<Record<string, PrimitiveForm>>

export type PrimitiveName = keyof typeof FORMS

/** True of the name of a primitive type. */
export function isPrimitive(type: string): type is PrimitiveName {
  return Object.hasOwn(FORMS, type)
}

// R4's regex is written for engines whose \s is ASCII: a full-width space is a character like any other.
function isString(value: unknown): boolean {
  if (typeof value !== 'string' || value.length === 0 || value.length > MAX_STRING) return false
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at)
    if (code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) return false
  }
  return true
}

// "no whitespace other than single spaces": here a no-break or full-width space is white space.
function isCode(value: unknown): boolean {
  if (typeof value !== 'string' || value.length === 0) return false
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at)
    if (code > 0x20 && code < 0x7f) continue
    if (code > 0xa0 ? !/\s/.test(value[at]!) : code >= 0x7f && code < 0xa0) continue
    if (code !== 0x20 || at === 0 || at === value.length - 1 || value.charCodeAt(at - 1) === 0x20)
      return false
  }
  return true
}

function isId(value: unknown): boolean {
  if (typeof value !== 'string' || value.length === 0 || value.length > 64) return false
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at)
    const letter = (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a
    if (!letter && !(code >= 0x30 && code <= 0x39) && code !== 0x2d && code !== 0x2e) return false
  }
  return true
}

function isElementId(value: unknown): boolean {
  return typeof value === 'string' && isSolid(value)
}

function isUri(value: unknown): boolean {
  if (typeof value !== 'string' || !isSolid(value)) return false
  return !value.startsWith('urn:oid:') || isOid(value)
}

function isCanonical(value: unknown): boolean {
  if (typeof value !== 'string') return false
  const end = value.search(/[|#]/)
  return end < 0 ? isUri(value) : isSolid(value) && (value.startsWith('#') || isUri(value.slice(0, end)))
}

// Not empty, no white space, no control characters.
function isSolid(value: string): boolean {
  if (value.length === 0) return false
  for (let at = 0; at < value.length; at++) if (value.charCodeAt(at) <= 0x20) return false
  return true
}

/** An OID of more characters is none that anyone assigned, and too long for the expression. */
const MAX_OID = 1024
const OID = /^urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+$/
const UUID = /^urn:uuid:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

function isOid(value: unknown): boolean {
  return typeof value === 'string' && value.length <= MAX_OID && OID.test(value)
}

function isUuid(value: unknown): boolean {
  return typeof value === 'string' && UUID.test(value)
}

// A `RawNumber` (`1.0`, `1e3`) is no integer: R4 allows neither point nor exponent.
function isInteger(value: unknown, min: number): boolean {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= 2_147_483_647
}

function isBase64(value: unknown): boolean {
  if (typeof value !== 'string') return false
  let [characters, padding] = [0, 0]
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at)
    if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) continue
    characters++
    if (code === 0x3d) padding++
    else if (padding > 0 || !isBase64Character(code)) return false
  }
  return characters > 0 && padding <= 2 && characters % 4 === 0
}

function isBase64Character(code: number): boolean {
  const letter = (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a
  return letter || (code >= 0x2f && code <= 0x39) || code === 0x2b
}
