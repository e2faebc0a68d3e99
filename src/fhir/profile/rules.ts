// What a check against profiles, bindings, targets and invariants says, in both languages. https://hl7.org/fhir/R4/validation.html

import type { IssueType } from '../outcome.ts'
import type { Fault, RuleRow, RuleTable, Severity } from '../validate/faults.ts'
import { found, foundJa } from '../validate/structure-rules.ts'
import { INVARIANTS_JA } from './invariants-ja.ts'

type Sentence = (facts: Readonly<Record<string, string | number>>) => string

function row(code: IssueType, en: Sentence, ja: Sentence, severity: Severity = 'error'): RuleRow {
  return {
    code,
    severity,
    en: (fault, value) =>
      en(factsOf(fault)) +
      (TELLS_VALUE.has(fault.rule) ? found(value) : '') +
      behind(fault, (url) => ` (profile ${url})`),
    ja: (fault, value) =>
      ja(factsOf(fault)) +
      (TELLS_VALUE.has(fault.rule) ? foundJa(value) : '') +
      behind(fault, (url) => `（プロファイル ${url}）`),
  }
}

/** Behind these stands what was found in the place. */
const TELLS_VALUE = new Set(['fixed', 'pattern', 'min-value', 'max-value'])

function factsOf({ about, facts }: Fault): Readonly<Record<string, string | number>> {
  return { ...(about !== undefined && { about }), ...facts }
}

function behind({ facts }: Fault, say: (url: string) => string): string {
  const url = facts?.['profile']
  return url === undefined ? '' : say(String(url))
}

/** Every rule of the checks in this folder. `facts.profile` is the profile that asks for more than R4 does. */
export const PROFILE_RULES = {
  'profile-few': row(
    'required',
    (f) => `must have ${f['name']} at least ${times(f['min'])}, found ${f['found']}`,
    (f) => `には要素 ${f['name']} が少なくとも ${f['min']} 個必要です（実際は ${f['found']} 個）`,
  ),
  'profile-many': row(
    'structure',
    (f) => `may have ${f['name']} at most ${times(f['max'])}, found ${f['found']}`,
    (f) => `の要素 ${f['name']} は最大 ${f['max']} 個です（実際は ${f['found']} 個）`,
  ),
  'profile-none': row(
    'structure',
    () => 'is not allowed here',
    () => 'はここでは使用できません',
  ),
  'profile-type': row(
    'structure',
    (f) => `must be of type ${f['types']}, found ${f['found']}`,
    (f) => `の型は ${f['types']} でなければなりません（実際は ${f['found']}）`,
  ),
  fixed: row(
    'value',
    (f) => `must be exactly ${f['fixed']}`,
    (f) => `は固定値 ${f['fixed']} と完全に一致しなければなりません`,
  ),
  pattern: row(
    'value',
    (f) => `must hold the pattern ${f['pattern']}`,
    (f) => `はパターン ${f['pattern']} を含まなければなりません`,
  ),
  'min-value': row(
    'value',
    (f) => `must be at least ${f['bound']}`,
    (f) => `は ${f['bound']} 以上でなければなりません`,
  ),
  'max-value': row(
    'value',
    (f) => `must be at most ${f['bound']}`,
    (f) => `は ${f['bound']} 以下でなければなりません`,
  ),
  'max-length': row(
    'too-long',
    (f) => `may have ${f['max']} characters at most, found ${f['found']}`,
    (f) => `は最大 ${f['max']} 文字です（実際は ${f['found']} 文字）`,
  ),
  'target-type': row(
    'structure',
    (f) => `must refer to ${f['targets']}, found a reference to ${f['found']}`,
    (f) => `の参照先は ${f['targets']} でなければなりません（実際は ${f['found']}）`,
  ),
  'reference-type': row(
    'value',
    (f) => `says the type ${f['stated']}, but its reference is to ${f['found']}`,
    (f) => `の type は ${f['stated']} ですが、reference は ${f['found']} を指しています`,
  ),
  'binding-required': row(
    'code-invalid',
    (f) => `must have a code of the required value set ${f['valueSet']}, found ${f['found']}`,
    (f) => `には必須の値セット ${f['valueSet']} のコードが必要です（実際は ${f['found']}）`,
  ),
  'binding-extensible': row(
    'code-invalid',
    (f) =>
      `should have a code of the value set ${f['valueSet']}${from(f)} where one fits, found ${f['found']}`,
    (f) =>
      `には、該当するものがあれば値セット ${f['valueSet']}${fromJa(f)} のコードを使ってください（実際は ${f['found']}）`,
    'warning',
  ),
  'binding-preferred': row(
    'code-invalid',
    (f) => `is best given with a code of the value set ${f['valueSet']}, found ${f['found']}`,
    (f) => `には値セット ${f['valueSet']} のコードが推奨されます（実際は ${f['found']}）`,
    'information',
  ),
  'binding-unchecked': row(
    'not-supported',
    (f) =>
      `is bound to the value set ${f['valueSet']}, whose codes are not known to this server: the code was not checked`,
    (f) =>
      `の値セット ${f['valueSet']} のコードはこのサーバーに登録されていないため、コードは検証していません`,
    'warning',
  ),
  'unknown-code': row(
    'code-invalid',
    (f) => `has the code ${f['code']}, which the code system ${f['system']} does not have`,
    (f) => `のコード ${f['code']} はコードシステム ${f['system']} に存在しません`,
    'warning',
  ),
  'unknown-system': row(
    'not-supported',
    (f) => `is of the code system ${f['system']}, which this server does not have: the code was not checked`,
    (f) => `のコードシステム ${f['system']} はこのサーバーに登録されていないため、コードは検証していません`,
    'warning',
  ),
  display: row(
    'value',
    (f) => `has the display ${f['found']} where the code system says ${f['display']}`,
    (f) => `の表示名 ${f['found']} はコードシステムの表示名 ${f['display']} と異なります`,
    'warning',
  ),
  invariant: row(
    'invariant',
    (f) => `breaks the rule ${f['about']}: ${f['human']}`,
    (f) => `は制約 ${f['about']} を満たしていません: ${humanJa(f)}`,
  ),
  'unknown-extension': row(
    'extension',
    (f) => `is the extension ${f['about']}, which this server does not know: it was not checked`,
    (f) => `の拡張 ${f['about']} はこのサーバーに登録されていないため、検証していません`,
    'warning',
  ),
  'unknown-modifier-extension': row(
    'extension',
    (f) =>
      `is the modifier extension ${f['about']}, which this server does not know: it may change the meaning, so that it is refused`,
    (f) =>
      `の modifierExtension ${f['about']} はこのサーバーに登録されていません。意味を変える可能性があるため受け付けられません`,
  ),
  'slice-few': row(
    'required',
    (f) => `must have the slice ${f['slice']} at least ${times(f['min'])}, found ${f['found']}${reason(f)}`,
    (f) =>
      `にはスライス ${f['slice']} が少なくとも ${f['min']} 個必要です（実際は ${f['found']} 個）${reasonJa(f)}`,
  ),
  'slice-many': row(
    'structure',
    (f) => `may have the slice ${f['slice']} at most ${times(f['max'])}, found ${f['found']}`,
    (f) => `のスライス ${f['slice']} は最大 ${f['max']} 個です（実際は ${f['found']} 個）`,
  ),
  'slice-none': row(
    'structure',
    (f) => `fits none of the slices that are allowed here${reason(f)}`,
    (f) => `は、ここで許されるどのスライスにも一致しません${reasonJa(f)}`,
  ),
  'slice-order': row(
    'structure',
    (f) => `is of the slice ${f['slice']}, which must stand before ${f['before']}`,
    (f) => `はスライス ${f['slice']} に属し、${f['before']} より前に置かなければなりません`,
  ),
  'slice-end': row(
    'structure',
    (f) => `fits no slice, so it must stand behind those that do${reason(f)}`,
    (f) =>
      `はどのスライスにも一致しないため、スライスに一致する要素より後に置かなければなりません${reasonJa(f)}`,
  ),
  'unknown-profile': row(
    'not-found',
    (f) => `names the profile ${f['about']}, which this server does not know: it was not checked`,
    (f) => `に記載のプロファイル ${f['about']} はこのサーバーに登録されていないため、検証していません`,
    'warning',
  ),
  'profile-of-other-type': row(
    'value',
    (f) => `names the profile ${f['about']}, which is one of ${f['type']}`,
    (f) => `に記載のプロファイル ${f['about']} は ${f['type']} 用のものです`,
  ),
} as const satisfies RuleTable

// A profile may have a constraint of its own under the key of one of R4's.
function humanJa(f: Facts): string | number | undefined {
  return f['profile'] === undefined ? (INVARIANTS_JA[String(f['about'])] ?? f['human']) : f['human']
}

function times(count: string | number | undefined): string {
  return count === 1 ? 'once' : `${count} times`
}

type Facts = Parameters<Sentence>[0]

function reason(f: Facts): string {
  return f['reason'] === undefined ? '' : ` (what each slice asks for: ${f['reason']})`
}

function reasonJa(f: Facts): string {
  return f['reason'] === undefined ? '' : `（各スライスの条件 ${f['reason']}）`
}

function from(f: Facts): string {
  return f['systems'] === undefined ? '' : ` (of ${f['systems']})`
}

function fromJa(f: Facts): string {
  return f['systems'] === undefined ? '' : `（${f['systems']}）`
}
