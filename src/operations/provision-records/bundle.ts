// Records of provision as a collection of AuditEvents: R4's Provenance tells how a resource came to be, not who got it. https://hl7.org/fhir/R4/auditevent.html
import { toDisclosureEvent } from '../../access/audit/disclosure.ts'
import type { BundleLink } from '../../fhir/bundle.ts'
import type { AppContext } from '../../interactions/context.ts'
import { sealLink } from '../../interactions/link.ts'
import type { OperationInput } from '../../interactions/operation.ts'
import { joinBundle } from '../../interactions/page.ts'
import type { Result } from '../../interactions/result.ts'
import type { ProvisionQuestion } from '../../store/store.ts'

/** Where a walk goes on: the question with the place it has come to. */
export interface RecordWalk {
  readonly question: ProvisionQuestion
}

/** Returns the path below the base that the operation is called at. */
export function toPath({ id }: OperationInput): string {
  return `Patient/${id}/$provision-records`
}

/** Returns one page, with a link to the next where there is one. */
export async function answerBundle(
  context: AppContext,
  input: OperationInput,
  { question }: RecordWalk,
): Promise<Result> {
  const { baseUrl } = context.settings
  const { rows, next } = await context.store.journal.provisions(question)
  const link: BundleLink[] = []
  if (next !== undefined) {
    const walk: RecordWalk = { question: { ...question, after: next } }
    const sealed = await sealLink(context, input.policy.principal, toPath(input), walk)
    link.push({ relation: 'next', url: `${baseUrl}/${toPath(input)}?_page=${sealed}` })
  }
  const entries = rows.map(({ row }) => [
    JSON.stringify({ fullUrl: `urn:uuid:${row.id}`, resource: toDisclosureEvent(row, baseUrl) }),
  ])
  return { kind: 'pieces', pieces: joinBundle({ type: 'collection', link }, entries) }
}
