// What somebody may see and do themselves, while they decide about an app: by their own rights, never by the server's.
import { randomUUID } from 'node:crypto'
import type { Policy } from '../../access/policy.ts'
import { toPrincipal } from '../../access/principal.ts'
import { recordResult } from '../../interactions/audit/record.ts'
import type { AppContext } from '../../interactions/context.ts'
import type { Interaction } from '../../interactions/interaction.ts'
import { perform } from '../../interactions/perform.ts'
import type { Result } from '../../interactions/result.ts'
import type { Capacity } from './capacity.ts'

const LIFE_MS = 60_000

/** Returns the policy of a person at the pages of this server: `client` is whom the access log names. */
export function policyOf(
  { policyFor, definitions }: AppContext,
  { subject, patient, organization, role }: Capacity,
  { client = 'musubi', scope }: { readonly client?: string; readonly scope?: string } = {},
): Promise<Policy> {
  const isStaff = subject.startsWith('Practitioner/')
  return policyFor(
    toPrincipal(
      {
        subject,
        client,
        scope: scope ?? (isStaff ? 'user/*.cruds' : 'patient/*.cruds'),
        purpose: toOwnPurpose(subject),
        ...(patient !== undefined && !isStaff && { patient }),
        ...(organization !== undefined && { organization }),
        ...(role !== undefined && { role }),
        expiresAt: Date.now() + LIFE_MS,
      },
      definitions,
    ),
  )
}

function toOwnPurpose(subject: string): string {
  if (subject.startsWith('Practitioner/')) return 'TREAT'
  return subject.startsWith('RelatedPerson/') ? 'FAMRQT' : 'PATRQT'
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
