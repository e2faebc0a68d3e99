// What a token must be before it is believed: each breach on its own.
import { createHmac } from 'node:crypto'
import t from 'tap'
import { createSigningKey, openSigner, verifyJwt } from '../../src/smart/jose.ts'
import { type Algorithm, findJwkFault } from '../../src/smart/jwk.ts'
import { readJwt } from '../../src/smart/jwt.ts'
import { createClientKey, encodePart, signJwt } from '../support/jwt.ts'

const BOTH: readonly Algorithm[] = ['RS384', 'ES384']
const rsa = createClientKey('RS384', 'rsa')
const ec = createClientKey('ES384', 'ec')
const keys = [rsa.jwk, ec.jwk]
const claims = { iss: 'a', jti: '1' }

t.test('RS384 and ES384 are verified with the key of that kid', async (t) => {
  for (const key of [rsa, ec]) {
    const { header, payload } = await verifyJwt(signJwt(key, claims), keys, BOTH)
    t.equal(header['kid'], key.jwk['kid'])
    t.strictSame(payload, claims)
  }
})

t.test('what createSigningKey makes signs RS256 under its thumbprint', async (t) => {
  const key = await createSigningKey()
  const { kty, n, e, kid } = key as Record<string, string>
  const jwt = await (await openSigner(key)).sign(claims)
  const { header } = await verifyJwt(jwt, [{ kty, n, e, kid }], ['RS256'])
  t.strictSame(header, { alg: 'RS256', typ: 'JWT', kid })
})

const good = signJwt(rsa, claims)
const [head, body, signature] = good.split('.') as [string, string, string]
const flip = (text: string) => (text.startsWith('A') ? 'B' : 'A') + text.slice(1)
const hmac = (input: string, secret: string) => createHmac('sha384', secret).update(input).digest('base64url')
const hsInput = `${encodePart({ alg: 'HS384', typ: 'JWT', kid: 'rsa' })}.${body}`
const foreign = createClientKey('RS384', 'rsa')

const REFUSED: Readonly<Record<string, readonly [jwt: string, fault: string]>> = {
  'two parts': [`${head}.${body}`, 'malformed'],
  'four parts': [`${good}.x`, 'malformed'],
  'no signature': [`${head}.${body}.`, 'malformed'],
  'base64 that is not base64url': [`${head}.${body}.${signature.slice(1)}+`, 'malformed'],
  padding: [`${head}.${body}=.${signature}`, 'malformed'],
  'bits beyond the last byte': [`${head}.${body}.${'A'.repeat(341)}B`, 'malformed'],
  'a header that is no object': [`${encodePart([1])}.${body}.${signature}`, 'malformed'],
  'a payload that is no object': [signJwt(rsa, 'text'), 'malformed'],
  'a payload that is not JSON': [
    `${head}.${Buffer.from('{').toString('base64url')}.${signature}`,
    'malformed',
  ],
  'more than 32 K': [signJwt(rsa, { long: 'x'.repeat(40_000) }), 'malformed'],
  'alg none': [`${encodePart({ alg: 'none', typ: 'JWT', kid: 'rsa' })}.${body}.${signature}`, 'algorithm'],
  'alg HS384 with the public key as secret': [`${hsInput}.${hmac(hsInput, rsa.jwk['n']!)}`, 'algorithm'],
  'alg in another case': [signJwt(rsa, claims, { alg: 'rs384' }), 'algorithm'],
  'alg of the prototype': [signJwt(rsa, claims, { alg: 'constructor' }), 'algorithm'],
  'an alg that we know but do not accept here': [
    signJwt(createClientKey('RS256', 'rsa'), claims),
    'algorithm',
  ],
  crit: [signJwt(rsa, claims, { crit: ['exp'] }), 'malformed'],
  'no kid': [signJwt(rsa, claims, { kid: undefined }), 'key'],
  'a kid that is a number': [signJwt(rsa, claims, { kid: 7 }), 'key'],
  'an unknown kid': [signJwt(rsa, claims, { kid: 'other' }), 'key'],
  'a kid whose key is of another kty': [signJwt(rsa, claims, { kid: 'ec' }), 'key'],
  'ES384 with an RSA key': [signJwt(rsa, claims, { alg: 'ES384' }), 'key'],
  'another key under the same kid': [signJwt(foreign, claims), 'signature'],
  'a changed payload': [`${head}.${encodePart({ iss: 'b' })}.${signature}`, 'signature'],
  'a changed signature': [`${head}.${body}.${flip(signature)}`, 'signature'],
  'a key that the token brings': [signJwt(foreign, claims, { jwk: foreign.jwk }), 'signature'],
}

for (const [name, [jwt, fault]] of Object.entries(REFUSED))
  t.test(`46: ${name} is refused`, async (t) => {
    await t.rejects(verifyJwt(jwt, keys, BOTH), { name: 'JwtError', fault })
  })

t.test('46: two keys with the kid are as bad as none', async (t) => {
  await t.rejects(verifyJwt(good, [...keys, foreign.jwk], BOTH), { name: 'JwtError', fault: 'key' })
  t.ok(
    await verifyJwt(good, [rsa.jwk, { ...ec.jwk, kid: 'rsa' }], BOTH),
    'one of another kty is no candidate',
  )
})

t.test('a key that says it is for something else is no candidate', async (t) => {
  for (const other of [{ use: 'enc' }, { alg: 'RS256' }])
    await t.rejects(verifyJwt(good, [{ ...rsa.jwk, ...other }], BOTH), { name: 'JwtError', fault: 'key' })
  t.ok(await verifyJwt(good, [{ ...rsa.jwk, use: 'sig', alg: 'RS384' }], BOTH))
})

t.test('45: keys that are weak, private or symmetric are not accepted of a client', async (t) => {
  for (const key of [rsa.jwk, ec.jwk]) t.equal(findJwkFault(key), undefined)
  const bad: readonly (readonly [unknown, RegExp])[] = [
    ['text', /not an object/],
    [createClientKey('RS384', 'a', 1024).jwk, /less than 2048 bits/],
    [{ ...rsa.jwk, e: 'AQ' }, /^e of an RSA key/],
    [{ ...rsa.jwk, e: 'AQAA' }, /^e of an RSA key/],
    [{ ...rsa.jwk, n: '' }, /base64url/],
    [{ ...rsa.jwk, n: 5 }, /base64url/],
    [rsa.privateKey.export({ format: 'jwk' }), /private or symmetric/],
    [{ kty: 'oct', k: 'AAAA' }, /private or symmetric/],
    [{ kty: 'oct' }, /neither RSA nor EC/],
    [{ ...ec.jwk, crv: 'secp256k1' }, /crv/],
    [{ ...ec.jwk, crv: 'toString' }, /crv/],
    [{ ...ec.jwk, crv: 'P-256' }, /coordinate/],
    [{ ...ec.jwk, x: undefined }, /coordinate/],
    [{ ...rsa.jwk, kid: 7 }, /kid/],
  ]
  for (const [jwk, why] of bad) t.match(findJwkFault(jwk), why)
  const off = { ...ec.jwk, y: flip(ec.jwk['y']!) }
  await t.rejects(
    verifyJwt(signJwt(ec, claims), [off], BOTH),
    { name: 'JwtError', fault: 'signature' },
    'a point off the curve',
  )
})

t.test('reading a token trusts nothing of it', async (t) => {
  t.strictSame(readJwt(`${head}.${body}.AAAA`).payload, claims)
})
