// A store written before consents is served by its organisation, and by nobody else, once it is opened by this version.

import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { createApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import { mintToken } from '../../src/smart/token.ts'
import { openStore } from '../../src/store/open.ts'
import { openFolder } from '../support/server.ts'

t.test('what stood before has facets after the first start, as data of the organisation', async (t) => {
  const folder = openFolder(t)
  const config = loadConfig({ MUSUBI_STORE: `sqlite:${folder}`, MUSUBI_LOG_LEVEL: 'silent' })
  const first = await openStore(config.store)
  const app = await createApp(config, first)
  const mint = (organization: string) => {
    const grant = {
      subject: 'Client/t',
      client: 't',
      scope: 'system/*.cruds',
      purpose: 'TREAT',
      organization,
    }
    return mintToken({ ...grant, expiresAt: Date.now() + 1e6 })
  }
  const [own, other] = [mint('Organization/demo'), mint('Organization/other')]
  for (const { row } of [own, other]) await first.records.add(row)
  const headers = (token: string) => ({
    authorization: `Bearer ${token}`,
    'content-type': 'application/fhir+json',
  })
  const payload = { resourceType: 'Patient', id: 'p' }
  await app.inject({ method: 'PUT', url: '/fhir/Patient/p', headers: headers(own.token), payload })
  await app.close()
  await first.close()
  // As the migration leaves a store of before.
  const database = new DatabaseSync(join(folder, 'musubi.db'))
  database.exec(
    "DELETE FROM facet; INSERT INTO record (collection, key, value) VALUES ('upgrade', 'facets', 'true')",
  )
  database.close()
  const again = await openStore(config.store)
  const server = await createApp(config, again)
  t.teardown(async () => {
    await server.close()
    await again.close()
  })
  const read = async (token: string) =>
    (await server.inject({ url: '/fhir/Patient/p', headers: headers(token) })).statusCode
  t.equal(await read(own.token), 200)
  t.equal(await read(other.token), 404)
  t.equal(await again.records.get('upgrade', 'facets'), undefined)
})
