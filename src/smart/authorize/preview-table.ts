// What an app would see, counted: a table, and beside each row a bar that says the same.
import type { Language } from '../../fhir/outcome.ts'
import { nameOfType } from '../describe/types.ts'
import { type Html, html } from '../pages/html.ts'
import { capitalise } from '../pages/parts.ts'
import type { Preview } from './consent-view.ts'

const TEXT = {
  en: {
    title: 'What this would share now',
    sum: (visible: number, total: number) =>
      html`<strong>${visible}</strong> of ${total} entries in the record`,
    none: 'With this choice the app sees nothing.',
    kind: 'Kind',
    shared: 'Shared',
    all: 'In the record',
    note: 'Entries that are added later are shared in the same way.',
  },
  ja: {
    title: 'いま渡される内容',
    sum: (visible: number, total: number) => html`記録${total}件のうち<strong>${visible}</strong>件`,
    none: 'この選択では、アプリには何も見えません。',
    kind: '種類',
    shared: '渡される件数',
    all: '全体の件数',
    note: 'あとから追加される記録も同じように渡されます。',
  },
} as const

/** Returns the preview; types of which nothing is shared come last. */
export function previewTable({ total, visible, byType }: Preview, language: Language): Html {
  const text = TEXT[language]
  const rows = byType.filter((row) => row.total > 0).toSorted((a, b) => b.visible - a.visible)
  return html`<section class="preview" aria-labelledby="preview">
<h2 id="preview" tabindex="-1">${text.title}</h2>
<p role="status">${visible === 0 ? text.none : text.sum(visible, total)}</p>
<div class="scroll"><table>
<thead><tr><th scope="col">${text.kind}</th><th scope="col" class="number">${text.shared}</th><th scope="col" class="number">${text.all}</th><td></td></tr></thead>
<tbody>${rows.map(
    (row) =>
      html`<tr${row.visible === 0 && html` class="hidden-row"`}><th scope="row">${capitalise(nameOfType(row.type, language))}</th><td class="number">${row.visible}</td><td class="number">${row.total}</td><td class="bar">${bar(row)}</td></tr>`,
  )}</tbody>
</table></div>
<p class="hint">${text.note}</p>
</section>`
}

// The numbers stand beside it: for those who see, and in no style attribute, which the page may not have.
function bar({ visible, total }: { readonly visible: number; readonly total: number }): Html {
  const width = Math.round((100 * Math.min(visible, total)) / total)
  return html`<svg width="100" height="10" viewBox="0 0 100 10" aria-hidden="true" focusable="false"><rect class="track" width="100" height="10" rx="5"/>${width > 0 && html`<rect class="fill" width="${Math.max(width, 4)}" height="10" rx="5"/>`}</svg>`
}
