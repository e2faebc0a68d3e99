// Parts of a type that a person can name: what granular scopes say in words. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#finer-grained-resource-constraints-using-search-parameters
import type { Language } from '../../fhir/outcome.ts'
import { type Words, words } from './words.ts'

/** One search parameter with the values that mean the same to a person: a part of a type. */
export interface Facet {
  /** Of the field in a form. */
  readonly key: string
  readonly type: string
  readonly param: string
  /** Each is a scope of its own. */
  readonly values: readonly string[]
  readonly words: Words
}

const CATEGORY = 'http://terminology.hl7.org/CodeSystem/observation-category'
const LOINC = 'http://loinc.org'

function category(code: string, en: string, ja: string): Facet {
  return {
    key: code,
    type: 'Observation',
    param: 'category',
    values: [`${CATEGORY}|${code}`],
    words: words(en, ja),
  }
}

function code(key: string, loinc: string, en: string, ja: string): Facet {
  const values = loinc.split(' ').map((each) => `${LOINC}|${each}`)
  return { key, type: 'Observation', param: 'code', values, words: words(en, ja) }
}

function condition(system: string, key: string, en: string, ja: string): Facet {
  return { key, type: 'Condition', param: 'category', values: [`${system}|${key}`], words: words(en, ja) }
}

const CONDITION = 'http://terminology.hl7.org/CodeSystem/condition-category'
const US_CORE = 'http://hl7.org/fhir/us/core/CodeSystem/condition-category'

/** Parts by which somebody may grant less than was asked for, in the order they are offered. */
export const FACETS: readonly Facet[] = [
  code('heart-rate', '8867-4', 'heart rate', '心拍数'),
  code('blood-pressure', '85354-9', 'blood pressure', '血圧'),
  code('body-weight', '29463-7 3141-9', 'body weight', '体重'),
  code('steps', '55423-8 41950-7', 'steps', '歩数'),
  code('body-temperature', '8310-5 8331-1', 'body temperature', '体温'),
  code('oxygen', '59408-5 2708-6', 'oxygen saturation', '酸素飽和度（SpO2）'),
  code('glucose', '2339-0 2345-7 15074-8', 'blood glucose', '血糖値'),
  category('vital-signs', 'vital signs', 'バイタルサイン（すべて）'),
  category('laboratory', 'laboratory results', '検体検査の結果'),
  category('imaging', 'findings from images', '画像検査の所見'),
  category('exam', 'findings from examinations', '診察の所見'),
  category('activity', 'physical activity', '身体活動'),
  category('survey', 'results of questionnaires', '質問票の結果'),
  category('social-history', 'habits such as smoking and work', '喫煙・職業などの生活歴'),
  category('procedure', 'measurements during treatment', '処置中の測定'),
  category('therapy', 'results of therapy', '治療・リハビリの記録'),
  condition(CONDITION, 'problem-list-item', 'lasting problems', '継続中の病名・問題'),
  condition(CONDITION, 'encounter-diagnosis', 'diagnoses of a visit', '受診時の診断'),
  condition(US_CORE, 'health-concern', 'health concerns', '健康上の心配ごと'),
]

/** Codes that apps ask for besides. */
const CODES: Readonly<Record<string, Words>> = {
  '8480-6': words('upper blood pressure', '収縮期血圧（上の血圧）'),
  '8462-4': words('lower blood pressure', '拡張期血圧（下の血圧）'),
  '4548-4': words('HbA1c', 'HbA1c'),
  '17856-6': words('HbA1c', 'HbA1c'),
  '9279-1': words('breathing rate', '呼吸数'),
  '8302-2': words('body height', '身長'),
  '39156-5': words('body mass index', 'BMI'),
  '93832-4': words('sleep duration', '睡眠時間'),
  '2093-3': words('total cholesterol', '総コレステロール'),
  '2085-9': words('HDL cholesterol', 'HDLコレステロール'),
  '13457-7': words('LDL cholesterol', 'LDLコレステロール'),
  '2571-8': words('triglycerides', '中性脂肪'),
  '2160-0': words('creatinine', 'クレアチニン'),
  '33914-3': words('kidney function (eGFR)', '腎機能（eGFR）'),
  '718-7': words('haemoglobin', 'ヘモグロビン'),
  '72166-2': words('smoking', '喫煙'),
}

/** Returns what a granular parameter selects; what has no words of ours stands as it is. */
export function describeParam(
  type: string,
  [param, value]: readonly [name: string, value: string],
  language: Language,
): string {
  const told = value.split(',').map((each) => findWords(type, param, each)?.[language] ?? `${param}=${each}`)
  return [...new Set(told)].join(language === 'ja' ? '・' : ', ')
}

// A code without a system is told by the same words: it selects at least that.
function findWords(type: string, param: string, value: string): Words | undefined {
  const isBare = !value.includes('|')
  const facet = FACETS.find(
    (each) =>
      each.type === type &&
      each.param === param &&
      each.values.some((own) => own === value || (isBare && own.endsWith(`|${value}`))),
  )
  if (facet) return facet.words
  const loinc = isBare ? value : value.startsWith(`${LOINC}|`) ? value.slice(LOINC.length + 1) : ''
  return param === 'code' && Object.hasOwn(CODES, loinc) ? CODES[loinc] : undefined
}
