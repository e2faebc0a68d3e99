// The notice that a person gets when somebody has broken the glass.
import t from 'tap'
import { toNotice } from '../../src/interactions/break-glass.ts'

const DISCLOSURE = {
  patient: 'Patient/1',
  organization: 'Organization/2',
  user: 'Practitioner/3',
  reason: 'unconscious: 救急搬送',
  time: Date.UTC(2026, 10, 28),
}

function tell(reason: string, name?: string): readonly string[] {
  const notice = toNotice({ ...DISCLOSURE, reason }, { timeZone: 'Asia/Tokyo', name })
  return (notice['payload'] as { readonly contentString: string }[]).map((each) => each.contentString)
}

t.test('it names the organisation and the reason as people say them', (t) => {
  const [ja, en] = tell('unconscious: 救急搬送', 'むすび中央病院')
  t.match(ja, '閲覧した組織：むすび中央病院 (Organization/2)。理由：本人が意思を示せない: 救急搬送。')
  t.match(en, 'Reason given: The person cannot answer: 救急搬送.')
  t.end()
})

t.test('what is no code, and an organisation without a name, stand as they are', (t) => {
  for (const reason of ['意識不明の搬送', 'constructor: x', ': x'])
    t.match(tell(reason)[0], `閲覧した組織：Organization/2。理由：${reason}。`)
  t.end()
})
