// Assets and failures of pages.
import t from 'tap'
import { openServer } from '../support/server.ts'

t.test('assets are served without a token, and again only where they have changed', async (t) => {
  const { app } = await openServer(t)
  const first = await app.inject('/auth/assets/page.css')
  t.equal(first.statusCode, 200)
  t.match(first.headers['content-type'], /^text\/css/)
  const again = await app.inject({
    url: '/auth/assets/page.css',
    headers: { 'if-none-match': String(first.headers['etag']) },
  })
  t.equal(again.statusCode, 304)
})

t.test('whoever types the address of the server comes to their own page, beneath a path too', async (t) => {
  for (const path of ['', '/health']) {
    const { app } = await openServer(t, { MUSUBI_BASE_URL: `https://example.org${path}/fhir` })
    for (const each of ['/', '/auth']) {
      const reply = await app.inject(`${path}${each}`)
      t.equal(reply.statusCode, 303)
      t.equal(reply.headers.location, `${path}/auth/manage`)
    }
  }
})
