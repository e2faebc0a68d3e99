// What somebody may see and do themselves at the pages of this server: by their own rights, never by the server's.
import { randomUUID } from 'node:crypto'
import type { Policy } from '../access/policy.ts'
import { type Principal, type TokenGrant, toPrincipal } from '../access/principal.ts'
import { recordResult } from '../interactions/audit/record.ts'
import type { AppContext } from '../interactions/context.ts'
import type { Interaction } from '../interactions/interaction.ts'
import { perform } from '../interactions/perform.ts'
import type { Result } from '../interactions/result.ts'
import { toUsualPurpose } from './purpose.ts'

/** Whom the access log names as the client where no app is concerned. */
export const OWN_CLIENT = 'musubi'
const MOMENT_MS = 60_000

/** As whom: of a grant, or of a capacity that somebody has chosen. */
type Actor = Pick<TokenGrant, 'subject' | 'patient' | 'act' | 'organization' | 'role'> &
  Partial<Pick<TokenGrant, 'purpose'>>

type Through = Partial<Pick<TokenGrant, 'client' | 'scope'>>

/** Returns somebody as they stand at these pages, for a moment: with all their own rights where no scope is given. */
export function toOwnPrincipal(
  { definitions }: Pick<AppContext, 'definitions'>,
  { subject, patient, act, organization, role, purpose }: Actor,
  { client, scope }: Through = {},
): Principal {
  const isStaff = subject.startsWith('Practitioner/')
  return toPrincipal(
    {
      subject,
      client: client ?? OWN_CLIENT,
      scope: scope ?? (isStaff ? 'user/*.cruds' : 'patient/*.cruds'),
      purpose: purpose ?? toUsualPurpose(subject),
      ...(patient !== undefined && { patient }),
      ...(act !== undefined && { act }),
      ...(organization !== undefined && { organization }),
      ...(role !== undefined && { role }),
      expiresAt: Date.now() + MOMENT_MS,
    },
    definitions,
  )
}

/** Returns the policy of somebody at these pages. */
export function policyOf(app: AppContext, actor: Actor, through?: Through): Promise<Policy> {
  return app.policyFor(toOwnPrincipal(app, actor, through))
}

/** Performs an interaction as somebody, and records it as if it had come by REST. Throws FhirError as `perform` does. */
export async function performAs(
  context: AppContext,
  policy: Policy,
  interaction: Interaction,
): Promise<Result> {
  const result = await perform(context, policy, interaction)
  const method = interaction.kind === 'create' || interaction.kind === 'operation' ? 'POST' : 'GET'
  await recordResult(context, policy, { method, interaction, requestId: randomUUID() }, result)
  return result
}
