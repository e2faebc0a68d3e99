// What every store keeps of what happened: append-only, chained, read newest first.
import type { Test } from 'tap'
import type { AuditQuestion, Store } from '../../src/store/store.ts'
import { audited, provided, toAudit, toProvision } from '../support/journal.ts'
import { toPut } from '../support/plans.ts'

/** Runs the rules of `Journal` against the store that `open` makes. */
export function journalContract(t: Test, open: (t: Test) => Promise<Store>): void {
  const opened = async (t: Test) => {
    const store = await open(t)
    t.teardown(() => store.close())
    return store
  }

  t.test('a row is read back as it was appended, at once', async (t) => {
    const { journal } = await opened(t)
    const row = toAudit({ query: 'Patient?name=結び', elevation: 'life', legalBasis: 'law' })
    await journal.append([{ kind: 'audit', row }])
    t.same(await journal.find(row.id), row)
    t.same(
      (await journal.list({ limit: 5 })).rows.map((kept) => kept.row),
      [row],
    )
    t.equal(await journal.find('00000000-0000-4000-8000-000000000000'), undefined)
    t.equal(await journal.find('no uuid'), undefined)
    const record = toProvision()
    await journal.append([{ kind: 'provision', row: record }], { durable: true })
    t.same(
      (await journal.provisions({ patient: 'Patient/1', limit: 5 })).rows.map((kept) => kept.row),
      [record],
    )
  })

  t.test('rows are listed newest first, page by page, and no page is empty', async (t) => {
    const { journal } = await opened(t)
    for (let i = 0; i < 7; i++) await journal.append([audited({ requestId: String(i) })])
    const pages: string[][] = []
    let after: number | undefined
    do {
      const page = await journal.list({ limit: 3, ...(after !== undefined && { after }) })
      pages.push(page.rows.map(({ row }) => row.requestId))
      after = page.next
    } while (after !== undefined)
    t.same(pages, [['6', '5', '4'], ['3', '2', '1'], ['0']])
    const exact = await journal.list({ limit: 7 })
    t.equal(exact.next, undefined, 'nothing is left after the last')
  })

  t.test('each condition of a list holds', async (t) => {
    const { journal } = await opened(t)
    const at = Date.now()
    const client = { subject: 'Client/a', client: 'a' }
    await journal.append([
      audited({ requestId: 'own', at }),
      audited({
        requestId: 'client',
        at: at + 1,
        agent: client,
        patients: [],
        action: 'E',
        subtype: 'search-type',
      }),
      audited({
        requestId: 'other',
        at: at + 2,
        agent: { ...client, organization: 'Organization/2' },
        patients: ['Patient/1', 'Patient/2'],
      }),
    ])
    const cases: readonly [Partial<AuditQuestion>, string[]][] = [
      [{}, ['other', 'client', 'own']],
      [{ patient: 'Patient/1' }, ['other', 'own']],
      [{ patient: 'Patient/2' }, ['other']],
      [{ patient: 'Patient/3' }, []],
      [{ subject: 'Client/a' }, ['other', 'client']],
      [{ organization: 'Organization/1' }, ['own']],
      [{ patient: 'Patient/1', subject: 'Client/a' }, ['other']],
      [{ subject: 'Client/a', organization: 'Organization/1' }, []],
      [{ action: 'E' }, ['client']],
      [{ subtype: 'read' }, ['other', 'own']],
      [{ from: at + 1 }, ['other', 'client']],
      [{ to: at + 1 }, ['own']],
    ]
    for (const [question, expected] of cases) {
      const { rows } = await journal.list({ limit: 10, ...question })
      t.same(
        rows.map(({ row }) => row.requestId),
        expected,
        JSON.stringify(question),
      )
    }
  })

  t.test('records of provision are those of one person, by recipient and time', async (t) => {
    const { journal } = await opened(t)
    const at = Date.now()
    await journal.append([
      provided({ requestId: 'a', at }),
      provided({ requestId: 'b', at: at + 1, recipient: { reference: 'Organization/3' } }),
      provided({ requestId: 'c', patient: 'Patient/2' }),
    ])
    const ids = async (question: object) =>
      (await journal.provisions({ patient: 'Patient/1', limit: 10, ...question })).rows.map(
        ({ row }) => row.requestId,
      )
    t.same(await ids({}), ['b', 'a'])
    t.same(await ids({ recipient: 'Organization/3' }), ['b'])
    t.same(await ids({ from: at + 1 }), ['b'])
    t.same(await ids({ to: at + 1 }), ['a'])
    t.same(await ids({ patient: 'Patient/2' }), ['c'])
  })

  t.test('rows ride in a commit: all of it or nothing', async (t) => {
    const store = await opened(t)
    await store.commit([toPut('Patient', '1', 'v1')], { journal: [audited({ requestId: 'in' })] })
    const refused = store.commit([toPut('Patient', '1', 'v2', [], { version: null })], {
      journal: [audited({ requestId: 'out' }), provided()],
    })
    await t.rejects(refused, { code: 'version-mismatch' })
    const { rows } = await store.journal.list({ limit: 10 })
    t.same(
      rows.map(({ row }) => row.requestId),
      ['in'],
    )
    t.match(await store.journal.verify(), { rows: 1, broken: undefined })
  })

  t.test('a journal whose rows came from everywhere at once is whole', async (t) => {
    const store = await opened(t)
    t.match(await store.journal.verify(), { rows: 0, broken: undefined }, 'an empty one too')
    await Promise.all(
      Array.from({ length: 500 }, (_, i) =>
        i % 10 === 0
          ? store.commit([toPut('Patient', String(i), 'v1')], { journal: [audited()] })
          : store.journal.append([audited(), provided()], { durable: i % 7 === 0 }),
      ),
    )
    let told = 0
    const verdict = await store.journal.verify((done, total) => {
      told = done / total
    })
    t.match(verdict, { rows: 950, broken: undefined })
    t.equal(told, 1, 'progress ends at all')
    t.match(verdict.heads, { audit: /^500:[0-9a-f]{64}$/, provision: /^450:[0-9a-f]{64}$/ })
  })

  t.test('what was appended is there after closing', async (t) => {
    const store = await open(t)
    await store.journal.append([audited()])
    await store.close()
    await t.rejects(store.journal.append([audited()], { durable: true }), { code: 'unavailable' })
  })
}
