// The controls for one scope that was asked for: seeing, writing, and only parts of it.
import type { Language } from '../../fhir/outcome.ts'
import type { Choice, Part } from '../describe/narrow.ts'
import { describeData, describeRight } from '../describe/scope.ts'
import { nameOfType } from '../describe/types.ts'
import type { Form } from '../form.ts'
import { type Html, html } from '../pages/html.ts'
import { capitalise, group, radio, tick } from '../pages/parts.ts'

const TEXT = {
  en: {
    see: 'See them',
    write: { c: 'Add new ones', u: 'Change them', d: 'Delete them' },
    extent: 'How much',
    all: 'All of it',
    some: 'Only what I choose',
    of: (type: string) => `Only some of: ${type}`,
    parts: 'Share only these',
  },
  ja: {
    see: '見る',
    write: { c: '新しく追加する', u: '変更する', d: '削除する' },
    extent: '範囲',
    all: 'すべて',
    some: '選んだものだけ',
    of: (type: string) => `${type}のうち一部だけ`,
    parts: '次のものだけを渡す',
  },
} as const

/** Returns the controls of a choice as `filled` says. */
export function choiceFields(choice: Choice, filled: Form, language: Language): Html {
  const { scope, see, write, extent } = choice
  const text = TEXT[language]
  const isTicked = (name: string) => filled[name] !== undefined
  const data = describeData(scope, language)
  return group(
    capitalise(data),
    html`<div class="rights">
${see !== undefined && tick({ name: see, label: text.see, checked: isTicked(see) })}
${write.map(({ field, right }) =>
  tick({
    name: field,
    label: text.write[right as 'c' | 'u' | 'd'] ?? describeRight(right, language),
    checked: isTicked(field),
  }),
)}</div>
${extent !== undefined && extentFields(choice, extent, filled, language)}`,
    'choice',
  )
}

function extentFields({ parts }: Choice, extent: string, filled: Form, language: Language): Html {
  const text = TEXT[language]
  const isAll = filled[extent] === 'all'
  const label = (value: 'all' | 'some') =>
    radio({ name: extent, value, label: text[value], checked: (value === 'all') === isAll })
  return html`${group(text.extent, [label('all'), label('some')], 'extent')}
${group(text.parts, partFields(parts, filled, language), 'parts')}`
}

// Whole types first, then a group for the parts of each.
function partFields(parts: readonly Part[], filled: Form, language: Language): readonly Html[] {
  const whole = parts.filter(({ facet }) => !facet)
  if (whole.length === 0) return parts.map((part) => partField(part, filled, language))
  const types = [...new Set(parts.filter(({ facet }) => facet).map(({ type }) => type))]
  return [
    ...whole.map((part) => partField(part, filled, language)),
    ...types.map(
      (
        type,
      ) => html`<details${isChosen(parts, type, filled) && html` open`}><summary>${TEXT[language].of(nameOfType(type, language))}</summary>
${parts.filter((part) => part.facet && part.type === type).map((part) => partField(part, filled, language))}</details>`,
    ),
  ]
}

function isChosen(parts: readonly Part[], type: string, filled: Form): boolean {
  return parts.some((part) => part.facet && part.type === type && filled[part.field] !== undefined)
}

function partField({ field, type, facet }: Part, filled: Form, language: Language): Html {
  return tick({
    name: field,
    label: capitalise(facet ? facet.words[language] : nameOfType(type, language)),
    checked: filled[field] !== undefined,
  })
}
