// An event of the access log in a plain sentence: who did what.
import type { Language } from '../../fhir/outcome.ts'
import { OWN_CLIENT } from '../acting.ts'
import { nameOfType } from '../describe/types.ts'
import { type Words, words } from '../describe/words.ts'
import type { ToldEvent } from './read-event.ts'

/** Events that are no access to data; `%` is the app. */
const EVENTS: Readonly<Record<string, Words>> = {
  login: words('You logged in', 'ログインしました'),
  'refused-login': words(
    'A login with your account did not succeed',
    'あなたのアカウントへのログインが失敗しました',
  ),
  logout: words('You logged out', 'ログアウトしました'),
  authorize: words('% was let in', '%にアクセスを許可しました'),
  issue: words('% received access', '%がアクセスを受け取りました'),
  refresh: words('% renewed its access', '%がアクセスを更新しました'),
  revoke: words('The access of % was ended', '%のアクセスを終了しました'),
  introspect: words('Whether % has access was checked', '%のアクセスの有効性が確認されました'),
  register: words('% was registered', '%が登録されました'),
  'refused-token': words('% asked with access that is not valid', '%が無効なアクセスで要求しました'),
  credential: words('How you log in was changed', 'ログイン方法が変更されました'),
  token: words('Access was set up by the operator', '運営者がアクセスを設定しました'),
  import: words('Records were taken in', '記録が取り込まれました'),
  export: words('Records were handed out', '記録が出力されました'),
  config: words('The operator changed a setting', '運営者が設定を変更しました'),
  '$revoke-consent': words('A consent was withdrawn', '同意が撤回されました'),
  '$simulate-consent': words('The effect of a consent was previewed', '同意の影響が確認されました'),
  '$effective-access': words('Who has access was looked up', '誰が閲覧できるかが確認されました'),
  '$explain-access': words('Why somebody has access was looked up', '閲覧できる理由が確認されました'),
  '$provision-records': words('Records of provision were looked up', '第三者提供の記録が確認されました'),
}

/** The same where nothing came of it. */
const TRIED: Readonly<Record<string, Words>> = {
  login: words('Somebody tried to log in', 'ログインが試みられました'),
  authorize: words('% asked to be let in', '%がアクセスの許可を求めました'),
  issue: words('% asked for access', '%がアクセスを求めました'),
  refresh: words('% tried to renew its access', '%がアクセスの更新を求めました'),
  credential: words('Somebody tried to change how you log in', 'ログイン方法の変更が試みられました'),
  'refused-token': words('% asked with access that is not valid', '%が無効なアクセスで要求しました'),
}

/** What was done, and what was tried. */
const VERBS: Readonly<Record<string, { readonly done: Words; readonly tried: Words }>> = {
  C: { done: words('added', '追加'), tried: words('add', '追加') },
  R: { done: words('saw', '閲覧'), tried: words('see', '閲覧') },
  U: { done: words('changed', '変更'), tried: words('change', '変更') },
  D: { done: words('deleted', '削除'), tried: words('delete', '削除') },
  E: { done: words('looked for and saw', '検索・閲覧'), tried: words('look for', '検索・閲覧') },
}

const FOUND_NOTHING = words('looked for', '検索')

const TEXT = {
  en: {
    data: 'data',
    list: ', ',
    count: (type: string, n: number) => `${type} (${n})`,
    sentence: (who: string, verb: string, what: string) => `${who} ${verb} ${what}`,
    tried: (who: string, verb: string, what: string) => `${who} tried to ${verb} ${what}`,
    undone: (sentence: string) => `Not done: ${sentence}`,
    you: 'You',
    here: 'This service',
    of: (user: string, told: string) => `${user}: ${told}`,
    by: (user: string, organization: string) => `${user} (${organization})`,
    through: (user: string, app: string) => `${user}, with ${app},`,
  },
  ja: {
    data: '記録',
    list: '、',
    count: (type: string, n: number) => `${type}（${n}件）`,
    sentence: (who: string, verb: string, what: string) => `${who}が${what}を${verb}しました`,
    tried: (who: string, verb: string, what: string) =>
      `${who}が${what}の${verb}を求めましたが、行われませんでした`,
    undone: (sentence: string) => `行われませんでした：${sentence}`,
    you: 'あなた',
    here: 'このサービス',
    of: (user: string, told: string) => `${user}：${told}`,
    by: (user: string, organization: string) => `${user}（${organization}）`,
    through: (user: string, app: string) => `${user}（アプリ：${app}）`,
  },
} as const

/** Returns the sentence; `self` (`Patient/1`) is who reads it, `names` what others are called. */
export function tellEvent(
  event: ToldEvent,
  self: string,
  names: ReadonlyMap<string, string>,
  language: Language,
): string {
  const text = TEXT[language]
  const app = nameOfClient(event, names)
  const isDone = event.outcome === 'done'
  const known = Object.hasOwn(EVENTS, event.what) ? EVENTS[event.what]![language] : undefined
  if (known !== undefined) {
    const tried = Object.hasOwn(TRIED, event.what) ? TRIED[event.what]![language] : text.undone(known)
    const told = (isDone ? known : tried).replaceAll('%', () => app)
    const isOther = event.user !== undefined && event.user !== self
    return isOther ? text.of(toPerson(event.user!, event, names, language), told) : told
  }
  const { done, tried } = VERBS[event.action] ?? VERBS['E']!
  const sawNothing = event.action === 'E' && event.types.size === 0
  const verb = (isDone ? (sawNothing ? FOUND_NOTHING : done) : tried)[language]
  const what = [...event.types].map(([type, n]) => text.count(nameOfType(type, language), n)).join(text.list)
  const tell = isDone ? text.sentence : text.tried
  return tell(toWho(event, self, names, language), verb, what === '' ? text.data : what)
}

function nameOfClient({ client = '' }: ToldEvent, names: ReadonlyMap<string, string>): string {
  return names.get(`Client/${client}`) ?? client
}

function toWho(
  event: ToldEvent,
  self: string,
  names: ReadonlyMap<string, string>,
  language: Language,
): string {
  const text = TEXT[language]
  const { user, organization } = event
  const isHere = event.client === OWN_CLIENT
  const app = isHere ? text.here : nameOfClient(event, names)
  // At the pages of this server nobody uses an app.
  const through = (name: string) => (isHere ? name : text.through(name, app))
  if (user === self) return through(text.you)
  if (user === undefined)
    return organization === undefined ? app : text.by(app, names.get(organization) ?? organization)
  return through(toPerson(user, event, names, language))
}

function toPerson(
  user: string,
  { organization }: ToldEvent,
  names: ReadonlyMap<string, string>,
  language: Language,
): string {
  const name = names.get(user) ?? user
  return organization === undefined ? name : TEXT[language].by(name, names.get(organization) ?? organization)
}
