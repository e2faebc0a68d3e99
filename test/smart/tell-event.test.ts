// Rows of the access log as sentences.
import t from 'tap'
import { SECURITY_EVENTS, TASKS } from '../../src/access/audit.ts'
import type { ToldEvent } from '../../src/smart/manage/read-event.ts'
import { tellEvent } from '../../src/smart/manage/tell-event.ts'

const NAMES = new Map([
  ['Client/app', 'Heart Diary'],
  ['Organization/1', 'むすび病院'],
  ['Practitioner/1', '佐藤 一郎'],
])

function tell(changes: Partial<ToldEvent>, language: 'en' | 'ja' = 'en'): string {
  const event: ToldEvent = {
    at: 0,
    action: 'R',
    what: 'read',
    outcome: 'done',
    client: 'app',
    types: new Map(),
    ...changes,
  }
  return tellEvent(event, 'Patient/p', NAMES, language)
}

t.test('who did what is one sentence, with names where they may be seen', (t) => {
  const types = new Map([
    ['Observation', 2],
    ['Condition', 1],
  ])
  t.equal(
    tell({ user: 'Patient/p', types }),
    'You, with Heart Diary, saw test results and measurements (2), diagnoses and problems (1)',
  )
  t.equal(
    tell({ user: 'Practitioner/1', organization: 'Organization/1', action: 'C', types }, 'ja'),
    '佐藤 一郎（むすび病院）（アプリ：Heart Diary）が検査・測定の記録（2件）、病名・症状（1件）を追加しました',
  )
  t.equal(
    tell({ user: 'Practitioner/9', organization: 'Organization/9', action: 'U' }),
    'Practitioner/9 (Organization/9), with Heart Diary, changed data',
  )
  t.equal(tell({ organization: 'Organization/1' }), 'Heart Diary (むすび病院) saw data')
  t.end()
})

t.test('at the pages of this server nobody is said to use an app', (t) => {
  const here = { client: 'musubi', user: 'Practitioner/1', organization: 'Organization/1' } as const
  t.equal(tell(here), '佐藤 一郎 (むすび病院) saw data')
  t.equal(tell({ ...here, user: 'Patient/p' }, 'ja'), 'あなたが記録を閲覧しました')
  t.equal(tell({ client: 'musubi' }), 'This service saw data')
  t.end()
})

t.test('who has let an app in is told, where that is another', (t) => {
  const event = { what: 'authorize', user: 'Practitioner/1', organization: 'Organization/1' } as const
  t.equal(tell(event, 'ja'), '佐藤 一郎（むすび病院）：Heart Diaryにアクセスを許可しました')
  t.equal(tell({ ...event, user: 'Patient/p' }), 'Heart Diary was let in')
  t.end()
})

t.test('what was not done is not told as done', (t) => {
  for (const outcome of ['refused', 'failed'] as const)
    for (const action of 'CRUDE') {
      t.match(tell({ outcome, action }), /^Heart Diary tried to (add|see|change|delete|look for) data$/)
      t.match(tell({ outcome, action }, 'ja'), /求めましたが、行われませんでした$/)
    }
  t.end()
})

t.test('an event that was refused is told as one', (t) => {
  for (const what of [...SECURITY_EVENTS, ...TASKS])
    t.match(tell({ what, outcome: 'refused' }), /tried to|asked|^Not done: /, what)
  t.equal(tell({ what: 'login', outcome: 'refused' }, 'ja'), 'ログインが試みられました')
  t.equal(
    tell({ what: 'refused-token', outcome: 'refused' }),
    'Heart Diary asked with access that is not valid',
  )
  t.end()
})

t.test('a search that found nothing is not told as one in which something was seen', (t) => {
  t.equal(tell({ what: 'search-type', action: 'E' }), 'Heart Diary looked for data')
  t.equal(tell({ what: 'search-type', action: 'E' }, 'ja'), 'Heart Diaryが記録を検索しました')
  t.end()
})

t.test('every event of the server has its own sentence; a name is put into it as it is', (t) => {
  for (const what of [...SECURITY_EVENTS, ...TASKS])
    for (const language of ['en', 'ja'] as const)
      t.notMatch(tell({ what, action: 'E' }, language), /%|looked for|検索/, what)
  t.equal(tell({ what: 'constructor' }), 'Heart Diary saw data')
  t.equal(
    tellEvent(
      { at: 0, action: 'E', what: 'authorize', outcome: 'done', client: 'x', types: new Map() },
      '',
      new Map([['Client/x', '$& %']]),
      'en',
    ),
    '$& % was let in',
  )
  t.end()
})
