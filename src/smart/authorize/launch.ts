// EHR launch: a context that this server has made for one app and one user. https://hl7.org/fhir/smart-app-launch/app-launch.html#launch-app-ehr-launch
import type { LaunchContext } from '../authorization.ts'
import type { SmartContext } from '../context.ts'
import { OAuthError } from '../oauth-error.ts'
import { hashToken, isToken, makeToken } from '../token.ts'
import type { Capacity } from './capacity.ts'

const LAUNCHES = 'launch'
const LIFE_MS = 5 * 60 * 1000

export interface Launch {
  readonly client: string
  readonly account: string
  readonly capacity: Capacity
  readonly context: LaunchContext
}

/** Puts a launch on record and returns its opaque value, good for five minutes. */
export async function startLaunch({ app }: SmartContext, launch: Launch): Promise<string> {
  const value = makeToken()
  const expiresAt = Date.now() + LIFE_MS
  await app.store.commit([], {
    records: [
      {
        kind: 'add',
        quiet: true,
        row: { collection: LAUNCHES, key: hashToken(value), value: launch, expiresAt },
      },
    ],
  })
  return value
}

/** Returns the launch of that value; throws `invalid_request` where this server made none, for this client, or it has expired. */
export async function findLaunch({ app }: SmartContext, value: string, client: string): Promise<Launch> {
  const row = isToken(value) ? await app.store.records.get(LAUNCHES, hashToken(value)) : undefined
  const launch = row?.value as Launch | undefined
  if (launch?.client !== client)
    throw new OAuthError('invalid_request', 'launch is unknown, expired or not for this client')
  return launch
}
