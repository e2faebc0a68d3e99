// The guard against being sent into our own network.
import t from 'tap'
import { fetchJson } from '../../src/smart/fetch-json.ts'
import { readMaxAgeMs } from '../../src/smart/max-age.ts'
import { createLookup, isPublicAddress } from '../../src/smart/public-address.ts'
import { openWeb } from '../support/web.ts'

t.test('48: addresses that are not of the open internet are known as such', async (t) => {
  const closed =
    '127.0.0.1 127.9.9.9 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255 198.18.0.1 192.0.2.1 ::1 [::1] :: fe80::1 fe80::1%eth0 fd00::1 fec0::1 ff02::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::7f00:1 64:ff9b::7f00:1 2002:7f00:1:: 2001:db8::1 localhost'
  for (const address of closed.split(' ')) t.notOk(isPublicAddress(address), address)
  for (const address of ['8.8.8.8', '203.104.0.1', '[2001:4860:4860::8888]', '::ffff:8.8.8.8'])
    t.ok(isPublicAddress(address), address)
})

t.test('48: a private address is refused by default, however it is written, and not asked', async (t) => {
  const web = await openWeb(t, (_request, response) => void response.end('{}'))
  const port = web.host.split(':')[1]
  for (const host of [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
  ])
    await t.rejects(
      fetchJson(`https://${host}:${port}/`, []),
      { name: 'FetchError', message: /not public/ },
      host,
    )
  t.strictSame(web.asked, [])
})

t.test('48: a name that leads to a private address is refused', async (t) => {
  const web = await openWeb(t, (_request, response) => void response.end('{}'))
  const url = `https://localhost:${web.host.split(':')[1]}/`
  await t.rejects(fetchJson(url, []), { name: 'FetchError', message: 'Its address is not public' })
  await t.rejects(fetchJson(url, ['localhost:1']), { message: 'Its address is not public' })
  const error = await new Promise((resolve) => createLookup()('localhost', {}, (wrong) => resolve(wrong)))
  t.match(error, { name: 'PrivateAddressError' })
})

t.test('48: plain http, other schemes and credentials in the URL are refused', async (t) => {
  const web = await openWeb(t, (_request, response) => void response.end('{}'))
  for (const url of [
    web.url,
    'file:///etc/passwd',
    'data:application/json,{}',
    'ftp://example.org/x',
    'keys',
    '',
  ])
    await t.rejects(fetchJson(url, []), { name: 'FetchError' }, url)
  await t.rejects(fetchJson(`http://a:b@${web.host}/`, [web.host]), { name: 'FetchError' })
  await t.rejects(fetchJson(`http://${web.host}/`, ['127.0.0.1:1']), { name: 'FetchError' }, 'another port')
  t.strictSame(web.asked, [])
})

t.test('48: a host that is listed is asked for application/json, also over http', async (t) => {
  const web = await openWeb(t, (_request, response) => {
    response.setHeader('cache-control', 'public, max-age=100')
    response.setHeader('age', '40')
    response.end('{"a":1}')
  })
  t.strictSame(await fetchJson(`${web.url}/x?y`, [web.host]), { value: { a: 1 }, maxAgeMs: 60_000 })
  t.strictSame(web.asked, [['/x?y', 'application/json']])
  t.ok(await fetchJson(web.url, ['127.0.0.1']), 'a name without a port stands for all of them')
})

t.test('48: redirects are not followed, and failures are told without what was sent', async (t) => {
  const web = await openWeb(t, (request, response) => {
    if (request.url === '/redirect') response.writeHead(302, { location: '/other' }).end()
    else if (request.url === '/missing') response.writeHead(404).end('{"a":1}')
    else if (request.url === '/html') response.end('<p>')
    else if (request.url === '/utf8') response.end(Buffer.from([0x22, 0xff, 0x22]))
    else if (request.url === '/large') response.end(JSON.stringify('x'.repeat(65 * 1024)))
    else if (request.url === '/endless') {
      const timer = setInterval(() => response.write(' '.repeat(10_000)), 1)
      response.on('close', () => clearInterval(timer))
    } else if (request.url === '/broken') request.socket.destroy()
    else if (request.url === '/stalled') response.write('{')
    // '/silent' answers nothing.
  })
  const refused: Readonly<Record<string, RegExp>> = {
    redirect: /redirects/,
    missing: /status 404/,
    html: /not JSON/,
    utf8: /not JSON/,
    large: /larger than/,
    endless: /larger than/,
    broken: /cannot be reached/,
    stalled: /too long/,
    silent: /too long/,
  }
  for (const [path, message] of Object.entries(refused))
    await t.rejects(fetchJson(`${web.url}/${path}`, [web.host], 300), { name: 'FetchError', message }, path)
  t.notOk(web.asked.some(([path]) => path === '/other'))
  await t.rejects(fetchJson('http://127.0.0.1:1/', ['127.0.0.1:1']), { message: 'It cannot be reached' })
})

t.test('48: how long an answer may be kept', async (t) => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  const cases: readonly (readonly [Record<string, string>, number | undefined])[] = [
    [{}, undefined],
    [{ 'cache-control': 'public' }, undefined],
    [{ 'cache-control': 'max-age=60' }, 60_000],
    [{ 'cache-control': 'Public, Max-Age = "60"' }, 60_000],
    [{ 'cache-control': 'max-age=600, max-age=60' }, 60_000],
    [{ 'cache-control': 'max-age=600, s-maxage=60' }, 60_000],
    [{ 'cache-control': 'max-age=600, no-store' }, 0],
    [{ 'cache-control': 'no-cache="x", max-age=600' }, 0],
    [{ 'cache-control': 'max-age=-1' }, 0],
    [{ 'cache-control': 'max-age=soon' }, 0],
    [{ 'cache-control': 'max-age=60', age: '70' }, 0],
    [{ 'cache-control': 'max-age=60', age: 'x' }, 0],
    [{ expires: 'Thu, 01 Jan 2026 00:01:00 GMT' }, 60_000],
    [{ expires: '0' }, 0],
    [{ expires: 'Thu, 01 Jan 2026 00:01:00 GMT', 'cache-control': 'max-age=5' }, 5_000],
  ]
  for (const [headers, expected] of cases)
    t.equal(readMaxAgeMs(headers, now), expected, JSON.stringify(headers))
})
