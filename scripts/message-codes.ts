// Each message code as people look it up: a name in both languages and what it means. https://hl7.org/fhir/R4/codesystem.html
import { CONSENT_RULES } from '../src/consent/problem-issues.ts'
import { PROFILE_RULES } from '../src/fhir/profile/rules.ts'
import type { RuleTable, StructureRule } from '../src/fhir/validate/faults.ts'
import { RESOURCE_RULES } from '../src/fhir/validate/resource-rules.ts'
import { STRUCTURE_RULES } from '../src/fhir/validate/structure-rules.ts'

type MessageCode = StructureRule | keyof typeof RESOURCE_RULES | keyof typeof PROFILE_RULES

/** Display, its Japanese, and definition. */
type Text = readonly [display: string, ja: string, definition: string]

const STRUCTURE: Readonly<Record<StructureRule, Text>> = {
  type: ['Not an object', 'オブジェクトでない', 'Something else stands where a JSON object must be.'],
  unknown: ['Unknown element', '未定義の要素', 'R4 defines no element of this name in this place.'],
  empty: ['Empty object', '空のオブジェクト', 'An object has no properties: FHIR leaves it out instead.'],
  form: [
    'Malformed value',
    '値の形式誤り',
    'A value does not have the form that its primitive type asks for.',
  ],
  code: [
    'Code not in required value set',
    '必須値セット外のコード',
    'A code element holds no code of the value set that R4 requires.',
  ],
  binding: [
    'No coding of required value set',
    '必須値セットの coding なし',
    'No coding is of the value set that R4 requires; text alone is not enough.',
  ],
  list: [
    'Not an array',
    '配列でない',
    'An element that may repeat is always an array in JSON, also for a single value.',
  ],
  few: ['Empty array', '空の配列', 'An array holds fewer items than there must be.'],
  many: ['Too many items', '要素数の超過', 'An array holds more items than R4 allows.'],
  null: [
    'null without extension',
    '拡張のない null',
    'null may stand only in an array of primitives, where the companion has an object in the same place.',
  ],
  demand: ['Missing element', '必須要素の欠落', 'An element that R4 requires is not there.'],
  choice: [
    'Two types of one choice',
    '選択型の重複',
    'An element that takes one of several types is given in two of them.',
  ],
  extension: [
    'Extension with both or neither',
    '拡張の内容誤り',
    'An extension has either a value or extensions of its own: ext-1.',
  ],
  'companion-length': [
    'Companion of another length',
    '_ 付き配列の長さ不一致',
    'The arrays of values and of their ids and extensions differ in length.',
  ],
  'companion-null': [
    'Companion without content',
    '内容のない _ 付き要素',
    'A companion is null where there is no value either.',
  ],
  'resource-type': [
    'No resource type of R4',
    'R4 のリソース型でない',
    'resourceType is missing, or names no resource type of R4.',
  ],
}

const RESOURCE: Readonly<Record<keyof typeof RESOURCE_RULES, Text>> = {
  'contained-nested': [
    'Nested contained resource',
    'contained の入れ子',
    'A contained resource holds contained resources: dom-2.',
  ],
  'contained-version': [
    'Version of a contained resource',
    'contained のバージョン',
    'A contained resource has meta.versionId or meta.lastUpdated: dom-4.',
  ],
  'contained-security': [
    'Security label of a contained resource',
    'contained のセキュリティラベル',
    'A contained resource has security labels of its own: dom-5.',
  ],
  'contained-unreferenced': [
    'Unreferenced contained resource',
    '参照されない contained',
    'Nothing refers to a contained resource, and it does not refer to the one around it: dom-3.',
  ],
  'contained-same-id': [
    'Contained resources of one id',
    'contained の id の重複',
    'Two contained resources have the same id.',
  ],
  'contained-missing': [
    'Contained resource not found',
    '存在しない contained への参照',
    'A reference of the form #id finds no contained resource: ref-1.',
  ],
  'full-url-relative': ['Relative fullUrl', '相対的な fullUrl', 'fullUrl is an absolute URL or a urn:.'],
  'full-url-other': [
    'fullUrl of another resource',
    'リソースと異なる fullUrl',
    'fullUrl names another type or id than the resource of its entry.',
  ],
  'request-other-type': [
    'Request of another type',
    'リソースと型の異なる要求',
    'The URL of a request is of another type than the resource of its entry.',
  ],
  'reference-not-in-bundle': [
    'Reference that the Bundle does not hold',
    'Bundle にない参照先',
    'A document or message refers to something that is in none of its entries.',
  ],
  'extension-context': [
    'Extension in the wrong place',
    '使用できない場所の拡張',
    'The definition of the extension allows it only in other places.',
  ],
  'extension-context-rule': [
    'Extension against its context rule',
    'コンテキスト条件を満たさない拡張',
    'A context invariant of the extension’s definition does not hold here.',
  ],
  'extension-modifier': [
    'Modifier in extension',
    'extension に置かれた修飾拡張',
    'An extension that changes the meaning stands in extension.',
  ],
  'extension-no-modifier': [
    'No modifier in modifierExtension',
    'modifierExtension に置かれた通常の拡張',
    'An extension that does not change the meaning stands in modifierExtension.',
  ],
  'uuid-case': ['UUID in upper case', '大文字の UUID', 'UUIDs are written in lower case: RFC 4122.'],
}

const PROFILE: Readonly<Record<keyof typeof PROFILE_RULES, Text>> = {
  'profile-few': [
    'Element missing for a profile',
    'プロファイルの必須要素の欠落',
    'A profile asks for more of an element than there is.',
  ],
  'profile-many': [
    'Element too often for a profile',
    'プロファイルの要素数の超過',
    'A profile allows fewer of an element than there are.',
  ],
  'profile-none': ['Element not allowed', '使用できない要素', 'A profile does not allow an element.'],
  'profile-type': [
    'Type not allowed',
    '使用できない型',
    'A profile does not allow the type that a value has.',
  ],
  fixed: ['Not the fixed value', '固定値との不一致', 'A value is not exactly what the profile fixes.'],
  pattern: [
    'Pattern not met',
    'パターンとの不一致',
    'A value does not hold all that the pattern of the profile does.',
  ],
  'min-value': ['Below the minimum', '最小値未満', 'A value is below the least that is allowed.'],
  'max-value': ['Above the maximum', '最大値超過', 'A value is above the greatest that is allowed.'],
  'max-length': ['Too long', '文字数の超過', 'A text has more characters than are allowed.'],
  'target-type': [
    'Reference to a wrong type',
    '参照先の型の誤り',
    'A reference leads to a type that is not one of its targets.',
  ],
  'reference-type': [
    'Reference contradicts its type',
    'Reference.type との矛盾',
    'Reference.type and the literal reference name different types.',
  ],
  'binding-required': [
    'Code not in required value set',
    '必須値セット外のコード',
    'No code is of a value set that is bound as required.',
  ],
  'binding-extensible': [
    'Code not in extensible value set',
    '拡張可能値セット外のコード',
    'No code is of a value set that is to be used wherever one of its codes fits.',
  ],
  'binding-preferred': [
    'Code not in preferred value set',
    '推奨値セット外のコード',
    'No code is of the value set that is recommended.',
  ],
  'binding-unchecked': [
    'Value set not known',
    '未登録の値セット',
    'The server does not have the codes of a value set, so that a code was not checked.',
  ],
  'unknown-code': ['Unknown code', '存在しないコード', 'The code system is known and has no such code.'],
  'unknown-system': [
    'Code system not known',
    '未登録のコードシステム',
    'The server does not have the code system, so that a code was not checked.',
  ],
  display: [
    'Wrong display',
    '表示名の不一致',
    'The display is none of those that the code system gives for the code.',
  ],
  invariant: [
    'Constraint violated',
    '制約違反',
    'A constraint of R4 or of a profile does not hold; the text names its key.',
  ],
  'unknown-extension': [
    'Extension not known',
    '未登録の拡張',
    'The server has no definition of an extension, so that it was not checked.',
  ],
  'unknown-modifier-extension': [
    'Modifier extension not known',
    '未登録の修飾拡張',
    'The server has no definition of an extension that may change the meaning: it is refused.',
  ],
  'slice-few': [
    'Slice missing',
    'スライスの不足',
    'A profile asks for more items of a slice than there are.',
  ],
  'slice-many': [
    'Slice too often',
    'スライスの超過',
    'A profile allows fewer items of a slice than there are.',
  ],
  'slice-none': [
    'Item of no slice',
    'どのスライスでもない要素',
    'The slicing is closed and an item belongs to none of its slices.',
  ],
  'slice-order': [
    'Slices out of order',
    'スライスの順序誤り',
    'The slicing is ordered and an item stands too late.',
  ],
  'slice-end': [
    'Item of no slice before slices',
    'スライスより前の要素',
    'What belongs to no slice must stand behind what does.',
  ],
  'unknown-profile': [
    'Profile not known',
    '未登録のプロファイル',
    'meta.profile names a profile that the server does not have: it was not checked.',
  ],
  'profile-of-other-type': [
    'Profile of another type',
    '別の型のプロファイル',
    'A resource claims a profile that is made for another type.',
  ],
}

const CONSENT: Readonly<Record<keyof typeof CONSENT_RULES, Text>> = {
  A1: [
    'Scope of a consent',
    '同意の範囲',
    'The scope of an active Consent is one of those that are enforced, or another that is not.',
  ],
  A2: [
    'Consent incomplete',
    '同意の必須事項の不備',
    'An active Consent says whose data it is about, who gave it, when, to whom, and on which version of a text.',
  ],
  A3: [
    'Neither grant nor dissent',
    '同意・拒否の不明',
    'policyRule says OPTIN or OPTOUT, and the root provision agrees with it.',
  ],
  A4: [
    'Provision without type, or too deep',
    'provision の種別・深さの誤り',
    'Every provision says permit or deny, at most two levels below the root.',
  ],
  A5: [
    'Actor that does not receive',
    '受け手でない actor',
    'An actor of a Consent is who receives the data.',
  ],
  A6: [
    'Condition that cannot be interpreted',
    '解釈できない条件',
    'A condition of a Consent is not understood here: a modifier extension, an unknown code, something that is not there.',
  ],
  A7: [
    'Secondary use without recipient',
    '提供先のない二次利用',
    'A permit for secondary use names its recipients as organisations or groups.',
  ],
  A8: [
    'Consent too large',
    '同意の上限超過',
    'Active consents of a person, actors, or values of an element are too many.',
  ],
  J08: [
    'Recipient abroad',
    '外国の提供先',
    'A recipient in another country needs the text on that country that the person was shown.',
  ],
  P3: [
    'Delegation that gives no right',
    '効力のない委任',
    'A delegation does not say in full who may act for whom, on what ground, verified by whom.',
  ],
}

const MORE: Text = [
  'More not listed',
  '省略された指摘',
  'An outcome lists 100 issues at most; this one counts the rest and has the severity of the worst of them.',
]

const RULES: RuleTable = { ...STRUCTURE_RULES, ...RESOURCE_RULES, ...PROFILE_RULES }
const TEXTS: Readonly<Record<MessageCode, Text>> = { ...STRUCTURE, ...RESOURCE, ...PROFILE }

interface Concept {
  readonly code: string
  readonly display: string
  readonly definition: string
  readonly designation: readonly { readonly language: string; readonly value: string }[]
  readonly property?: readonly { readonly code: string; readonly valueCode: string }[]
}

function toConcept(code: string, [display, ja, definition]: Text): Concept {
  return { code, display, definition, designation: [{ language: 'ja', value: ja }] }
}

/** Returns every message code of an outcome, in the order of the tables; how severe and of what IssueType each is comes from them. */
export function listMessageCodes(): readonly Concept[] {
  const rules = Object.entries(RULES).map(([code, { severity, code: issue }]) => ({
    ...toConcept(code, TEXTS[code as MessageCode]),
    property: [
      { code: 'severity', valueCode: severity },
      { code: 'issue', valueCode: issue },
    ],
  }))
  const consents = Object.entries(CONSENT_RULES).map(([rule, code]) => ({
    ...toConcept(code, CONSENT[rule as keyof typeof CONSENT_RULES]),
    property: [{ code: 'issue', valueCode: 'business-rule' }],
  }))
  return [...rules, ...consents, toConcept('more', MORE)]
}
