// From a bearer token to a Principal, by what stands on record now. https://www.rfc-editor.org/rfc/rfc6750#section-2.1
import { type Principal, type TokenGrant, toPrincipal } from '../access/principal.ts'
import type { AppContext } from '../interactions/context.ts'
import { findInForce } from './authorization.ts'
import { keepNewest } from './bounded.ts'
import { findClient, isActiveSince } from './client.ts'
import { withinRegistration } from './clients/within-registration.ts'
import { isJws, type VerifyExternal } from './external-token.ts'
import { findGrant, hashToken, isToken } from './token.ts'

export interface Verifier {
  /** True of an Authorization header that holds a bearer token of a form known here. */
  isBearer(header: string | undefined): boolean
  /** The Principal of a token that was verified before, as long as nothing has changed since; at once. */
  known(header: string | undefined): Principal | undefined
  /** The Principal, or undefined where the token is unknown, expired, revoked, or made for another base. */
  verify(header: string | undefined): Promise<Principal | undefined>
}

interface Verified {
  readonly principal: Principal
  /** What it was made with; absent where another server says that. */
  readonly scope?: string
  /** `Store.accessEpoch` at which the token stood: another, and it is looked at again. */
  readonly epoch: number
}

const MAX_CACHED = 10_000

type VerifierContext = Pick<AppContext, 'store' | 'definitions' | 'settings'>

/**
 * Returns the verifier of a server. The same Principal object comes back while nothing was changed and the token has not
 * expired. `onRefused` is called with what a token was made for that is on record but no longer accepted. `external` knows
 * tokens of other servers.
 */
export function createVerifier(
  context: VerifierContext,
  onRefused?: (grant: TokenGrant) => void,
  external?: VerifyExternal,
): Verifier {
  const { store, definitions, settings } = context
  const verified = new Map<string, Verified>()

  function known(header: string | undefined): Principal | undefined {
    const token = toBearer(header)
    const found = token === undefined ? undefined : verified.get(hashToken(token))
    if (found?.epoch !== store.accessEpoch()) return undefined
    return found.principal.expiresAt > Date.now() ? found.principal : undefined
  }

  return {
    isBearer: (header) => toBearer(header) !== undefined,
    known,
    async verify(header) {
      const token = toBearer(header)
      if (token === undefined) return undefined
      const key = hashToken(token)
      const epoch = store.accessEpoch()
      if (isJws(token)) return keep(key, await external?.(token), { epoch })
      const grant = await findGrant(store, token)
      if (!grant) return forget(key)
      if (grant.audience !== undefined && grant.audience !== settings.baseUrl) return forget(key)
      if (!(await stands(store, grant))) {
        onRefused?.(grant)
        return forget(key)
      }
      const scope = await scopeNow(context, grant)
      const before = verified.get(key)
      const isSame = before?.scope === scope
      const principal = isSame ? before.principal : toPrincipal({ ...grant, scope }, definitions)
      return keep(key, principal, { scope, epoch })
    },
  }

  function keep(
    key: string,
    principal: Principal | undefined,
    by: Omit<Verified, 'principal'>,
  ): Principal | undefined {
    if (!principal) return forget(key)
    keepNewest(verified, key, { principal, ...by }, MAX_CACHED)
    return principal
  }

  function forget(key: string): undefined {
    verified.delete(key)
    return undefined
  }
}

/** Returns the token of an `Authorization: Bearer …` header, or undefined where there is none of our form and no JWS. */
export function toBearer(header: string | undefined): string | undefined {
  if (header === undefined || header.slice(0, 7).toLowerCase() !== 'bearer ') return undefined
  const token = header.slice(7).trim()
  return isToken(token) || isJws(token) ? token : undefined
}

/** Returns the scope of a token that stands as it counts now: within what its client is registered for, but for the operator's own tokens. */
export async function scopeNow(
  { store, definitions }: Omit<VerifierContext, 'settings'>,
  grant: TokenGrant,
): Promise<string> {
  if (grant.audience === undefined) return grant.scope
  const client = await findClient(store, grant.client)
  return client === undefined ? '' : withinRegistration(definitions, client, grant.scope)
}

/** True of a token whose authorization, client and Consent stand. Who is not registered has the operator's own tokens alone. */
export async function stands(store: AppContext['store'], grant: TokenGrant): Promise<boolean> {
  if (grant.authorization !== undefined) return (await findInForce(store, grant.authorization)) !== undefined
  const client = await findClient(store, grant.client)
  if (client === undefined) return grant.audience === undefined
  return isActiveSince(client, grant.issuedAt ?? 0) && client.purposes.includes(grant.purpose)
}
