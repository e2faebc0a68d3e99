// Passwords: kept as Argon2id, compared in constant time, asked to be long and nothing else.
import t from 'tap'
import { hashPassword, verifyPassword } from '../../../src/smart/people/password.ts'
import { findPasswordProblem, type PASSWORD_PROBLEMS } from '../../../src/smart/people/password-rules.ts'

const right = 'a sentence of many words'

t.test('a password is kept as Argon2id with a salt of its own, and is not in it', async (t) => {
  const [first, second] = [await hashPassword(right), await hashPassword(right)]
  t.match(first, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  t.not(first, second)
  t.same(await verifyPassword(right, first), { isRight: true, isOutdated: false })
  t.same(await verifyPassword(`${right}.`, first), { isRight: false, isOutdated: false })
  t.same(await verifyPassword('', first), { isRight: false, isOutdated: false })
})

t.test('the same password typed in another form of Unicode is the same', async (t) => {
  const phc = await hashPassword('ﾊﾟｽﾜｰﾄﾞとしてのｔｅｘｔ')
  t.ok((await verifyPassword('パスワードとしてのtext', phc)).isRight)
})

t.test('no password, and one that cannot be read, are never right and take as long', async (t) => {
  const phc = await hashPassword(right)
  const time = async (known: string | undefined) => {
    const from = performance.now()
    t.equal((await verifyPassword('wrong', known)).isRight, false)
    return performance.now() - from
  }
  const times = [await time(phc), await time(undefined), await time('$2b$10$nothing'), await time('')]
  const [least, most] = [Math.min(...times), Math.max(...times)]
  t.ok(least > 2 && most / least < 10, 'each has run an Argon2id')
})

t.test('a hash of a lower cost is right, and outdated', async (t) => {
  // Argon2id of "a sentence of many words", salt 16 zero bytes, 1 MiB, one pass.
  const { argon2Sync } = await import('node:crypto')
  const nonce = Buffer.alloc(16)
  const tag = argon2Sync('argon2id', {
    message: right,
    nonce,
    parallelism: 1,
    tagLength: 32,
    memory: 1024,
    passes: 1,
  })
  const bare = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  const phc = `$argon2id$v=19$m=1024,t=1,p=1$${bare(nonce)}$${bare(tag)}`
  t.same(await verifyPassword(right, phc), { isRight: true, isOutdated: true })
  t.same(await verifyPassword('wrong', phc), { isRight: false, isOutdated: false })
})

t.test(
  'a new password is long, not common, not the login name; no kinds of characters are asked for',
  (t) => {
    const cases: readonly (readonly [
      password: string,
      problem: keyof typeof PASSWORD_PROBLEMS | undefined,
    ])[] = [
      ['short', 'short'],
      ['elevenchars', 'short'],
      ['𠮷野家でごはんを食べ', 'short'],
      ['x'.repeat(129), 'long'],
      ['aaaaaaaaaaaa', 'common'],
      ['abababababab', 'common'],
      ['123456789012', 'common'],
      ['987654321098', 'common'],
      ['abcdefghijklmn', 'common'],
      ['Password1234', 'common'],
      ['password!!!!!!', 'common'],
      ['passwordpassword', 'common'],
      ['2026sakura2026', 'common'],
      ['ＰＡＳＳＷＯＲＤ１２３４', 'common'],
      ['correcthorsebatterystaple', 'common'],
      ['hanako.yamada', 'login'],
      ['Hanako.Yamada2026', 'login'],
      ['hanako.yamadahanako.yamada', 'login'],
      ['only lower case letters', undefined],
      ['四月の雨は静かに桜を散らす', undefined],
      ['x9'.repeat(3) + 'quiet harbour', undefined],
      ['the garden of hanako.yamada', undefined],
    ]
    for (const [password, problem] of cases)
      t.equal(findPasswordProblem(password, 'hanako.yamada'), problem, password)
    t.end()
  },
)
