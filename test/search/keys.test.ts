// Keys are equal exactly where what they stand for is.
import fc from 'fast-check'
import t from 'tap'
import {
  canonicalKeys,
  compositePrefix,
  compositePrefixes,
  foldCode,
  MAX_KEY,
  quantityKey,
  shorten,
  tokenKey,
  tokenPrefix,
} from '../../src/search/keys.ts'

const part = fc.oneof(
  fc.string({ maxLength: 4 }),
  // Around the limit, where only the end differs.
  fc
    .tuple(fc.integer({ min: MAX_KEY - 2, max: MAX_KEY + 2 }), fc.string({ maxLength: 2 }))
    .map(([length, end]) => 'x'.repeat(length) + end),
)
const system = fc.option(
  part.filter((text) => text !== ''),
  { nil: undefined },
)

t.test('two tokens share a key only where code and system are the same', async (t) => {
  fc.assert(
    fc.property(system, part, system, part, (s1, c1, s2, c2) => {
      return (tokenKey(s1, c1) === tokenKey(s2, c2)) === (s1 === s2 && c1 === c2)
    }),
    { numRuns: 3000 },
  )
  t.pass()
})

t.test('a token begins with the prefix of its own code and of no other', async (t) => {
  fc.assert(
    fc.property(
      system,
      part,
      part,
      (s, c1, c2) => tokenKey(s, c1).startsWith(tokenPrefix(c2)) === (c1 === c2),
    ),
    { numRuns: 3000 },
  )
  t.pass()
})

t.test('long texts that share their beginning stay apart, also as prefixes', async (t) => {
  const [a, b] = [`${'あ'.repeat(MAX_KEY)}1`, `${'あ'.repeat(MAX_KEY)}2`]
  t.not(shorten(a), shorten(b))
  t.equal(shorten(a), shorten(`${a}`))
  t.ok(shorten(a).startsWith('あ'.repeat(MAX_KEY)))
  t.notOk(shorten(`${a}0`).startsWith(shorten(a)))
  t.equal(shorten('a'.repeat(MAX_KEY)).length, MAX_KEY)
})

t.test('a cut never leaves half of a surrogate pair', async (t) => {
  t.ok(shorten(`${'a'.repeat(MAX_KEY - 1)}𠮷𠮷`).isWellFormed())
})

t.test('the two prefixes of a composite row are those that are searched', async (t) => {
  fc.assert(
    fc.property(system, part, (s, code) => {
      const [any, own] = compositePrefixes(tokenKey(s, code))
      return any === compositePrefix(undefined, code) && own === compositePrefix(s ?? '', code) && any !== own
    }),
  )
  t.pass()
})

t.test(
  'a number alone in a composite is never mistaken for one with a unit or of a code without system',
  async (t) => {
    const any = compositePrefix(undefined, 'a')
    const none = compositePrefix('', 'a')
    t.notOk(none.startsWith(any + quantityKey('', '', 5).slice(0, 2)))
    t.notOk((any + quantityKey('', 'mg', 5)).startsWith(any + quantityKey('', '', 5).slice(0, 2)))
  },
)

t.test('a canonical has its url, and its url with the version; a fragment is left out', async (t) => {
  t.same(canonicalKeys('http://a/b'), ['http://a/b'])
  t.same(canonicalKeys('http://a/b|1.0#c'), ['http://a/b', 'http://a/b\u00011.0'])
  t.same(canonicalKeys('http://a/b#c'), ['http://a/b'])
  t.same(canonicalKeys('http://a/b|'), ['http://a/b'])
})

t.test('case is folded unless the system is known to mind it', async (t) => {
  const minding = new Set(['http://case'])
  t.equal(foldCode(minding, 'http://case', 'Ab'), 'Ab')
  t.equal(foldCode(minding, 'http://unitsofmeasure.org', 'Mg'), 'Mg')
  t.equal(foldCode(minding, 'http://other', 'Ab'), 'ab')
  t.equal(foldCode(minding, undefined, 'Ab'), 'ab')
})
