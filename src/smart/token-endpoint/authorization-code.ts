// A code for tokens. https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3
import { hash } from 'node:crypto'
import { FhirError } from '../../fhir/outcome.ts'
import type { RecordChange } from '../../store/store.ts'
import { toJournal } from '../audit.ts'
import { findInForce } from '../authorization.ts'
import type { AuthenticatedClient } from '../clients/authenticate.ts'
import { CODES, type Code } from '../code.ts'
import type { SmartContext } from '../context.ts'
import { isEqual } from '../csrf.ts'
import { endAuthorization } from '../end-authorization.ts'
import type { Form } from '../form.ts'
import { OAuthError } from '../oauth-error.ts'
import { tryCommit } from '../once.ts'
import { hashToken, isToken } from '../token.ts'
import { issueTokens, type TokenResponse } from './response.ts'

/** Codes that were exchanged, kept as long as one may come again. */
const USED_CODES = 'code-used'
const USED_MS = 24 * 60 * 60 * 1000
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/

/**
 * Exchanges a code. Throws `invalid_grant` where
 *  1. the code is unknown or expired, or was exchanged before: then what it gave ends too (RFC 6749 4.1.2);
 *  2. it was given to another client;
 *  3. `redirect_uri` is not that of the authorization request;
 *  4. `code_verifier` does not fit the challenge (RFC 7636 4.6);
 *  5. what was granted has ended meanwhile, or was granted for another base.
 */
export async function exchangeCode(
  context: SmartContext,
  { client }: AuthenticatedClient,
  form: Form,
): Promise<TokenResponse> {
  const { store } = context.app
  const text = required(form, 'code')
  const redirectUri = required(form, 'redirect_uri')
  const verifier = required(form, 'code_verifier')
  const key = isToken(text) ? hashToken(text) : ''
  await assertUnused(context, key, client.id)
  const code = (await store.records.get(CODES, key))?.value as Code | undefined
  if (code?.client !== client.id || code.audience !== context.urls.base)
    throw invalid('The code is unknown, expired or not for this client')
  if (!isEqual(code.redirectUri, redirectUri))
    throw invalid('redirect_uri is not that of the authorization request')
  if (!VERIFIER.test(verifier) || !isEqual(toChallenge(verifier), code.challenge))
    throw invalid('code_verifier does not fit the code_challenge')
  const authorization = await findInForce(store, code.authorization)
  if (!authorization) throw invalid('What was granted has ended meanwhile')
  const nonce = code.nonce === undefined ? {} : { nonce: code.nonce }
  const { response, records } = await issueTokens(context, authorization, nonce)
  await commitOnce(context, key, client.id, [...records, toUsed(key, code)], {
    event: 'issue',
    client: client.id,
    grant: authorization.grant,
    scope: response.scope,
    ...(authorization.consent !== undefined && { consent: authorization.consent }),
  })
  return response
}

/** Returns the S256 challenge of a verifier. https://www.rfc-editor.org/rfc/rfc7636#section-4.2 */
export function toChallenge(verifier: string): string {
  return hash('sha256', verifier, 'base64url')
}

function toUsed(key: string, { authorization, client }: Code): RecordChange {
  const value = { authorization, client }
  return {
    kind: 'add',
    quiet: true,
    row: { collection: USED_CODES, key, value, expiresAt: Date.now() + USED_MS },
  }
}

// Of two exchanges at the same time one finds the code used, in whatever process.
async function commitOnce(
  context: SmartContext,
  key: string,
  client: string,
  records: readonly RecordChange[],
  event: Parameters<typeof toJournal>[1],
): Promise<void> {
  if (await tryCommit(context.app.store, records, toJournal(context, event))) return
  await assertUnused(context, key, client)
  throw new FhirError('conflict', 'Another exchange came in between')
}

async function assertUnused(context: SmartContext, key: string, client: string): Promise<void> {
  const used = (await context.app.store.records.get(USED_CODES, key))?.value as
    | Pick<Code, 'authorization' | 'client'>
    | undefined
  if (used === undefined) return
  if (used.client === client) await endAuthorization(context, used.authorization, 'reuse')
  throw invalid('The code was used before')
}

function required(form: Form, name: string): string {
  const value = form[name]
  if (value === undefined) throw new OAuthError('invalid_request', `The parameter ${name} is missing`)
  return value
}

function invalid(description: string): OAuthError {
  return new OAuthError('invalid_grant', description)
}
