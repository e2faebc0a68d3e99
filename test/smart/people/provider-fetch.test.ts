// How OpenID providers are asked: never inside our own network, unless the operator has named the host.
import { createServer } from 'node:http'
import t from 'tap'
import { createProviderFetch } from '../../../src/smart/people/provider-fetch.ts'
import { freePort } from '../../support/free-port.ts'

const options = { body: null, headers: {}, method: 'GET', redirect: 'manual' } as const

t.test('a private address, plain http and credentials in the address are refused', async (t) => {
  const ask = createProviderFetch([])
  const urls = [
    'http://id.example.org/',
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://10.0.0.1/',
    'https://169.254.169.254/latest',
    'https://[::ffff:127.0.0.1]/',
    'https://localhost/',
    'https://user:secret@id.example.org/',
    'file:///etc/passwd',
  ]
  for (const url of urls) await t.rejects(ask(url, options), url)
})

t.test('a named host is asked, also in plain http; too long an answer is given up', async (t) => {
  const port = await freePort()
  const server = createServer((request, response) =>
    response.end(request.url === '/long' ? 'x'.repeat(300_000) : '{"a":1}'),
  )
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const ask = createProviderFetch([`127.0.0.1:${port}`])
  const reply = await ask(`http://127.0.0.1:${port}/`, options)
  t.same(await reply.json(), { a: 1 })
  await t.rejects(ask(`http://127.0.0.1:${port}/long`, options).then((long) => long.text()))
  await t.rejects(ask(`http://localhost:${port}/`, options), 'another name is another host')
})
