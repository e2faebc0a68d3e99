// String searches, case by case. https://hl7.org/fhir/R4/search.html#string
import { openCatalogue, refused } from '../../support/naive-search.ts'

const patient = (id: string, name: object, more: object = {}) => ({
  resourceType: 'Patient',
  id,
  name: [name],
  ...more,
})
const long = (last: string) => 'Lorem'.repeat(60) + last
const longer = (last: string) => 'Ipsum'.repeat(160) + last

const { check } = await openCatalogue([
  patient('mueller', { family: 'Müller', given: ['Anna', 'Maria'] }),
  patient('muller', { family: 'Muller', given: ['anna'] }),
  patient('decomposed', { family: 'Mu\u0308ller', given: ['Otto'] }),
  patient('hyphen', { family: 'Smith-Jones', given: ['Eve'] }),
  patient('comma', { family: 'Alpha,Beta' }),
  patient('bar', { family: 'Alpha|Beta' }),
  patient('dollar', { family: 'Alpha$Beta' }),
  patient('slash', { family: 'Alpha\\Beta' }),
  patient('percent', { family: 'Gamma%_delta*' }),
  patient('strasse', { family: 'Straße' }),
  patient('yamada', { family: '山田', given: ['太郎'] }),
  patient('yamadatext', { text: '山田 太郎' }),
  patient('kana', { family: 'ヤマダ', given: ['タロウ'] }),
  patient('halfkana', { family: 'ﾔﾏﾀﾞ', given: ['ﾊﾅｺ'] }),
  patient('hiragana', { family: 'やまた', given: ['じろう'] }),
  patient('wide', { family: 'ＳＡＴＯ', given: ['ｊｕｎ'] }),
  patient('dot', { text: 'ジョン・スミス' }),
  patient('emoji', { family: '𠮷田', given: ['😀'] }),
  patient('a', { family: long('A') }),
  patient('b', { family: long('B') }),
  patient('c', { family: longer('C') }),
  patient('d', { family: longer('D') }),
  patient('two', { given: ['Ada', 'Berta'], family: 'Zed' }),
  patient(
    'home',
    { family: 'Xaver' },
    { address: [{ line: ['1 Main St'], city: 'Tokyo', postalCode: '100-0001' }] },
  ),
  { resourceType: 'Patient', id: 'nameless' },
])

check('without a modifier a string is a prefix, without regard to case and accents', [
  ['Patient?family=mul', 'mueller muller decomposed'],
  ['Patient?family=MÜL', 'mueller muller decomposed'],
  ['Patient?family=müller', 'mueller muller decomposed'],
  ['Patient?family=Mu\u0308ller', 'mueller muller decomposed'],
  ['Patient?family=uller', ''],
  ['Patient?family=Jones', ''],
  ['Patient?family=smith', 'hyphen'],
  ['Patient?family=STRASSE', 'strasse'],
  ['Patient?family=straß', 'strasse'],
  ['Patient?given=maria', 'mueller'],
  ['Patient?family=%25', ''],
  ['Patient?family=_', ''],
  ['Patient?family=gamma%25_', 'percent'],
  ['Patient?family=gamma*', ''],
])

check(':exact minds the case, the accents and the whole, but not how an accent is composed', [
  ['Patient?family:exact=Müller', 'mueller decomposed'],
  ['Patient?family:exact=Mu\u0308ller', 'mueller decomposed'],
  ['Patient?family:exact=Muller', 'muller'],
  ['Patient?family:exact=muller', ''],
  ['Patient?family:exact=Mull', ''],
  ['Patient?given:exact=anna', 'muller'],
  ['Patient?given:exact=Anna', 'mueller'],
  ['Patient?family:exact=ＳＡＴＯ', 'wide'],
  ['Patient?family:exact=SATO', ''],
])

check(':contains finds the text anywhere, literally', [
  ['Patient?family:contains=ULLE', 'mueller muller decomposed'],
  ['Patient?family:contains=jones', 'hyphen'],
  ['Patient?family:contains=-', 'hyphen'],
  ['Patient?family:contains=%25', 'percent'],
  ['Patient?family:contains=_', 'percent'],
  ['Patient?family:contains=*', 'percent'],
  ['Patient?family:contains=田', 'yamada emoji'],
  ['Patient?name:contains=smith', 'hyphen'],
])

check('commas unite, a parameter that stands twice intersects', [
  ['Patient?given=ada,eve', 'hyphen two'],
  ['Patient?given=ada&given=berta', 'two'],
  ['Patient?given=ada&given=eve', ''],
  ['Patient?given=ada,eve&family=smith', 'hyphen'],
  ['Patient?family:exact=Muller,Zed', 'muller two'],
])

check('an escaped separator is text', [
  ['Patient?family=alpha', 'comma bar dollar slash'],
  ['Patient?family=alpha\\,beta', 'comma'],
  ['Patient?family=alpha\\|beta', 'bar'],
  ['Patient?family=alpha|beta', 'bar'],
  ['Patient?family=alpha\\$beta', 'dollar'],
  ['Patient?family=alpha$beta', 'dollar'],
  ['Patient?family=alpha\\\\beta', 'slash'],
  ['Patient?family:exact=Alpha\\,Beta', 'comma'],
  ['Patient?family:contains=a\\,b', 'comma'],
  ['Patient?family=alpha\\,beta,zed', 'comma two'],
  ['Patient?family=alpha\\beta', refused('family')],
  ['Patient?family=alpha\\', refused('family')],
])

check('width, kana, spaces and the middle dot make no difference; voiced marks do', [
  ['Patient?family=ヤマダ', 'kana halfkana'],
  ['Patient?family=やまだ', 'kana halfkana'],
  ['Patient?family=ﾔﾏﾀﾞ', 'kana halfkana'],
  ['Patient?family=やまた', 'hiragana'],
  ['Patient?family=やま', 'kana halfkana hiragana'],
  ['Patient?family=sato', 'wide'],
  ['Patient?family=ｓａｔｏ', 'wide'],
  ['Patient?given=JUN', 'wide'],
  ['Patient?name=ジョンスミス', 'dot'],
  ['Patient?name=ｼﾞｮﾝ･ｽﾐｽ', 'dot'],
  ['Patient?name=じょん すみす', 'dot'],
  ['Patient?family=𠮷', 'emoji'],
  ['Patient?given=😀', 'emoji'],
])

check('a name is found written in one, whatever its order and parts', [
  ['Patient?name=山田太郎', 'yamada yamadatext'],
  ['Patient?name=山田 太郎', 'yamada yamadatext'],
  ['Patient?name=山田　太郎', 'yamada yamadatext'],
  ['Patient?name=太郎山田', 'yamada'],
  ['Patient?name=太郎', 'yamada'],
  ['Patient?name=山田', 'yamada yamadatext'],
  ['Patient?name=やまだたろう', 'kana'],
  ['Patient?name=anna maria', 'mueller'],
  ['Patient?name=müller anna', 'mueller muller'],
  ['Patient?name=anna müller', 'muller'],
  ['Patient?phonetic=müller', 'mueller muller decomposed'],
])

check('an address is found by each of its parts', [
  ['Patient?address=1 main', 'home'],
  ['Patient?address=tok', 'home'],
  ['Patient?address-city=tokyo', 'home'],
  ['Patient?address-city=1 main', ''],
  ['Patient?address-postalcode=100', 'home'],
  ['Patient?address=100-0001', 'home'],
])

check('long texts that only begin alike are told apart', [
  [`Patient?family=${long('')}`, 'a b'],
  [`Patient?family=${long('a')}`, 'a'],
  [`Patient?family:exact=${long('B')}`, 'b'],
  [`Patient?family:exact=${long('')}`, ''],
  [`Patient?family=${longer('c')}`, 'c'],
  [`Patient?family:exact=${longer('D')}`, 'd'],
  [`Patient?family:exact=${longer('E')}`, ''],
  [`Patient?family=${'ipsum'.repeat(100)}`, 'c d'],
  [`Patient?family:contains=${'sumip'.repeat(20)}`, 'c d'],
])

check('an empty value, and a modifier that is none, are refused by name', [
  ['Patient?family=', refused('family')],
  ['Patient?family= ', refused('family')],
  ['Patient?family=a,,b', refused('family')],
  ['Patient?family:contains=・', refused('family')],
  ['Patient?family:text=a', refused('text')],
  ['Patient?family:not=a', refused('not')],
  ['Patient?family:exact:contains=a', refused('family')],
])
