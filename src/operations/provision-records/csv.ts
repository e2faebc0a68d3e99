// Records of provision as a table for people: one line each, safe to open in a spreadsheet. https://www.rfc-editor.org/rfc/rfc4180
import type { ProvisionBasis, ProvisionRow } from '../../access/audit/provision.ts'
import { FhirError } from '../../fhir/outcome.ts'
import type { AppContext } from '../../interactions/context.ts'
import type { Result } from '../../interactions/result.ts'
import type { ProvisionQuestion } from '../../store/store.ts'

export const CSV = 'text/csv'

const SLICE_ROWS = 1_000
const MAX_RECORDS = 100_000

const BASES: Readonly<Record<ProvisionBasis, string>> = {
  consent: '本人の同意 consent',
  default: '診療等のための既定 default',
  statutory: '法令 statutory',
  'break-glass': '緊急 break-glass',
  'opt-out': 'オプトアウト opt-out',
}

type Column = readonly [head: string, read: (row: ProvisionRow, toTime: (at: number) => string) => string]

const COLUMNS: readonly Column[] = [
  ['提供日時 / Provided at', ({ at }, toTime) => toTime(at)],
  ['提供先 / Recipient', ({ recipient }) => recipient.name ?? recipient.reference],
  ['提供先の住所 / Address', ({ recipient }) => recipient.address ?? ''],
  ['提供先の代表者 / Representative', ({ recipient }) => recipient.representative ?? ''],
  ['提供先の識別子 / Recipient reference', ({ recipient }) => recipient.reference],
  ['提供元 / Provided from', ({ custodian }) => custodian ?? ''],
  ['利用目的 / Purpose', ({ purpose }) => purpose],
  ['根拠 / Basis', ({ basis }) => BASES[basis.kind]],
  ['同意 / Consents', ({ basis }) => basis.consents.join('; ')],
  [
    '提供した項目 / Data',
    ({ items }) =>
      Object.entries(items)
        .map(([type, { count }]) => `${type} ${count}`)
        .join('; '),
  ],
  ['記録番号 / Record', ({ id }) => id],
]

/** Returns all records as CSV in UTF-8; throws FhirError `too-costly` where there are more than 100,000. */
export async function answerCsv(context: AppContext, question: ProvisionQuestion): Promise<Result> {
  const toTime = createClock(context.settings.timeZone)
  const lines = [toLine(COLUMNS.map(([head]) => head))]
  for (let after = question.after; ; ) {
    const page = await context.store.journal.provisions({ ...question, after, limit: SLICE_ROWS })
    for (const { row } of page.rows) lines.push(toLine(COLUMNS.map(([, read]) => read(row, toTime))))
    if (page.next === undefined) break
    if (lines.length > MAX_RECORDS)
      throw new FhirError(
        'too-costly',
        'There are too many records for one file: narrow them with start and end',
      )
    after = page.next
  }
  // Without the mark, spreadsheets in Japan take the file for Shift_JIS.
  return { kind: 'text', mediaType: CSV, text: `\uFEFF${lines.join('')}` }
}

/** Returns one line, its fields in quotes. */
export function toLine(fields: readonly string[]): string {
  return `${fields.map((field) => `"${defuse(field).replaceAll('"', '""')}"`).join(',')}\r\n`
}

// A spreadsheet runs what begins like a formula, also in full width: an apostrophe makes it text. https://owasp.org/www-community/attacks/CSV_Injection
function defuse(field: string): string {
  return /^[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠]|^[\t\r\n]/u.test(field) ? `'${field}` : field
}

// As clocks show it there, with the offset: 2026-11-27T09:00:00+09:00.
function createClock(timeZone: string): (at: number) => string {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'medium',
  })
  const offset = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
  return (at) => {
    const zone = offset.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT'
    return `${format.format(at).replace(' ', 'T')}${zone === 'GMT' ? 'Z' : zone.slice('GMT'.length)}`
  }
}
