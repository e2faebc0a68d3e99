// What an organisation is asked to do about a consent on record that cannot be interpreted (N3). https://hl7.org/fhir/R4/task.html
import type { Unreadable } from '../consent/rule.ts'
import type { Resource } from '../fhir/resource.ts'
import { TASK_CODES } from './break-glass.ts'

/**
 * Returns the Task: about the Consent, for the person, owned by `organization`, the custodian. It names what breaks which
 * rule, and nothing of the record.
 */
export function toOperatorTask(
  { ref, patient, problems }: Unreadable,
  organization: string,
  time = Date.now(),
): Resource {
  return {
    resourceType: 'Task',
    status: 'requested',
    intent: 'order',
    code: {
      coding: [
        {
          system: TASK_CODES,
          code: 'consent-uninterpretable',
          display: 'Consent that cannot be interpreted',
        },
      ],
      text: '解釈できない同意の確認',
    },
    description:
      '有効な同意を解釈できません。確認が済むまで、第三者と二次利用を拒むものとして扱われます。 An active consent cannot be interpreted; until it is clarified it is enforced as a refusal of third parties and secondary use.',
    focus: { reference: ref },
    for: { reference: patient },
    authoredOn: new Date(time).toISOString(),
    owner: { reference: organization },
    input: problems.map((problem) => ({ type: { text: 'problem' }, valueString: problem })),
  }
}
