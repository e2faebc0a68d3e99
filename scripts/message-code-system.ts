// The code system of message codes, made from the tables that speak them. https://hl7.org/fhir/R4/codesystem.html
import { MESSAGES } from '../src/fhir/outcome.ts'
import { listMessageCodes } from './message-codes.ts'

const ISSUE_TYPE = 'http://hl7.org/fhir/issue-type'

/** Returns the CodeSystem as the text of its file. */
export function writeMessageCodes(): string {
  const concept = listMessageCodes()
  const resource = {
    resourceType: 'CodeSystem',
    id: 'validation-message',
    url: MESSAGES,
    version: '0.1.0',
    name: 'MusubiValidationMessage',
    title: 'Message codes of validation (検証メッセージコード)',
    status: 'active',
    date: '2026-11-27',
    publisher: 'Musubi',
    description:
      'What issue.details.coding of an OperationOutcome says of a fault: stable codes for programs, whose sentences may ' +
      'change. OperationOutcome の issue.details.coding に入るコードです。文面は変わることがありますが、コードは変わりません。',
    caseSensitive: true,
    content: 'complete',
    count: concept.length,
    property: [
      {
        code: 'severity',
        description: 'Severity where no setting or definition says otherwise.',
        type: 'code',
      },
      { code: 'issue', description: `issue.code of the outcome: ${ISSUE_TYPE}`, type: 'code' },
    ],
    concept,
  }
  return `${JSON.stringify(resource, undefined, 2)}\n`
}
