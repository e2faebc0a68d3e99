import t from 'tap'
import { fold } from '../../src/fhir/fold.ts'
import { evaluate } from '../../src/search/evaluate.ts'
import { shorten, tokenKey } from '../../src/search/keys.ts'
import type { Expr } from '../../src/search/query.ts'
import { compileString } from '../../src/search/types/string.ts'
import { compileOfType, compileToken } from '../../src/search/types/token.ts'
import { compileUri } from '../../src/search/types/uri.ts'

const finds = (expr: Expr, param: string, key: string) =>
  evaluate(expr, 'Patient', [{ param, lo: key, hi: key }])

const NAMES: readonly (readonly [string, string, boolean])[] = [
  ['Müller', 'muller', true],
  ['mull', 'Müller', true],
  ['uller', 'Müller', false],
  ['山田太郎', '山田　太郎', true],
  ['ﾔﾏﾀﾞ', 'やまだ', true],
  ['a\\,b', 'A,B', true],
]
for (const [value, name, expected] of NAMES)
  t.test(`name=${value} ${expected ? 'finds' : 'does not find'} ${name}`, async (t) =>
    t.equal(finds(compileString('name', undefined, value), 'name', fold(name)), expected),
  )

t.test(':contains looks inside, :exact minds case', async (t) => {
  t.ok(finds(compileString('name', 'contains', 'ULL'), 'name', fold('Müller')))
  t.ok(finds(compileString('name', 'exact', 'Müller'), 'name:exact', 'Müller'))
  t.notOk(finds(compileString('name', 'exact', 'müller'), 'name:exact', 'Müller'))
})

const SENSITIVE = new Set(['http://cs'])
const TOKENS: readonly (readonly [string, string, boolean])[] = [
  ['a', tokenKey('http://s', 'a'), true],
  ['A', tokenKey('http://s', 'a'), true],
  ['a', tokenKey('http://s', 'ab'), false],
  ['http://s|A', tokenKey('http://s', 'a'), true],
  ['http://cs|A', tokenKey('http://cs', 'a'), false],
  ['|a', tokenKey('http://s', 'a'), false],
  ['|a', tokenKey(undefined, 'a'), true],
  [`${'x'.repeat(600)}1`, tokenKey(undefined, `${'x'.repeat(600)}2`), false],
  [`${'x'.repeat(600)}1`, tokenKey(undefined, `${'x'.repeat(600)}1`), true],
]
for (const [index, [value, key, expected]] of TOKENS.entries())
  t.test(`token case ${index}: ${value.slice(0, 20)} ${expected ? 'matches' : 'does not match'}`, async (t) =>
    t.equal(finds(compileToken('code', value, SENSITIVE), 'code', key), expected),
  )

t.test('system| matches every code of the system, and none of one that begins or ends like it', async (t) => {
  const any = compileToken('code', 'http://s|', SENSITIVE)
  t.equal(finds(any, 'code', tokenKey('http://s', 'a')), true)
  t.equal(finds(any, 'code', tokenKey('http://s2', 'a')), false)
  t.equal(finds(any, 'code', tokenKey('x-http://s', 'a')), false)
  t.equal(finds(any, 'code', tokenKey(undefined, 'http://s')), false)
})

t.test('empty and overlong values are refused with 400', async (t) => {
  for (const value of ['', '|', 'a|b|c'])
    t.throws(() => compileToken('code', value, SENSITIVE), { code: 'invalid' })
  t.throws(() => compileOfType('identifier', 'a|b'), { code: 'invalid' })
  t.throws(() => compileString('name', undefined, ' '), { code: 'invalid' })
  t.throws(() => compileUri('url', undefined, ''), { code: 'invalid' })
})

t.test('uri :below and :above follow paths, not letters, and never a urn', async (t) => {
  const at = (modifier: 'above' | 'below', value: string, uri: string) =>
    finds(compileUri('url', modifier, value), 'url', shorten(uri))
  t.ok(at('below', 'http://a/b', 'http://a/b/c'))
  t.notOk(at('below', 'http://a/b', 'http://a/bc'))
  t.ok(at('above', 'http://a/b/c', 'http://a/b'))
  t.notOk(at('above', 'http://a/b/c', 'http://a/b/c/d'))
  t.notOk(at('below', 'urn:a', 'urn:a/b'))
})
