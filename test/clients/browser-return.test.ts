// The way back to an app from every form that can lead there: a browser follows a redirect only where the page's policy allows it.
import { createServer } from 'node:http'
import t, { type Test } from 'tap'
import { allow, toRequest } from '../support/authorization.ts'
import { openBrowser, openPage, sendPassword } from '../support/browser.ts'
import { freePort } from '../support/free-port.ts'
import { createSecret } from '../support/jwt.ts'
import { openLiveServer } from '../support/live.ts'
import { addPerson, PASSWORD } from '../support/people.ts'

/** Opens a page of an app elsewhere, and returns its address. */
async function openApp(t: Test): Promise<string> {
  const port = await freePort()
  const app = createServer((_request, reply) => reply.end('the app')).listen(port, 'localhost')
  await new Promise((resolve) => app.once('listening', resolve))
  t.teardown(() => app.close())
  return `http://localhost:${port}/callback`
}

t.test(
  'who was asked before is back at the app from the login, and from proving once more who it is',
  async (t) => {
    const browser = await openBrowser(t)
    if (!browser) return
    const server = await openLiveServer(t)
    const redirect_uri = await openApp(t)
    const client = await server.client(
      { redirect_uris: [redirect_uri], token_endpoint_auth_method: 'client_secret_basic' },
      { secretHash: createSecret().secretHash },
    )
    const account = await addPerson(server, 'taro', { ref: 'Patient/p1', name: '山田 太郎' })
    await allow(server, await server.visitor(account), client, { redirect_uri })
    const page = await openPage(browser, 'en')
    for (const change of [{}, { prompt: 'login' }]) {
      const query = toRequest(server, client, { redirect_uri, ...change })
      await page.goto(`${new URL(server.base).origin}/auth/authorize?${query}`)
      if ((await page.locator('#login').count()) > 0) await page.fill('#login', 'taro')
      await sendPassword(page, PASSWORD)
      await page.waitForURL(`${redirect_uri}?**`)
      t.match(page.url(), /code=/, JSON.stringify(change))
      t.equal(await page.textContent('body'), 'the app')
    }
  },
)
