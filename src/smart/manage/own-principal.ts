// As whom somebody acts at the pages of their own.
import { type Principal, type TokenGrant, toPrincipal } from '../../access/principal.ts'
import type { SmartContext } from '../context.ts'

/** What these pages name as the client in what they do. */
const CLIENT = 'musubi'
const MOMENT_MS = 60_000

/** Returns somebody as they stand at these pages: as in `grant`, with all their own rights, for a moment. */
export function toOwnPrincipal(
  { app }: SmartContext,
  grant: Pick<TokenGrant, 'subject' | 'patient' | 'act' | 'organization' | 'purpose'>,
): Principal {
  const { subject, patient, act, organization, purpose } = grant
  return toPrincipal(
    {
      subject,
      purpose,
      client: CLIENT,
      scope: 'patient/*.cruds',
      expiresAt: Date.now() + MOMENT_MS,
      ...(patient !== undefined && { patient }),
      ...(act !== undefined && { act }),
      ...(organization !== undefined && { organization }),
    },
    app.definitions,
  )
}
