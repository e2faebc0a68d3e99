// What a new password must be: long, not a common one, not the login name; nothing else. https://pages.nist.gov/800-63-4/sp800-63b.html#passwordver
import { toLoginKey } from '../account.ts'
import { normalizePassword } from './password.ts'

export const MIN_PASSWORD_CHARS = 12
export const MAX_PASSWORD_CHARS = 128

export type PasswordProblem = 'short' | 'long' | 'common' | 'login'

/** What a person is told. */
export const PASSWORD_PROBLEMS: Readonly<
  Record<PasswordProblem, { readonly en: string; readonly ja: string }>
> = {
  short: {
    en: `The password must have at least ${MIN_PASSWORD_CHARS} characters.`,
    ja: `パスワードは${MIN_PASSWORD_CHARS}文字以上にしてください。`,
  },
  long: {
    en: `The password may have at most ${MAX_PASSWORD_CHARS} characters.`,
    ja: `パスワードは${MAX_PASSWORD_CHARS}文字以下にしてください。`,
  },
  common: {
    en: 'This password is among those tried first. Choose another.',
    ja: '推測されやすいパスワードです。別のものにしてください。',
  },
  login: {
    en: 'The password must not be made of the login name.',
    ja: 'ログイン名をもとにしたパスワードは使えません。',
  },
}

/** Words that common passwords are made of; with digits and marks around them, or repeated, they stay common. */
const COMMON: ReadonlySet<string> = new Set(
  `password passwort passw0rd p@ssword p@ssw0rd pass motdepasse qwerty qwertyuiop qwertyuiopasdf qwertyuiopasdfghjkl
  asdfghjkl zxcvbnm qazwsx qazwsxedc qazwsxedcrfv 1qaz2wsx 1qaz2wsx3edc 1q2w3e 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y zaq12wsx
  abc abcd abcdef abcdefg abcdefgh abcdefghijkl abc123 iloveyou iloveyouforever letmein welcome admin administrator root
  monkey dragon sunshine princess football baseball superman batman master shadow michael jordan trustno michelle charlie
  whatever freedom computer internet samsung secret changeme default guest login user test testing hello helloworld
  musubi sakura himawari arigatou konnichiwa nippon japan tokyo osaka doraemon pikachu pokemon naruto byouin kanja hospital
  patient doctor health correcthorsebatterystaple`.split(/\s+/),
)

/** Returns what is wrong with a new password, or undefined. */
export function findPasswordProblem(password: string, login: string): PasswordProblem | undefined {
  const text = normalizePassword(password)
  const { length } = [...text]
  if (length < MIN_PASSWORD_CHARS) return 'short'
  if (length > MAX_PASSWORD_CHARS) return 'long'
  const lower = text.toLowerCase()
  const key = toLoginKey(login)
  if (
    key.length > 0 &&
    lower
      .split(key)
      .join('')
      .replace(/[^\p{L}]/gu, '') === '' &&
    lower.includes(key)
  )
    return 'login'
  return isCommon(lower) ? 'common' : undefined
}

function isCommon(lower: string): boolean {
  if (new Set(lower).size < 5 || isSequence(lower)) return true
  const bare = lower.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '')
  return [lower, bare].some((each) => COMMON.has(each) || COMMON.has(toUnit(each)))
}

// The part that is repeated, where the text is nothing but repetitions.
function toUnit(text: string): string {
  return /^(.+?)\1+$/u.exec(text)?.[1] ?? text
}

// 123456789012, abcdefghijkl, and back.
function isSequence(text: string): boolean {
  const steps = new Set(Array.from(text.slice(1), (_, i) => text.charCodeAt(i + 1) - text.charCodeAt(i)))
  return (
    [...steps].every((step) => [1, -9].includes(step)) || [...steps].every((step) => [-1, 9].includes(step))
  )
}
