// The demo's story as the store has it: each record from its source, consents admitted like any other.
import { tellStory } from '../../../scripts/demo/story.ts'
import { createSystemPolicy } from '../../access/system.ts'
import type { AppContext } from '../../interactions/context.ts'
import { perform } from '../../interactions/perform.ts'

/**
 * Stores the story anew: what was revoked or changed since stands again as it is told. Throws FhirError where a record is
 * not valid or a Consent not admitted (A1 to A8).
 */
export async function storeStory(context: AppContext): Promise<void> {
  for (const { source, resource } of tellStory()) {
    const policy = await createSystemPolicy('demo story', context, source)
    const { resourceType: type, id } = resource
    await perform(context, policy, { kind: 'update', type, target: { id }, resource })
  }
}
