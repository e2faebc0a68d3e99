// Settings: one table of environment variables, read here and nowhere else; the README's table is printed from it.
import type { Settings } from './interactions/context.ts'

/** One setting. `parse` returns the value, or throws a RangeError that says what would be accepted. */
interface Setting<Value> {
  readonly name: string
  /** As it would be written in the environment; empty where `fallback` makes it from others. */
  readonly default: string
  readonly unit: string
  readonly sentence: string
  /** Its value is in no message. */
  readonly isSecret?: true
  readonly parse: (text: string) => Value
}

const MIB = 1024 * 1024

function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new RangeError(`a whole number from ${min} to ${max}`)
  }
}

function oneOf<Word extends string>(...words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((each) => each === text)
    if (word !== undefined) return word
    throw new RangeError(`one of ${words.join(', ')}`)
  }
}

function parseHost(text: string): string {
  if (/^[A-Za-z0-9.:_-]+$/.test(text)) return text
  throw new RangeError('a host name or an IP address')
}

function parseStore(text: string): string {
  if (/^sqlite:.+/.test(text)) return text
  throw new RangeError('sqlite: and a folder, such as sqlite:./data')
}

function parseBaseUrl(text: string): string {
  if (text === '') return ''
  const url = URL.canParse(text) ? new URL(text) : undefined
  const plain = url && /^https?:$/.test(url.protocol) && !url.search && !url.hash && !url.username
  if (plain && url.pathname !== '/' && !text.endsWith('/')) return url.href
  throw new RangeError('an http(s) URL with a path and no slash at the end, such as https://example.org/fhir')
}

function parseTimeZone(text: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone
  } catch {
    throw new RangeError('an IANA time zone, such as Asia/Tokyo')
  }
}

function parseOrigins(text: string): readonly string[] {
  const origins = text.split(',').flatMap((part) => part.trim() || [])
  if (
    origins.every((origin) => origin === '*' || (URL.canParse(origin) && new URL(origin).origin === origin))
  )
    return origins
  throw new RangeError('origins separated by commas, such as https://app.example.org, or *')
}

function parseSecret(text: string): string {
  if (text === '' || text.length >= 32) return text
  throw new RangeError('at least 32 characters, such as of: openssl rand -base64 32')
}

function parseList(text: string): readonly string[] {
  return text.split(',').flatMap((part) => part.trim() || [])
}

function parseProxies(text: string): readonly string[] {
  const proxies = parseList(text)
  if (proxies.every((each) => /^[0-9A-Fa-f.:]+(\/\d{1,3})?$/.test(each))) return proxies
  throw new RangeError('IP addresses or networks separated by commas, such as 10.0.0.0/8')
}

function parseHosts(text: string): readonly string[] {
  const hosts = parseList(text)
  if (hosts.every((host) => /^(\[[0-9a-f:]+\]|[a-z0-9.-]+)(:\d{1,5})?$/.test(host))) return hosts
  throw new RangeError('host names in lower case separated by commas, such as keys.hospital.example:8443')
}

function parseOrganization(text: string): string {
  if (/^Organization\/[A-Za-z0-9.-]{1,64}$/.test(text)) return text
  throw new RangeError('a reference such as Organization/3')
}

function toSwitch(yes: string, no: string): (text: string) => boolean {
  return (text) => oneOf(yes, no)(text) === yes
}

function setting<Value>(
  name: string,
  standard: string,
  unit: string,
  sentence: string,
  parse: (text: string) => Value,
): Setting<Value> {
  return { name, default: standard, unit, sentence, parse }
}

/** Every setting of the server, in the order in which the README lists them. */
export const SETTINGS = {
  port: setting('PORT', '3000', '', 'Port to listen on.', integer(1, 65_535)),
  host: setting('HOST', '127.0.0.1', '', 'Address to listen on; `0.0.0.0` for every interface.', parseHost),
  store: setting(
    'MUSUBI_STORE',
    'sqlite:./data',
    '',
    'Where data is kept: `sqlite:` and a folder.',
    parseStore,
  ),
  baseUrl: setting(
    'MUSUBI_BASE_URL',
    '',
    '',
    'The one public URL of the FHIR base, in every link; its path is where the API is served. Default: `http://HOST:PORT/fhir`.',
    parseBaseUrl,
  ),
  timeZone: setting(
    'MUSUBI_TIME_ZONE',
    'Asia/Tokyo',
    '',
    'IANA zone in which dates and times without an offset are read.',
    parseTimeZone,
  ),
  organization: setting(
    'MUSUBI_ORGANIZATION',
    'Organization/demo',
    '',
    'The organisation whose data it is where a command is not told another.',
    parseOrganization,
  ),
  idOrganizations: setting(
    'MUSUBI_ID_ORGANIZATIONS',
    'Organization/demo',
    '',
    'Organisations whose clients may create at an id of their own choice with PUT, separated by commas. To them alone a 404 there tells that an id is taken.',
    (text) => text.split(',').flatMap((part) => (part.trim() === '' ? [] : [parseOrganization(part.trim())])),
  ),
  ownDataPermit: setting(
    'MUSUBI_OWN_DATA',
    'permit',
    '',
    'What an organisation holds itself, for treatment and its own administration, without a consent: `permit` or `deny` (D1).',
    toSwitch('permit', 'deny'),
  ),
  treatingPermit: setting(
    'MUSUBI_TREATING',
    'permit',
    '',
    'Reading by an organisation with a registered treating relation, without a consent: `permit` or `deny` (D2).',
    toSwitch('permit', 'deny'),
  ),
  dissentOverDefaults: setting(
    'MUSUBI_DISSENT_OVER_DEFAULTS',
    'on',
    '',
    "A person's dissent also stops those two defaults: `on` or `off` (D5).",
    toSwitch('on', 'off'),
  ),
  btgOverridesDissent: setting(
    'MUSUBI_BREAK_GLASS_OVER_DISSENT',
    'on',
    '',
    'Break-glass passes over a dissent that does not name it: `on` or `off` (B4).',
    toSwitch('on', 'off'),
  ),
  breakGlassReviewDays: setting(
    'MUSUBI_BREAK_GLASS_REVIEW_DAYS',
    '7',
    'days',
    'Within how many days the organisation is to review a break-glass access (B2).',
    integer(1, 365),
  ),
  leastCount: setting(
    'MUSUBI_LEAST_COUNT',
    '10',
    'resources',
    'The least number that `$count` tells a requester with a secondary purpose (U6).',
    integer(1, 1_000),
  ),
  adolescentAge: setting(
    'MUSUBI_ADOLESCENT_AGE',
    '12',
    'years',
    'From this age what is labelled sensitive is hidden from guardians (P5).',
    integer(0, 18),
  ),
  consentAge: setting(
    'MUSUBI_CONSENT_AGE',
    '16',
    'years',
    'Below this age a person does not let apps into their own record alone; who represents them does (P8).',
    integer(0, 18),
  ),
  corsOrigins: setting(
    'MUSUBI_CORS_ORIGINS',
    '',
    '',
    'Browser origins that may call the API beside those of registered clients, separated by commas; `*` for all. Metadata and discovery are open to every origin.',
    parseOrigins,
  ),
  registration: setting(
    'MUSUBI_REGISTRATION',
    'approval',
    '',
    "Who may register a client at the registration endpoint: `closed`, `approval` (anybody, the operator approves it), or `open` (anybody, at once, for residents' apps alone).",
    oneOf('closed', 'approval', 'open'),
  ),
  secret: {
    ...setting(
      'MUSUBI_SECRET',
      '',
      '',
      'The secret that keys in the store are sealed with, at least 32 characters. Default: made once and kept in the file `secret.key` beside the store, which no backup copies.',
      parseSecret,
    ),
    isSecret: true,
  },
  trustedProxies: setting(
    'MUSUBI_TRUSTED_PROXIES',
    '',
    '',
    'Addresses or networks of reverse proxies, separated by commas, whose `X-Forwarded-For` says where a request comes from; needed for limits by address.',
    parseProxies,
  ),
  privateHosts: setting(
    'MUSUBI_PRIVATE_HOSTS',
    '',
    '',
    'Hosts (`NAME` or `NAME:PORT`, separated by commas) from which keys may be fetched although their address is private or they speak plain http.',
    parseHosts,
  ),
  assertionAudience: setting(
    'MUSUBI_ASSERTION_AUDIENCE',
    'token',
    '',
    'The `aud` of a client assertion: `token` for the URL of the token endpoint alone (SMART), `issuer` to accept the issuer too.',
    oneOf('token', 'issuer'),
  ),
  accessTokenTtl: setting(
    'MUSUBI_ACCESS_TOKEN_TTL',
    '3600',
    'seconds',
    'Life of an access token of a user.',
    (text) => integer(60, 3_600)(text) * 1000,
  ),
  backendTokenTtl: setting(
    'MUSUBI_BACKEND_TOKEN_TTL',
    '300',
    'seconds',
    'Life of an access token of Backend Services.',
    (text) => integer(30, 300)(text) * 1000,
  ),
  refreshTokenTtl: setting(
    'MUSUBI_REFRESH_TOKEN_TTL',
    '7776000',
    'seconds',
    'How long a refresh token that is not used stays good; each use starts it anew.',
    (text) => integer(3_600, 31_536_000)(text) * 1000,
  ),
  sessionTtl: setting(
    'MUSUBI_SESSION_TTL',
    '28800',
    'seconds',
    'How long a login in a browser lasts.',
    (text) => integer(60, 86_400)(text) * 1000,
  ),
  attemptsPerMinute: setting(
    'MUSUBI_ATTEMPTS_PER_MINUTE',
    '60',
    'requests',
    'How many requests to log in, to register or with wrong credentials are answered from one address in a minute.',
    integer(1, 100_000),
  ),
  requestsPerMinute: setting(
    'MUSUBI_AUTH_REQUESTS_PER_MINUTE',
    '30000',
    'requests',
    'How many requests of one client, and of one address, are answered by the authorization server in a minute.',
    integer(1, 10_000_000),
  ),
  defaultCount: setting(
    'MUSUBI_DEFAULT_COUNT',
    '20',
    'resources',
    'Page size where `_count` is not given.',
    integer(1, 10_000),
  ),
  maxCount: setting(
    'MUSUBI_MAX_COUNT',
    '1000',
    'resources',
    'Largest page; more is cut down to it.',
    integer(1, 10_000),
  ),
  pageLinkTtl: setting(
    'MUSUBI_PAGE_LINK_TTL',
    '3600',
    'seconds',
    'How long the link to a next page is accepted.',
    (text) => integer(1, 604_800)(text) * 1000,
  ),
  maxBody: setting(
    'MUSUBI_MAX_BODY',
    '16',
    'MiB',
    'Largest request body, Bundles apart.',
    (text) => integer(1, 1024)(text) * MIB,
  ),
  maxBundle: setting(
    'MUSUBI_MAX_BUNDLE',
    '64',
    'MiB',
    'Largest Bundle in a batch or transaction.',
    (text) => integer(1, 1024)(text) * MIB,
  ),
  unknownProfile: setting(
    'MUSUBI_UNKNOWN_PROFILE',
    'warning',
    '',
    'A profile in `meta.profile` that nobody here knows: `warning` or `error`.',
    oneOf('warning', 'error'),
  ),
  unknownExtension: setting(
    'MUSUBI_UNKNOWN_EXTENSION',
    'warning',
    '',
    'An extension that nobody here knows: `warning` or `error`; a modifier extension is always an error.',
    oneOf('warning', 'error'),
  ),
  unknownSystem: setting(
    'MUSUBI_UNKNOWN_CODE_SYSTEM',
    'warning',
    '',
    'A code of a system that nobody here has: `warning` or `error`.',
    oneOf('warning', 'error'),
  ),
  audit: setting(
    'MUSUBI_AUDIT',
    'on',
    '',
    'Whether every access and every provision to others is recorded: `on`, or `off` for measurements alone.',
    (text) => oneOf('on', 'off')(text) === 'on',
  ),
  logLevel: setting(
    'MUSUBI_LOG_LEVEL',
    'info',
    '',
    'Least level that is logged: `trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`.',
    oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
  ),
} as const

type Table = typeof SETTINGS

/** The settings in force; `baseUrl` is filled in, times are in milliseconds, sizes in bytes. */
export type Config = Settings & { readonly [Key in keyof Table]: ReturnType<Table[Key]['parse']> }

/**
 * Returns the frozen settings of `environment`. Throws a RangeError whose message names the variable, what it holds
 * (unless that is secret) and what would be accepted.
 */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const entries = Object.entries(SETTINGS).map(([key, row]) => [
    key,
    parseSetting(row, environment[row.name]),
  ])
  const config = Object.fromEntries(entries) as Config
  if (config.defaultCount > config.maxCount)
    throw new RangeError('MUSUBI_DEFAULT_COUNT is above MUSUBI_MAX_COUNT; it must be at most that')
  return Object.freeze({ ...config, baseUrl: config.baseUrl || toLocalBase(config.host, config.port) })
}

function parseSetting(row: Setting<unknown>, text: string | undefined): unknown {
  const value = text === undefined || text === '' ? row.default : text
  try {
    return row.parse(value)
  } catch (error) {
    const wrong = row.isSecret ? 'is not accepted' : `is ${JSON.stringify(value)}`
    throw new RangeError(`${row.name} ${wrong}; it must be ${(error as RangeError).message}`)
  }
}

function toLocalBase(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}/fhir`
}
