import { randomBytes } from 'node:crypto'
import t from 'tap'
import { openPage, sealPage } from '../../src/search/page.ts'

const key = randomBytes(32)
const binding = { subject: 'Practitioner/1', client: 'app', purpose: 'TREAT', query: 'Patient?name=x' }
const cursor = { asOf: 7, keys: ['a', null, 1.5], rid: 3 }

t.test('a link opens for whom it was sealed, until it expires', async (t) => {
  const link = sealPage(key, binding, cursor, 1000)
  t.match(link, /^[A-Za-z0-9_-]+$/)
  t.same(openPage(key, binding, link, 999), cursor)
  t.throws(() => openPage(key, binding, link, 1000), { code: 'expired', status: 410 })
})

t.test('a link of another principal, client, purpose, query or key is refused', async (t) => {
  const link = sealPage(key, binding, cursor, 1000)
  for (const name of Object.keys(binding))
    t.throws(() => openPage(key, { ...binding, [name]: 'other' }, link, 0), { code: 'bad-link', status: 400 })
  t.throws(() => openPage(randomBytes(32), binding, link, 0), { code: 'bad-link' })
})

t.test('every altered, cut or lengthened link is refused', async (t) => {
  const link = sealPage(key, binding, cursor, 1000)
  for (let at = 0; at < link.length; at++) {
    const altered = link.slice(0, at) + (link[at] === 'A' ? 'B' : 'A') + link.slice(at + 1)
    t.throws(() => openPage(key, binding, altered, 0), { code: 'bad-link' })
    t.throws(() => openPage(key, binding, link.slice(0, at), 0), { code: 'bad-link' })
  }
  for (const text of [`${link}=`, `${link}!`, ` ${link}`, 'x'])
    t.throws(() => openPage(key, binding, text, 0), { code: 'bad-link' })
})
