import t from 'tap'
import { loadConfig, SETTINGS } from '../src/config.ts'

t.test('without an environment every setting has its default and the base URL is local', async (t) => {
  const config = loadConfig({})
  t.equal(config.baseUrl, 'http://127.0.0.1:3000/fhir')
  t.equal(config.store, 'sqlite:./data')
  t.equal(config.timeZone, 'Asia/Tokyo')
  t.equal(config.maxBody, 16 * 1024 * 1024)
  t.equal(config.maxBundle, 64 * 1024 * 1024)
  t.equal(config.pageLinkTtl, 3_600_000)
  t.ok(Object.isFrozen(config))
})

t.test('an empty variable is as one that is not set', async (t) => {
  t.equal(loadConfig({ PORT: '' }).port, 3000)
})

t.test(
  'the base URL follows host and port, and an address of every interface becomes localhost',
  async (t) => {
    t.equal(loadConfig({ PORT: '8080', HOST: '0.0.0.0' }).baseUrl, 'http://localhost:8080/fhir')
    t.equal(loadConfig({ HOST: '::1' }).baseUrl, 'http://[::1]:3000/fhir')
    t.equal(loadConfig({ MUSUBI_BASE_URL: 'https://example.org/r4' }).baseUrl, 'https://example.org/r4')
  },
)

const BAD: readonly (readonly [name: string, value: string])[] = [
  ['PORT', '0'],
  ['PORT', '65536'],
  ['PORT', '80a'],
  ['PORT', '-1'],
  ['HOST', 'a b'],
  ['MUSUBI_STORE', './data'],
  ['MUSUBI_STORE', 'sqlite:'],
  ['MUSUBI_STORE', 'mysql://x'],
  ['MUSUBI_BASE_URL', 'example.org/fhir'],
  ['MUSUBI_BASE_URL', 'https://example.org/fhir/'],
  ['MUSUBI_BASE_URL', 'https://example.org'],
  ['MUSUBI_BASE_URL', 'https://example.org/fhir?x=1'],
  ['MUSUBI_BASE_URL', 'ftp://example.org/fhir'],
  ['MUSUBI_TIME_ZONE', 'Asia/Nowhere'],
  ['MUSUBI_ORGANIZATION', 'demo'],
  ['MUSUBI_ID_ORGANIZATIONS', 'Organization/demo, demo'],
  ['MUSUBI_OWN_DATA', 'yes'],
  ['MUSUBI_TREATING', 'no'],
  ['MUSUBI_DISSENT_OVER_DEFAULTS', 'permit'],
  ['MUSUBI_BREAK_GLASS_OVER_DISSENT', '1'],
  ['MUSUBI_ADOLESCENT_AGE', '19'],
  ['MUSUBI_CONSENT_AGE', '19'],
  ['MUSUBI_LEAST_COUNT', '0'],
  ['MUSUBI_CORS_ORIGINS', 'https://app.example.org/path'],
  ['MUSUBI_DEFAULT_COUNT', '0'],
  ['MUSUBI_MAX_COUNT', 'many'],
  ['MUSUBI_PAGE_LINK_TTL', '1.5'],
  ['MUSUBI_MAX_BODY', '0'],
  ['MUSUBI_MAX_BUNDLE', '1e3'],
  ['MUSUBI_AUDIT', 'yes'],
  ['MUSUBI_LOG_LEVEL', 'loud'],
  ['MUSUBI_UNKNOWN_PROFILE', 'x'],
  ['MUSUBI_UNKNOWN_EXTENSION', 'x'],
  ['MUSUBI_UNKNOWN_CODE_SYSTEM', 'x'],
  ['MUSUBI_ORGANIZATION', 'demo'],
  ['MUSUBI_ID_ORGANIZATIONS', 'Organization/a b'],
  ['MUSUBI_OWN_DATA', 'x'],
  ['MUSUBI_TREATING', 'x'],
  ['MUSUBI_DISSENT_OVER_DEFAULTS', 'x'],
  ['MUSUBI_BREAK_GLASS_OVER_DISSENT', 'x'],
  ['MUSUBI_BREAK_GLASS_REVIEW_DAYS', '0'],
  ['MUSUBI_ADOLESCENT_AGE', '19'],
  ['MUSUBI_REGISTRATION', 'yes'],
  ['MUSUBI_SECRET', 'too-short-to-be-one'],
  ['MUSUBI_TRUSTED_PROXIES', 'proxy.example'],
  ['MUSUBI_PRIVATE_HOSTS', 'https://keys.example'],
  ['MUSUBI_ASSERTION_AUDIENCE', 'any'],
  ['MUSUBI_ACCESS_TOKEN_TTL', '3601'],
  ['MUSUBI_BACKEND_TOKEN_TTL', '301'],
  ['MUSUBI_REFRESH_TOKEN_TTL', '0'],
  ['MUSUBI_SESSION_TTL', '0'],
  ['MUSUBI_ATTEMPTS_PER_MINUTE', '0'],
  ['MUSUBI_AUTH_REQUESTS_PER_MINUTE', '0'],
]

t.test('a value that cannot be used is refused with one line that names the variable', async (t) => {
  for (const [name, value] of BAD) {
    t.throws(
      () => loadConfig({ [name]: value }),
      { name: 'RangeError', message: new RegExp(`^${name} is .*must be [^\n]+$`) },
      `${name}=${value}`,
    )
  }
})

t.test('a secret that cannot be used is not repeated in the message', async (t) => {
  t.throws(() => loadConfig({ MUSUBI_SECRET: 'too-short-to-be-one' }), {
    message: /^MUSUBI_SECRET is not accepted; it must be at least 32 characters(?!.*too-short)/,
  })
})

t.test('the default page may not be larger than the largest', async (t) => {
  t.throws(() => loadConfig({ MUSUBI_MAX_COUNT: '10' }), /MUSUBI_DEFAULT_COUNT is above MUSUBI_MAX_COUNT/)
})

t.test(
  'every setting is refused with something, has a sentence, and a default that it accepts',
  async (t) => {
    for (const row of Object.values(SETTINGS)) {
      t.match(row.sentence, /\.$/, row.name)
      t.doesNotThrow(() => row.parse(row.default), row.name)
      t.ok(
        BAD.some(([name]) => name === row.name),
        `${row.name} has a bad value above`,
      )
    }
  },
)
