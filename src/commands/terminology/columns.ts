// Which column of a table is what: as the command line says, or as a well-known file has it. https://loinc.org/kb/users-guide/
import { fold } from '../../fhir/fold.ts'
import { FhirError } from '../../fhir/outcome.ts'

/** Columns by their names in the header, or by number from 1. */
export interface Mapping {
  readonly code: string
  readonly display?: string
  readonly definition?: string
  /** Codes of the parents, parted by `|`. */
  readonly parent?: string
  readonly inactive?: { readonly column: string; readonly values: readonly string[] }
  readonly properties: readonly (readonly [code: string, column: string])[]
  readonly designations: readonly (readonly [language: string, column: string])[]
  readonly hasHeader: boolean
  /** The first row of a code counts, and rows without one do not: the file has a row for each package of a drug, by whatever codes it has. */
  readonly skipRepeated: boolean
  /** What every code of the file looks like: a file of another kind is refused. */
  readonly pattern?: RegExp
  /** Of longer codes only so many characters count. */
  readonly codeLength?: number
}

interface Format {
  readonly url: string
  readonly name: string
  readonly encoding?: string
  readonly caseInsensitive?: boolean
  readonly mapping: Omit<Mapping, 'hasHeader'>
}

const HOT_PROPERTIES = [
  ['hot7', '処方用番号'],
  ['yj', '個別医薬品コード'],
  ['receipt', 'レセプト電算処理システムコード'],
  ['standard', '規格単位'],
  ['maker', '製造会社'],
] as const

/** Files that are published in one form, with the canonical url of their codes (src/README.md has the sources). */
export const FORMATS: Readonly<Record<string, Format>> = {
  // Loinc.csv of the LOINC download.
  loinc: {
    url: 'http://loinc.org',
    name: 'LOINC',
    caseInsensitive: true,
    mapping: {
      code: 'LOINC_NUM',
      display: 'LONG_COMMON_NAME',
      inactive: { column: 'STATUS', values: ['DEPRECATED'] },
      properties: [
        'COMPONENT',
        'PROPERTY',
        'TIME_ASPCT',
        'SYSTEM',
        'SCALE_TYP',
        'METHOD_TYP',
        'CLASS',
        'STATUS',
      ].map((name) => [name, name] as const),
      designations: [],
      skipRepeated: false,
      pattern: /^\d{1,7}-\d$/,
    },
  },
  // A table of ICD-10 with the code above each: code, parent, name.
  'icd10-jp': {
    url: 'http://jpfhir.jp/fhir/core/mhlw/CodeSystem/ICD10-2013-full',
    name: 'ICD10',
    mapping: {
      code: 'code',
      display: 'name',
      parent: 'parent',
      properties: [],
      designations: [],
      skipRepeated: false,
    },
  },
  // The HOT code master of MEDIS (Shift_JIS): one row for each package.
  hot13: {
    url: 'http://medis.or.jp/CodeSystem/master-HOT13',
    name: 'HOT13',
    encoding: 'shift_jis',
    mapping: {
      code: '基準番号',
      display: '販売名',
      properties: HOT_PROPERTIES,
      designations: [],
      skipRepeated: false,
      pattern: /^\d{13}$/,
    },
  },
  // A drug of one maker: the first nine digits.
  hot9: {
    url: 'http://medis.or.jp/CodeSystem/master-HOT9',
    name: 'HOT9',
    encoding: 'shift_jis',
    mapping: {
      code: '基準番号',
      codeLength: 9,
      display: '販売名',
      properties: HOT_PROPERTIES,
      designations: [],
      skipRepeated: true,
      pattern: /^\d{9}$/,
    },
  },
  hot7: {
    url: 'http://medis.or.jp/CodeSystem/master-HOT7',
    name: 'HOT7',
    encoding: 'shift_jis',
    mapping: {
      code: '処方用番号',
      display: '販売名',
      properties: HOT_PROPERTIES.slice(1),
      designations: [],
      skipRepeated: true,
      pattern: /^\d{7}$/,
    },
  },
  // The same file read by its YJ codes (個別医薬品コード).
  yj: {
    url: 'http://capstandard.jp/iyaku.info/CodeSystem/YJ-code',
    name: 'YJ',
    encoding: 'shift_jis',
    mapping: {
      code: '個別医薬品コード',
      display: '販売名',
      properties: [HOT_PROPERTIES[0], ...HOT_PROPERTIES.slice(2)],
      designations: [],
      skipRepeated: true,
      pattern: /^[0-9A-Z]{12}$/,
    },
  },
}

/** The same by position. */
export interface Columns {
  readonly code: number
  readonly display?: number | undefined
  readonly definition?: number | undefined
  readonly parent?: number | undefined
  readonly inactive?: number | undefined
  readonly properties: readonly (readonly [string, number])[]
  readonly designations: readonly (readonly [string, number])[]
}

/** Returns where the columns are, given the first row. Throws FhirError `invalid`, with the names there are, for one that is not there. */
export function findColumns(mapping: Mapping, first: readonly string[]): Columns {
  const header = first.map(fold)
  // Widths, brackets and what stands in them differ from edition to edition.
  const find = (name: string): number => {
    if (/^\d+$/.test(name)) return Number(name) - 1
    const wanted = fold(name)
    const exact = header.indexOf(wanted)
    const at = exact >= 0 ? exact : header.findIndex((each) => each.startsWith(wanted))
    if (at < 0)
      throw new FhirError(
        'invalid',
        `The table has no column ${name}; it has ${first.slice(0, 20).join(', ')}`,
      )
    return at
  }
  const optional = (name: string | undefined) => (name === undefined ? undefined : find(name))
  return {
    code: find(mapping.code),
    display: optional(mapping.display),
    definition: optional(mapping.definition),
    parent: optional(mapping.parent),
    inactive: optional(mapping.inactive?.column),
    properties: mapping.properties.map(([code, column]) => [code, find(column)] as const),
    designations: mapping.designations.map(([language, column]) => [language, find(column)] as const),
  }
}
