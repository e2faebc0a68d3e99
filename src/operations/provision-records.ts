// Patient/$provision-records: what was given to third parties, for the person themself. https://laws.e-gov.go.jp/law/415AC0000000057 (article 33, paragraph 5)
import type { Principal } from '../access/principal.ts'
import { FhirError } from '../fhir/outcome.ts'
import type { AppContext } from '../interactions/context.ts'
import { findLink, openLink } from '../interactions/link.ts'
import type { Operation, OperationInput } from '../interactions/operation.ts'
import { absent } from '../interactions/read.ts'
import type { Result } from '../interactions/result.ts'
import type { ProvisionQuestion } from '../store/store.ts'
import { readInputs, readPositive, readText, readTime } from './input/parameters.ts'
import { answerBundle, type RecordWalk, toPath } from './provision-records/bundle.ts'
import { answerCsv, CSV } from './provision-records/csv.ts'

export const operation: Operation = {
  code: 'provision-records',
  definition: 'https://musubi.example/fhir/OperationDefinition/provision-records',
  levels: ['instance'],
  types: ['Patient'],
  mediaType: CSV,
  affectsState: false,
  run,
}

const ONE = { max: 1, value: 'text' } as const
const RULES = { recipient: ONE, start: ONE, end: ONE, _count: ONE } as const

/**
 * Answers with the records, newest first: a Bundle page by page, or all of them as CSV. Throws FhirError `not-found` for
 * everybody but the person and their proxy: that there are records is told to nobody else.
 */
async function run(context: AppContext, input: OperationInput): Promise<Result> {
  const { principal } = input.policy
  if (!isOwn(principal, `Patient/${input.id}`)) throw absent('Patient')
  if (!input.policy.may('search-type', 'AuditEvent'))
    throw new FhirError('forbidden', 'The scopes granted do not allow this search')
  const link = findLink(input)
  if (link !== undefined)
    return answerBundle(context, input, await openLink<RecordWalk>(context, principal, toPath(input), link))
  const question = readQuestion(context, input)
  return input.text ? answerCsv(context, question) : answerBundle(context, input, { question })
}

function isOwn({ subject, launch }: Principal, patient: string): boolean {
  return (
    subject === patient || (subject.startsWith('RelatedPerson/') && `Patient/${launch?.patient}` === patient)
  )
}

function readQuestion(context: AppContext, input: OperationInput): ProvisionQuestion {
  const inputs = readInputs(context, input, RULES)
  const { timeZone, maxCount } = context.settings
  const recipient = readText(inputs, 'recipient')
  return {
    patient: `Patient/${input.id}`,
    ...(recipient !== undefined && {
      recipient: recipient.includes('/') ? recipient : `Organization/${recipient}`,
    }),
    from: readTime(inputs, 'start', timeZone)?.start,
    to: readTime(inputs, 'end', timeZone)?.end,
    limit: Math.min(readPositive(inputs, '_count') ?? maxCount, maxCount),
  }
}
