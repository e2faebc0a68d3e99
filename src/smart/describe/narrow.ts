// How somebody grants less than was asked for: what may be chosen, and the scopes that a choice comes to. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
import { type Right, type Scope, toSuffix } from '../../access/scopes.ts'
import type { Form } from '../form.ts'
import { FACETS, type Facet } from './facets.ts'
import { CHOSEN_TYPES } from './types.ts'

/** A part that may be granted alone: a type of `*`, or a facet of a type. */
export interface Part {
  /** Name of its checkbox. */
  readonly field: string
  readonly type: string
  /** Absent where the part is the whole type. */
  readonly facet?: Facet
}

/** What may be chosen about one scope that was asked for. */
export interface Choice {
  readonly scope: Scope
  /** Name of the checkbox for seeing; undefined where only writing was asked for. */
  readonly see?: string
  /** The checkboxes for writing. */
  readonly write: readonly { readonly field: string; readonly right: Right }[]
  /** Name of the radio buttons: `all`, or `some`, and then only the parts that are ticked. */
  readonly extent?: string
  readonly parts: readonly Part[]
}

/** Returns what may be chosen about each scope, in the order they were asked for. */
export function toChoices(asked: readonly Scope[]): readonly Choice[] {
  return asked.map((scope, i) => {
    const parts = toParts(scope, `scope-${i}`)
    return {
      scope,
      ...(seeRights(scope) !== '' && { see: `scope-${i}-see` }),
      write: writeRights(scope).map((right) => ({ field: `scope-${i}-${right}`, right })),
      ...(parts.length > 0 && { extent: `scope-${i}-extent` }),
      parts,
    }
  })
}

/** Returns the form in which all that was asked for is ticked: how the question is put first. */
export function toFullForm(choices: readonly Choice[]): Form {
  const ticked = choices.flatMap(({ see, write }) => [
    ...(see === undefined ? [] : [see]),
    ...write.map(({ field }) => field),
  ])
  const whole = choices.flatMap(({ extent }) => (extent === undefined ? [] : [[extent, 'all'] as const]))
  return Object.fromEntries([...ticked.map((field) => [field, 'on'] as const), ...whole])
}

/** Returns the scopes that a posted form comes to, each within one that was asked for, none twice. */
export function applyChoices(choices: readonly Choice[], form: Form): readonly string[] {
  return [...new Set(choices.flatMap((choice) => applyChoice(choice, form)))]
}

function applyChoice(choice: Choice, form: Form): readonly string[] {
  const { scope, see, write, extent, parts } = choice
  const rights = [
    ...(see !== undefined && form[see] ? seeRights(scope) : ''),
    ...write.filter(({ field }) => form[field]).map(({ right }) => right),
  ]
  if (rights.length === 0) return []
  const suffix = toSuffix(scope, sort(rights))
  // Anything but a plain `all` is read as the narrower.
  if (extent === undefined || form[extent] === 'all')
    return [toText(scope, scope.type, suffix, queryOf(scope))]
  const ticked = parts.filter(({ field }) => form[field])
  const whole = new Set(ticked.filter(({ facet }) => !facet).map(({ type }) => type))
  return ticked
    .filter(({ type, facet }) => !facet || !whole.has(type))
    .flatMap(({ type, facet }) =>
      facet
        ? facet.values.map((value) => toText(scope, type, sort(rights), `?${facet.param}=${value}`))
        : [toText(scope, type, suffix, '')],
    )
}

// Of a person's own record alone, and of what is not narrowed already.
function toParts({ level, type, params }: Scope, prefix: string): readonly Part[] {
  if (level !== 'patient' || params.length > 0) return []
  const types = type === '*' ? Object.keys(CHOSEN_TYPES) : [type]
  return types.flatMap((each) => [
    ...(type === '*' ? [{ field: `${prefix}-${each}`, type: each }] : []),
    ...FACETS.filter((facet) => facet.type === each).map((facet) => ({
      field: `${prefix}-${each}-${facet.key}`,
      type: each,
      facet,
    })),
  ])
}

function seeRights({ rights }: Scope): string {
  return rights.replace(/[^rs]/g, '')
}

function writeRights({ rights }: Scope): readonly Right[] {
  return [...rights].filter((right) => right !== 'r' && right !== 's') as Right[]
}

function sort(rights: readonly string[]): string {
  return [...'cruds'].filter((right) => rights.includes(right)).join('')
}

function queryOf({ text }: Scope): string {
  const at = text.indexOf('?')
  return at < 0 ? '' : text.slice(at)
}

function toText({ level }: Scope, type: string, suffix: string, query: string): string {
  return `${level}/${type}.${suffix}${query}`
}
