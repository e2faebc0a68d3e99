import t from 'tap'
import {
  assertMatch,
  matchesTag,
  parseIfMatch,
  parseIfNoneMatch,
} from '../../src/interactions/precondition.ts'

t.test('If-Match is one or several entity tags, weak or strong, or any', (t) => {
  t.strictSame(parseIfMatch('W/"3"'), ['3'])
  t.strictSame(parseIfMatch('"3"'), ['3'])
  t.strictSame(parseIfMatch(' W/"a.b-C" , "4"'), ['a.b-C', '4'])
  t.equal(parseIfMatch('*'), '*')
  for (const text of ['', '3', 'W/3', 'w/"3"', 'W/"3', 'W/""', 'W/"a b"', 'W/"3",', `W/"${'x'.repeat(65)}"`])
    t.throws(() => parseIfMatch(text), { code: 'invalid' }, text)
  t.end()
})

t.test('If-None-Match passes over what is no entity tag of ours', (t) => {
  t.strictSame(parseIfNoneMatch('nonsense, W/"3"'), ['3'])
  t.strictSame(parseIfNoneMatch('3'), [])
  t.equal(parseIfNoneMatch('*'), '*')
  t.end()
})

t.test('If-Match holds for the current version alone, and never where nothing stands', (t) => {
  t.ok(matchesTag('*', '1'))
  t.ok(matchesTag(['2', '1'], '1'))
  t.notOk(matchesTag(['2'], '1'))
  assertMatch(undefined, undefined)
  assertMatch('*', '1')
  assertMatch(['1'], '1')
  for (const [tags, version] of [
    ['*', undefined],
    [['1'], undefined],
    [['1'], '2'],
    [[], '1'],
  ] as const)
    t.throws(() => assertMatch(tags, version), { code: 'version-mismatch' })
  t.end()
})
