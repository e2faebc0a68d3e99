// An event of the access log in a plain sentence: who did what.
import type { Language } from '../../fhir/outcome.ts'
import { nameOfType } from '../describe/types.ts'
import { type Words, words } from '../describe/words.ts'
import type { ToldEvent } from './read-event.ts'

/** Events that are no access to data; `%` is the app. */
const EVENTS: Readonly<Record<string, Words>> = {
  login: words('You logged in', 'ログインしました'),
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

const VERBS: Readonly<Record<string, Words>> = {
  C: words('added', '追加'),
  R: words('saw', '閲覧'),
  U: words('changed', '変更'),
  D: words('deleted', '削除'),
  E: words('looked for and saw', '検索・閲覧'),
}

const TEXT = {
  en: {
    data: 'data',
    list: ', ',
    count: (type: string, n: number) => `${type} (${n})`,
    sentence: (who: string, verb: string, what: string) => `${who} ${verb} ${what}`,
    tried: (who: string, verb: string, what: string) => `Not done – ${who} asked for this: ${verb} ${what}`,
    you: 'You',
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
    you: 'あなた',
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
  const known = Object.hasOwn(EVENTS, event.what) ? EVENTS[event.what] : undefined
  if (known) return known[language].replaceAll('%', () => app)
  const verb = (VERBS[event.action] ?? VERBS['E']!)[language]
  const what = [...event.types].map(([type, n]) => text.count(nameOfType(type, language), n)).join(text.list)
  const tell = event.outcome === 'done' ? text.sentence : text.tried
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
  const app = nameOfClient(event, names)
  if (user === self) return text.through(text.you, app)
  const place = organization === undefined ? undefined : (names.get(organization) ?? organization)
  if (user === undefined) return place === undefined ? app : text.by(app, place)
  const name = names.get(user) ?? user
  return text.through(place === undefined ? name : text.by(name, place), app)
}
