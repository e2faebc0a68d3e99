// What the check of structure says, in both languages. https://hl7.org/fhir/R4/validation.html
import { decimalText, isRawNumber } from '../primitives.ts'
import type { Fault, RuleRow, RuleTable, StructureRule } from './faults.ts'
import { FORMS, type PrimitiveForm, type PrimitiveName } from './forms.ts'

type Sentence = (fault: Fault, value: unknown) => string

function row(code: RuleRow['code'], en: Sentence, ja: Sentence): RuleRow {
  return { code, severity: 'error', en, ja }
}

const lengthOf = (value: unknown) => (Array.isArray(value) ? value.length : 0)

/** Every rule of structure is R4's own, so each is an error. */
export const STRUCTURE_RULES: RuleTable & Readonly<Record<StructureRule, RuleRow>> = {
  type: row(
    'structure',
    (_, value) => `must be an object${found(value)}`,
    (_, value) => `はオブジェクトでなければなりません${foundJa(value)}`,
  ),
  unknown: row('structure', sayUnknown, sayUnknownJa),
  empty: row(
    'structure',
    () => 'must not be an empty object: what has no value is left out',
    () => 'を空のオブジェクトにすることはできません。値がない要素は省略してください',
  ),
  form: row('value', sayForm, sayFormJa),
  code: row(
    'code-invalid',
    (fault, value) => `must be ${codesOf(fault)}${found(value)}${meantOf(fault)}`,
    (fault, value) => `は${codesOfJa(fault)}でなければなりません${foundJa(value)}${meantOfJa(fault)}`,
  ),
  binding: row('code-invalid', sayBinding, sayBindingJa),
  list: row(
    'structure',
    (_, value) => `may repeat, so it must be an array${found(value)}`,
    (_, value) => `は繰り返し可能な要素なので、配列でなければなりません${foundJa(value)}`,
  ),
  few: row(
    'required',
    ({ about }, value) =>
      `must have at least ${about} in its array, found ${lengthOf(value)}: what has no value is left out`,
    ({ about }, value) =>
      `の配列には少なくとも ${about} 個の値が必要です（実際は ${lengthOf(value)} 個）。値がない要素は省略してください`,
  ),
  many: row(
    'structure',
    ({ about }, value) => `must have at most ${about}, found ${lengthOf(value)}`,
    ({ about }, value) => `は最大 ${about} 個です（実際は ${lengthOf(value)} 個）`,
  ),
  null: row(
    'structure',
    () => 'must not be null without an extension in the same place of its companion',
    () => 'を null にできるのは、対応する _ 付き要素の同じ位置に拡張がある場合だけです',
  ),
  demand: row(
    'required',
    ({ about }) => `must have the element ${about} (minimum cardinality 1)`,
    ({ about }) => `には必須要素 ${about} が必要です（最小出現数 1）`,
  ),
  choice: row(
    'structure',
    ({ about }) => `has ${about} beside another type of the same element: only one type may be given`,
    ({ about }) => `に ${about} と別の型が同時に指定されています。一つの型だけを指定してください`,
  ),
  extension: row(
    'invariant',
    () => 'must have either a value or extensions, not both or neither (ext-1)',
    () => 'の拡張には、値か下位の拡張のどちらか一方だけが必要です (ext-1)',
  ),
  'companion-length': row(
    'structure',
    ({ about }, value) =>
      `has a companion array of ${lengthOf(value)} for ${about}: both must have the same length`,
    ({ about }, value) => `の _ 付き配列の長さ ${lengthOf(value)} が、値の配列の長さ ${about} と一致しません`,
  ),
  'companion-null': row(
    'structure',
    () => 'has a companion that is null where there is no value either',
    () => 'の _ 付き要素は、値がない位置では null にできません',
  ),
  'resource-type': row('structure', sayResourceType, sayResourceTypeJa),
}

type Facts = Pick<Fault, 'facts'>

function meantOf({ facts }: Facts): string {
  return facts?.['meant'] === undefined ? '' : `; did you mean ${facts['meant']}?`
}

function meantOfJa({ facts }: Facts): string {
  return facts?.['meant'] === undefined ? '' : `（${facts['meant']} の誤りではありませんか）`
}

function codesOf({ about, facts }: Fault): string {
  if (facts?.['codes'] === undefined) return `a code of the required value set ${about}`
  return `one of ${facts['codes']} (required value set ${about})`
}

function codesOfJa({ about, facts }: Fault): string {
  if (facts?.['codes'] === undefined) return `必須の値セット ${about} のコード`
  return ` ${facts['codes']} のいずれか（必須の値セット ${about}）`
}

function sayBinding({ about, facts }: Fault, value: unknown): string {
  const codes = facts?.['codes'] === undefined ? '' : ` (${facts['codes']})`
  return `must have a coding of the required value set ${about}${codes}, found ${codingsOf(value) || 'none'}`
}

function sayBindingJa({ about, facts }: Fault, value: unknown): string {
  const codes = facts?.['codes'] === undefined ? '' : `（${facts['codes']}）`
  const codings = codingsOf(value)
  const actual = codings === '' ? 'coding なし' : codings
  return `には必須の値セット ${about}${codes}の coding が必要です（実際は ${actual}）`
}

// The first few, as `system|code`.
function codingsOf(value: unknown): string {
  const { coding = [value] } = (value ?? {}) as { coding?: unknown }
  const some = (Array.isArray(coding) ? coding : []).slice(0, 3).map((each) => {
    const { system = '', code } = (each ?? {}) as { system?: unknown; code?: unknown }
    return code === undefined ? '' : clip(`${system}|${code}`)
  })
  return some.filter((each) => each !== '').join(', ')
}

function sayUnknown({ about, facts }: Fault, value: unknown): string {
  // A number kept as text is an object to JavaScript.
  if (isRawNumber(value)) return `must be an object${found(value)}`
  const meant = meantOf({ facts })
  return `has the property ${JSON.stringify(clip(String(about)))}, which R4 does not define here${meant}`
}

function sayUnknownJa({ about, facts }: Fault, value: unknown): string {
  if (isRawNumber(value)) return `はオブジェクトでなければなりません${foundJa(value)}`
  const meant = meantOfJa({ facts })
  return `に、R4 で定義されていない要素 ${JSON.stringify(clip(String(about)))} があります${meant}`
}

function formOf({ about }: Fault): { readonly form: PrimitiveForm; readonly type: string } {
  return { form: FORMS[about as PrimitiveName], type: about === 'elementId' ? 'string' : String(about) }
}

function sayForm(fault: Fault, value: unknown): string {
  const { form, type } = formOf(fault)
  if (value === null) return 'must not be null: what has no value is left out'
  if (Array.isArray(value)) return 'may not repeat, so it must not be an array'
  return form.explain?.(value)?.[0] ?? `must be ${form.demand} (type ${type})${found(value)}`
}

function sayFormJa(fault: Fault, value: unknown): string {
  const { form, type } = formOf(fault)
  if (value === null) return 'を null にすることはできません。値がない要素は省略してください'
  if (Array.isArray(value)) return 'は繰り返しできない要素なので、配列にできません'
  const why = form.explain?.(value)?.[1]
  if (why !== undefined) return `の XHTML は受け付けられません: ${why}`
  return `の値は ${type} 型の形式（${form.demandJa}）でなければなりません${foundJa(value)}`
}

function sayResourceType(_: Fault, value: unknown): string {
  const type = (value as { resourceType?: unknown }).resourceType
  if (type === undefined) return 'must be a resource: it has no resourceType'
  return `must have the resourceType of an R4 resource${found(type)}`
}

function sayResourceTypeJa(_: Fault, value: unknown): string {
  const type = (value as { resourceType?: unknown }).resourceType
  if (type === undefined) return 'に resourceType がありません'
  return `の resourceType は R4 のリソース型でなければなりません${foundJa(type)}`
}

const KINDS = { array: ['an array', '配列'], object: ['an object', 'オブジェクト'] } as const

const KINDS_JA: ReadonlySet<string> = new Set(Object.values(KINDS).map(([, ja]) => ja))

function show(value: unknown, language: 0 | 1): string | undefined {
  if (value === undefined) return undefined
  if (value === null) return 'null'
  if (Array.isArray(value)) return KINDS.array[language]
  if (isRawNumber(value)) return clip(decimalText(value))
  if (typeof value === 'object') return KINDS.object[language]
  return typeof value === 'string' ? JSON.stringify(clip(value)) : String(value)
}

/** Returns what stands there, as the end of an English sentence; empty for nothing. */
export function found(value: unknown): string {
  const shown = show(value, 0)
  return shown === undefined ? '' : `, found ${shown}`
}

/** The same in Japanese. */
export function foundJa(value: unknown): string {
  const shown = show(value, 1)
  if (shown === undefined) return ''
  return KINDS_JA.has(shown) ? `（実際は${shown}）` : `（実際は ${shown}）`
}

function clip(text: string): string {
  return text.length > 64 ? `${text.slice(0, 64)}…` : text
}
