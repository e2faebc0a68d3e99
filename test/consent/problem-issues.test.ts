// Problems of a Consent as issues that a person can act on.
import t from 'tap'
import { admit } from '../../src/consent/admit.ts'
import { toIssues } from '../../src/consent/problem-issues.ts'
import type { Problem } from '../../src/consent/read-dimension.ts'
import { createOwnVocabulary, FACTS, grant, purpose } from '../support/consents.ts'

const vocabulary = createOwnVocabulary()

t.test('an issue names the rule, the place as FHIRPath and in the body, and both languages', async (t) => {
  const provision = { type: 'permit', provision: [{ type: 'deny', purpose: [purpose('NONE')] }] }
  const [issue, ...others] = toIssues(admit(vocabulary, grant({ provision }), FACTS))
  t.same(others, [])
  t.match(issue, {
    severity: 'error',
    code: 'business-rule',
    rule: 'consent-unreadable',
    expression: ['Consent.provision.provision[0].purpose[0]'],
    path: ['provision', 'provision', 0, 'purpose', 0],
    diagnostics: /^Consent\.provision\.provision\[0\]\.purpose\[0\] \(A6\): The purpose/,
    ja: /^Consent\.provision\.provision\[0\]\.purpose\[0\]（A6）：利用目的/,
  })
})

t.test('what refuses comes before what warns', async (t) => {
  const issues = toIssues(
    admit(vocabulary, grant({ sourceAttachment: undefined, dateTime: undefined }), FACTS),
  )
  t.same(
    issues.map(({ severity, expression }) => [severity, expression?.[0]]),
    [
      ['error', 'Consent.dateTime'],
      ['warning', 'Consent.source'],
    ],
  )
  t.same(toIssues([]), [])
})

t.test('more than a hundred are counted, with the severity of the worst that is left out', async (t) => {
  const problem: Problem = { rule: 'A4', path: 'Consent.provision', en: 'en', ja: 'ja' }
  const hundred = Array.from({ length: 100 }, () => problem)
  t.equal(toIssues(hundred).length, 100)
  const last = toIssues([...hundred, { ...problem, severity: 'warning' }, problem]).at(-1)
  t.match(last, { severity: 'error', rule: 'more', diagnostics: /^2 more/ })
})
