// The language of sentences for people. https://www.rfc-editor.org/rfc/rfc9110#field.accept-language
import t from 'tap'
import { parseLanguage } from '../../src/interactions/language.ts'

const HEADERS: readonly (readonly [string | undefined, 'en' | 'ja'])[] = [
  [undefined, 'en'],
  ['ja', 'ja'],
  ['JA-jp', 'ja'],
  ['en-US,en;q=0.9,ja;q=0.8', 'en'],
  ['en;q=0.5, ja;q=0.8', 'ja'],
  ['fr, ja;q=0.1', 'ja'],
  ['fr', 'en'],
  ['ja;q=0', 'en'],
  ['*', 'en'],
  [';;,,q', 'en'],
]

t.test('the preferred language of those spoken here is taken', async (t) => {
  for (const [header, language] of HEADERS) t.equal(parseLanguage(header), language, header ?? 'none')
})
