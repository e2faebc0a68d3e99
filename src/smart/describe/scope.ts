// What a scope allows, in a plain sentence. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
import type { Right, Scope } from '../../access/scopes.ts'
import type { Language } from '../../fhir/outcome.ts'
import { describeParam } from './facets.ts'
import { nameOfType } from './types.ts'
import { type Words, words } from './words.ts'

const SEE = words('see', '見る')
const RIGHTS: Readonly<Record<'c' | 'u' | 'd', Words>> = {
  c: words('add', '追加する'),
  u: words('change', '変更する'),
  d: words('delete', '削除する'),
}

/** Whose data a level reaches. */
const REACH: Readonly<Record<Scope['level'], Words>> = {
  patient: words('', ''),
  user: words(' that you may use', '（あなたが扱える範囲）'),
  system: words(' of all people that the app may reach', '（アプリが扱えるすべての人）'),
}

const OTHERS: Readonly<Record<string, Words>> = {
  openid: words('your name and who you are', 'あなたがどなたか（氏名を含む）'),
  fhirUser: words('your name and who you are', 'あなたがどなたか（氏名を含む）'),
  profile: words('your name and who you are', 'あなたがどなたか（氏名を含む）'),
  offline_access: words('go on also when you are not there', 'あなたが使っていないときも続ける'),
  online_access: words('go on while you are logged in', 'ログインしている間だけ続ける'),
}

/** Returns a right in words: a verb in English, its dictionary form in Japanese. */
export function describeRight(right: Right, language: Language): string {
  return right === 'r' || right === 's' ? SEE[language] : RIGHTS[right][language]
}

/** Returns the rights in words, each once: `see, add`. */
export function describeRights(rights: string, language: Language): string {
  const verbs = [...rights].map((right) => describeRight(right as Right, language))
  const ordered = [...new Set(verbs)].sort((a) => (a === SEE[language] ? -1 : 0))
  return ordered.join(language === 'ja' ? '・' : ', ')
}

/** Returns what a scope is about, without what may be done: `test results and measurements: heart rate`. */
export function describeData({ level, type, params }: Scope, language: Language): string {
  const name = `${nameOfType(type, language)}${REACH[level][language]}`
  if (params.length === 0) return name
  const parts = params.map((param) => describeParam(type, param, language))
  return language === 'ja' ? `${name}のうち${parts.join('かつ')}` : `${name}: ${parts.join(' and ')}`
}

/** Returns a scope as a phrase: `see, add: allergies`, `アレルギーを見る・追加する`. */
export function describeScope(scope: Scope, language: Language): string {
  const [data, rights] = [describeData(scope, language), describeRights(scope.rights, language)]
  return language === 'ja' ? `${data}を${rights}` : `${rights} ${data}`
}

/** Returns what a scope that is no right to data means for the person; undefined where it means nothing to them (`launch`). */
export function describeOther(scope: string, language: Language): string | undefined {
  return Object.hasOwn(OTHERS, scope) ? OTHERS[scope]![language] : undefined
}
