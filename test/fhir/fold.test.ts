// What makes no difference to a string search, and what does.
import fc from 'fast-check'
import t from 'tap'
import { fold } from '../../src/fhir/fold.ts'

const SAME: readonly (readonly [string, string, string])[] = [
  ['case', 'MÜLLER', 'müller'],
  ['accents', 'Müller', 'muller'],
  ['accents written apart', 'Mu\u0308ller', 'Müller'],
  ['sharp s', 'Straße', 'STRASSE'],
  ['final sigma', 'ΑΣ', 'ας'],
  ['spaces of any width', '山田 太郎', '山田　太郎'],
  ['no space at all', '山田太郎', '山田 太郎'],
  ['the middle dot', 'ジョン・スミス', 'ジョンスミス'],
  ['half and full width kana', 'ﾔﾏﾀﾞ', 'ヤマダ'],
  ['katakana and hiragana', 'ヤマダ', 'やまだ'],
  ['full width letters and digits', 'ＡＢＣ１２３', 'abc123'],
  ['voiced marks written apart', 'か\u3099', 'が'],
  ['iteration marks of kana', 'ヽヾ', 'ゝゞ'],
  ['variation selectors of a kanji', '葛\u{e0100}城', '葛城'],
  ['invisible characters', 'a\u200bb\ufeff', 'ab'],
]

const DIFFERENT: readonly (readonly [string, string, string])[] = [
  ['voiced and unvoiced kana', 'か', 'が'],
  ['half voiced and voiced kana', 'ば', 'ぱ'],
  ['the long vowel mark', 'ユーコ', 'ユコ'],
  ['letters', 'a', 'b'],
]

for (const [what, a, b] of SAME) t.test(`${what}: no difference`, async (t) => t.equal(fold(a), fold(b)))
for (const [what, a, b] of DIFFERENT) t.test(`${what}: a difference`, async (t) => t.not(fold(a), fold(b)))

t.test('folding what is folded changes nothing', async (t) => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.string({ unit: fc.constantFrom(...'かガﾀﾞ゙゚́̈ßİı・ｶﾞΣς한ᄒ\u{e0100}\ufe0f '), maxLength: 12 }),
  )
  fc.assert(
    fc.property(text, (value) => fold(fold(value)) === fold(value)),
    { numRuns: 5000 },
  )
  t.pass()
})
