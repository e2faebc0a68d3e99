// Passwords as they are kept: Argon2id, as a PHC string. https://www.rfc-editor.org/rfc/rfc9106 https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify(argon2)

interface Cost {
  /** KiB. */
  readonly memory: number
  readonly passes: number
  readonly parallelism: number
}

const COST: Cost = { memory: 19_456, passes: 2, parallelism: 1 }
const SALT_BYTES = 16
const TAG_BYTES = 32
const PHC =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{22,})\$([A-Za-z0-9+/]{43,})$/

/** Of no password: what is compared with where there is none, so that this takes as long. */
const NOBODY = toPhc(COST, randomBytes(SALT_BYTES), randomBytes(TAG_BYTES))

export interface Verdict {
  readonly isRight: boolean
  /** True where it was right and is kept at a lower cost than today's: hash it again. */
  readonly isOutdated: boolean
}

/** Returns the PHC string of a password with a new salt. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  return toPhc(COST, salt, await run(password, salt, COST, TAG_BYTES))
}

/** Compares a password with a PHC string; with none, or one it cannot read, it takes the time of a comparison and is wrong. */
export async function verifyPassword(password: string, phc: string | undefined): Promise<Verdict> {
  const known = phc === undefined ? null : PHC.exec(phc)
  const [, memory, passes, parallelism, salt, tag] = known ?? PHC.exec(NOBODY)!
  const cost: Cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
  const expected = Buffer.from(tag!, 'base64')
  const given = await run(password, Buffer.from(salt!, 'base64'), cost, expected.length)
  const isRight = timingSafeEqual(given, expected) && known !== null
  return { isRight, isOutdated: isRight && (cost.memory < COST.memory || cost.passes < COST.passes) }
}

function run(password: string, salt: Buffer, cost: Cost, tagLength: number): Promise<Buffer> {
  const message = Buffer.from(normalizePassword(password))
  return derive('argon2id', { ...cost, message, nonce: salt, tagLength })
}

function toPhc({ memory, passes, parallelism }: Cost, salt: Buffer, tag: Buffer): string {
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${encode(salt)}$${encode(tag)}`
}

function encode(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}

/** Returns the password as it is compared, whatever keyboard it was typed on (NIST SP 800-63B 3.1.1.2). */
export function normalizePassword(password: string): string {
  return password.normalize('NFKC')
}
