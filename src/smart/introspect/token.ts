// What is told of one token: what its client was told when it got it. https://www.rfc-editor.org/rfc/rfc7662#section-2.2
import type { TokenGrant } from '../../access/principal.ts'
import { type Authorization, findAuthorization, findInForce } from '../authorization.ts'
import type { SmartContext } from '../context.ts'
import { findRefreshToken, isPresent } from '../refresh-token.ts'
import { findGrant, isToken } from '../token.ts'
import { identityClaims } from '../token-endpoint/id-token.ts'
import { scopeNow, stands } from '../verifier.ts'

/** Who asks: a client that has proved who it is, or whoever holds a token. */
export interface Asker {
  readonly client: string
  /** The token it came with. */
  readonly token?: string
  /** May ask of others' tokens. */
  readonly isTrusted: boolean
}

export interface Introspected {
  readonly response: Readonly<Record<string, unknown>>
  /** Whom the token stands for, for the access log. */
  readonly grant: Pick<TokenGrant, 'purpose' | 'subject' | 'patient' | 'scope'>
}

/** Returns what may be told of a token that is active; undefined for one that is not, or that the asker may not know. */
export async function introspectToken(
  context: SmartContext,
  token: string,
  asker: Asker,
): Promise<Introspected | undefined> {
  if (!isToken(token)) return undefined
  return (await ofAccess(context, token, asker)) ?? ofRefresh(context, token, asker)
}

async function ofAccess(
  context: SmartContext,
  token: string,
  { isTrusted, token: own }: Asker,
): Promise<Introspected | undefined> {
  if (!isTrusted && token !== own) return undefined
  const { store } = context.app
  const made = await findGrant(store, token)
  if (!made || !isForBase(context, made)) return undefined
  if (!(await stands(store, made))) return undefined
  const grant = { ...made, scope: await scopeNow(context.app, made) }
  const authorization =
    grant.authorization === undefined ? undefined : await findAuthorization(store, grant.authorization)
  const { patient, encounter } = grant
  return {
    response: {
      ...toResponse(context, grant, grant.expiresAt),
      token_type: 'Bearer',
      ...(patient !== undefined && { patient }),
      ...(encounter !== undefined && { encounter }),
      ...(authorization && toContext(context, authorization)),
      ...(!authorization && toUser(context, grant)),
    },
    grant,
  }
}

function isForBase({ urls }: SmartContext, { audience }: TokenGrant): boolean {
  return audience === undefined || audience === urls.base
}

// A refresh token says nothing to a resource server.
async function ofRefresh(
  context: SmartContext,
  token: string,
  { client }: Asker,
): Promise<Introspected | undefined> {
  const { store } = context.app
  const { row, token: refresh } = (await findRefreshToken(store, token)) ?? {}
  if (!row?.expiresAt || refresh?.client !== client || refresh.usedAt !== undefined) return undefined
  const authorization = await findInForce(store, refresh.authorization)
  // As at the token endpoint: without offline_access it is of no use when the session has ended.
  if (!authorization || !(await isPresent(context, authorization))) return undefined
  const grant = { ...authorization.grant, scope: authorization.scope }
  return {
    response: { ...toResponse(context, grant, row.expiresAt), ...toContext(context, authorization) },
    grant,
  }
}

function toResponse(
  { urls }: SmartContext,
  grant: Pick<TokenGrant, 'scope' | 'client' | 'purpose' | 'audience'>,
  expiresAt: number,
) {
  return {
    active: true,
    scope: grant.scope,
    client_id: grant.client,
    exp: Math.floor(expiresAt / 1000),
    aud: grant.audience ?? urls.base,
    // SMART lets a server add parameters that begin with two underscores.
    __purpose: grant.purpose,
  }
}

function toContext({ urls }: SmartContext, authorization: Authorization) {
  const hasIdToken = authorization.scope.split(' ').includes('openid')
  const { sub, fhirUser } = identityClaims(authorization)
  return {
    ...authorization.context,
    ...(hasIdToken && { iss: urls.issuer, sub }),
    ...(fhirUser !== undefined && { fhirUser }),
  }
}

// The operator has made it: nobody logged in, so there is no id_token.
function toUser({ urls }: SmartContext, { subject, act, scope }: TokenGrant) {
  const isAsked = scope.split(' ').includes('fhirUser') && !subject.startsWith('Client/')
  return isAsked ? { fhirUser: `${urls.base}/${act ?? subject}` } : {}
}
