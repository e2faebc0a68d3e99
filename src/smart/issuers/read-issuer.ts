// An issuer as the operator writes it down: every member known, every value one that works.
import { parseScopes } from '../../access/scopes.ts'
import { FhirError } from '../../fhir/outcome.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import { ALGORITHMS, type Algorithm, findJwkFault } from '../jwk.ts'
import type { BearerIssuer, Issuer, IssuerKeys, SoftwareIssuer } from './issuer.ts'
import type { LoginIssuer } from './login-issuer.ts'

/** What a file is checked by. */
export interface IssuerRules {
  readonly isPurpose: (code: string) => boolean
  readonly isResourceType: (name: string) => boolean
  /** Hosts that may be named with plain http. */
  readonly privateHosts: readonly string[]
  /** Returns a secret as it may be kept. */
  readonly seal: (secret: string) => string
}

const KEY_MEMBERS = ['jwks_uri', 'jwks', 'algs']
const MEMBERS: Readonly<Record<Issuer['use'], readonly string[]>> = {
  login: ['client_id', 'client_secret', 'name', 'name#ja', 'name#en', 'acr_values', 'proofing'],
  bearer: [...KEY_MEMBERS, 'organization', 'purposes', 'scope', 'subject_claim'],
  'software-statement': KEY_MEMBERS,
}
const LEVELS = ['IAL1', 'IAL2', 'IAL3'] as const

/** Returns the issuer that a file holds; throws FhirError `invalid` naming the first fault. */
export function readIssuer(value: unknown, rules: IssuerRules): Issuer {
  if (!isJsonObject(value)) throw invalid('The file must hold one JSON object')
  const { use } = value
  switch (use) {
    case 'login':
    case 'bearer':
    case 'software-statement':
      assertMembers(value, use)
      return READERS[use](value, rules)
  }
  throw invalid(`use must be one of ${Object.keys(MEMBERS).join(', ')}`)
}

const READERS = {
  login: readLogin,
  bearer: readBearer,
  'software-statement': readSoftware,
} satisfies Readonly<Record<Issuer['use'], (value: JsonObject, rules: IssuerRules) => Issuer>>

function assertMembers(value: JsonObject, use: Issuer['use']): void {
  const known = ['use', 'issuer', ...MEMBERS[use]]
  const other = Object.keys(value).find((name) => !known.includes(name))
  if (other !== undefined) throw invalid(`${other} is no member of an issuer for ${use}: ${known.join(', ')}`)
}

function readLogin(value: JsonObject, rules: IssuerRules): LoginIssuer {
  const proofing = LEVELS.find((level) => level === value['proofing'])
  if (proofing === undefined) throw invalid(`proofing must be one of ${LEVELS.join(', ')}`)
  const secret = value['client_secret'] === undefined ? undefined : readText(value, 'client_secret')
  const names = Object.fromEntries(
    ['ja', 'en'].flatMap((each) =>
      value[`name#${each}`] === undefined ? [] : [[each, readText(value, `name#${each}`)]],
    ),
  )
  return {
    use: 'login',
    issuer: readUrl(value, 'issuer', rules),
    client_id: readText(value, 'client_id'),
    ...(secret !== undefined && { client_secret: rules.seal(secret) }),
    name: readText(value, 'name'),
    ...(Object.keys(names).length > 0 && { names }),
    ...(value['acr_values'] !== undefined && { acr_values: readTexts(value, 'acr_values') }),
    proofing,
  }
}

function readBearer(value: JsonObject, rules: IssuerRules): BearerIssuer {
  const organization = value['organization'] === undefined ? undefined : readText(value, 'organization')
  if (organization !== undefined && !/^Organization\/[A-Za-z0-9.-]{1,64}$/.test(organization))
    throw invalid('organization must be a reference such as Organization/3')
  return {
    use: 'bearer',
    issuer: readUrl(value, 'issuer', rules),
    ...readKeys(value, rules),
    ...(organization !== undefined && { organization }),
    purposes: readPurposes(value, rules),
    scope: readScope(value, rules),
    subject_claim: value['subject_claim'] === undefined ? 'fhirUser' : readText(value, 'subject_claim'),
  }
}

function readSoftware(value: JsonObject, rules: IssuerRules): SoftwareIssuer {
  return {
    use: 'software-statement',
    issuer: readUrl(value, 'issuer', rules),
    ...readKeys(value, rules),
  }
}

// Break-glass is asked for here, by a person who is there (B1).
function readPurposes(value: JsonObject, { isPurpose }: IssuerRules): readonly string[] {
  const purposes = readTexts(value, 'purposes')
  const wrong = purposes.find((code) => code === 'BTG' || !isPurpose(code))
  if (wrong !== undefined) throw invalid(`purposes: ${wrong} is no purpose that a token may state`)
  return purposes
}

// A token of somebody else's server speaks for a person: a client of theirs has no registration here.
function readScope(value: JsonObject, { isResourceType }: IssuerRules): string {
  const scope = readText(value, 'scope')
  const { scopes, others, refused } = parseScopes(scope, isResourceType)
  const wrong = [
    ...refused,
    ...others,
    ...scopes.flatMap(({ level, text }) => (level === 'system' ? text : [])),
  ]
  if (wrong.length > 0) throw invalid(`scope: ${wrong[0]} is no patient/ or user/ scope`)
  return scope
}

function readKeys(value: JsonObject, rules: IssuerRules): IssuerKeys {
  const { jwks, jwks_uri: uri, algs: given } = value
  if ((jwks === undefined) === (uri === undefined)) throw invalid('Give jwks_uri or jwks, and one alone')
  const known = Object.keys(ALGORITHMS) as readonly Algorithm[]
  const algs = given === undefined ? known : readTexts(value, 'algs')
  const wrong = algs.find((alg) => !known.some((each) => each === alg))
  if (wrong !== undefined) throw invalid(`algs: ${wrong} is not one of ${known.join(', ')}`)
  return {
    ...(jwks === undefined ? { jwks_uri: readUrl(value, 'jwks_uri', rules) } : { jwks: readJwks(jwks) }),
    algs: algs as readonly Algorithm[],
  }
}

function readJwks(value: unknown): { readonly keys: readonly JsonObject[] } {
  const keys = isJsonObject(value) ? value['keys'] : undefined
  if (!Array.isArray(keys) || keys.length === 0) throw invalid('jwks must be a JWK Set with a key')
  for (const key of keys) {
    const fault = findJwkFault(key)
    if (fault !== undefined) throw invalid(`jwks: ${fault}`)
    if (typeof (key as JsonObject)['kid'] !== 'string') throw invalid('jwks: each key needs a kid')
  }
  return { keys }
}

function readUrl(value: JsonObject, name: string, { privateHosts }: IssuerRules): string {
  const text = readText(value, name)
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPlain = url && !url.username && !url.hash && (name !== 'issuer' || !url.search)
  const isPrivate = url && (privateHosts.includes(url.host) || privateHosts.includes(url.hostname))
  if (isPlain && (url.protocol === 'https:' || (url.protocol === 'http:' && isPrivate))) return text
  throw invalid(`${name} must be an https URL`)
}

function readText(value: JsonObject, name: string): string {
  const text = value[name]
  if (typeof text === 'string' && text.trim() !== '' && text.length <= 2048) return text
  throw invalid(`${name} must be a text`)
}

function readTexts(value: JsonObject, name: string): readonly string[] {
  const texts = value[name]
  if (
    Array.isArray(texts) &&
    texts.length > 0 &&
    texts.every((each) => typeof each === 'string' && each !== '')
  )
    return texts
  throw invalid(`${name} must be a list of texts, and not empty`)
}

function invalid(diagnostics: string): FhirError {
  return new FhirError('invalid', diagnostics)
}
