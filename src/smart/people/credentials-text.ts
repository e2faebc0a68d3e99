// What the page of the ways to log in says, in both languages.
import type { Language } from '../../fhir/outcome.ts'
import { MIN_PASSWORD_CHARS, PASSWORD_PROBLEMS, type PasswordProblem } from './password-rules.ts'

/** Words of the page. */
export const TEXT = {
  en: {
    title: 'Ways to log in',
    confirm: 'You logged in a while ago: confirm that it is you before you change something',
    notices: {
      password: 'The password was changed. Other browsers were logged out.',
      added: 'The passkey was added.',
      removed: 'It was removed.',
      ended: 'All other browsers were logged out.',
      differs: 'The two passwords differ. Nothing was changed.',
      failed: 'The passkey could not be added. Try again.',
      gone: 'It was removed already.',
      last: 'This is the only way in that is left. Add another one first.',
    },
    password: 'Password',
    hasPassword: 'A password is set.',
    noPassword: 'No password is set.',
    new: `New password (at least ${MIN_PASSWORD_CHARS} characters; a sentence is good)`,
    again: 'New password once more',
    set: 'Set password',
    passkeys: 'Passkeys',
    aboutPasskeys:
      'A passkey is kept by your device and opened by fingerprint, face or PIN. It cannot be guessed.',
    noPasskeys: 'There is none yet.',
    name: 'A name for it, such as “phone”',
    add: 'Add a passkey',
    unnamed: 'Passkey',
    added: 'added',
    used: 'last used',
    cloned: 'shut: a copy of it was used',
    remove: 'Remove',
    providers: 'Other services',
    linked: 'linked',
    sessions: 'Where you are logged in',
    here: 'this browser',
    since: 'since',
    end: 'Log out everywhere else',
    logout: 'Log out',
  },
  ja: {
    title: 'ログイン方法',
    confirm: 'ログインから時間がたっています。変更の前に本人確認をしてください',
    notices: {
      password: 'パスワードを変更しました。ほかのブラウザーはログアウトされました。',
      added: 'パスキーを追加しました。',
      removed: '削除しました。',
      ended: 'ほかのすべてのブラウザーをログアウトしました。',
      differs: '二つのパスワードが異なります。何も変更していません。',
      failed: 'パスキーを追加できませんでした。もう一度お試しください。',
      gone: 'すでに削除されています。',
      last: '残っている唯一のログイン方法です。先に別の方法を追加してください。',
    },
    password: 'パスワード',
    hasPassword: 'パスワードが設定されています。',
    noPassword: 'パスワードは設定されていません。',
    new: `新しいパスワード（${MIN_PASSWORD_CHARS}文字以上。文章がおすすめです）`,
    again: '新しいパスワード（確認）',
    set: 'パスワードを設定',
    passkeys: 'パスキー',
    aboutPasskeys: 'パスキーは端末に保存され、指紋・顔・PINで使います。推測されることはありません。',
    noPasskeys: 'まだありません。',
    name: '名前（例：スマートフォン）',
    add: 'パスキーを追加',
    unnamed: 'パスキー',
    added: '追加',
    used: '最終使用',
    cloned: '停止中：複製が使われました',
    remove: '削除',
    providers: 'ほかのサービス',
    linked: '登録',
    sessions: 'ログイン中のブラウザー',
    here: 'このブラウザー',
    since: '開始',
    end: 'ほかのすべてをログアウト',
    logout: 'ログアウト',
  },
} as const

/** What the person is told after a change, or why there was none. */
export type Notice = keyof (typeof TEXT)['en']['notices'] | PasswordProblem

/** Those of changes that were made. */
export const DONE: ReadonlySet<string> = new Set(['password', 'added', 'removed', 'ended'])

/** Returns what the person is told. */
export function tell(notice: Notice, language: Language): string {
  const { notices } = TEXT[language]
  return Object.hasOwn(notices, notice)
    ? notices[notice as keyof typeof notices]
    : PASSWORD_PROBLEMS[notice as PasswordProblem][language]
}
