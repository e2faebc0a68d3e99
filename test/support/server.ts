// The whole server on a store of its own, for tests that inject requests.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import type { TokenGrant } from '../../src/access/principal.ts'
import { createApp } from '../../src/app.ts'
import { type Config, loadConfig } from '../../src/config.ts'
import { mintToken } from '../../src/smart/token.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'

export interface TestServer {
  readonly app: FastifyInstance
  readonly store: Store
  readonly config: Config
  /** Everything logged so far. */
  readonly log: readonly string[]
  /** Returns a new token; `system/*.cruds` of a client where nothing else is said. */
  token(scope?: string, grant?: Partial<TokenGrant>): Promise<string>
  /** Returns the headers of a request with that token. */
  auth(scope?: string, grant?: Partial<TokenGrant>): Promise<{ authorization: string }>
}

/** Returns a folder that is gone when the test ends. */
export function openFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'musubi-test-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Opens a server that is closed, and its folder removed, when the test ends. */
export async function openServer(t: Test, environment: NodeJS.ProcessEnv = {}): Promise<TestServer> {
  const folder = openFolder(t)
  const config = loadConfig({ MUSUBI_STORE: `sqlite:${folder}`, ...environment })
  const store = await openStore(config.store)
  const log: string[] = []
  const app = await createApp(config, store, { write: (line) => void log.push(line) })
  // Before the folder goes: teardowns run last to first.
  t.teardown(async () => {
    await app.close()
    await store.close()
  })
  const token = async (scope = 'system/*.cruds', grant: Partial<TokenGrant> = {}) => {
    const standard = {
      subject: 'Client/test',
      client: 'test',
      purpose: 'TREAT',
      ...(/^(Patient|RelatedPerson)\//.test(grant.subject ?? '')
        ? {}
        : { organization: 'Organization/demo' }),
      expiresAt: Date.now() + 3_600_000,
    }
    const minted = mintToken({ ...standard, scope, ...grant })
    await store.records.add(minted.row)
    return minted.token
  }
  const auth = async (scope?: string, grant?: Partial<TokenGrant>) => ({
    authorization: `Bearer ${await token(scope, grant)}`,
  })
  return { app, store, config, log, token, auth }
}
