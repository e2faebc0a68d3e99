// Security labels at ingest: set by rules, inherited, kept; never lowered but by a human (LI1-LI3). https://hl7.org/fhir/R4/security-labels.html
import { ACT_CODE, CONFIDENTIALITY_SYSTEM, rankOf, type Sensitivities } from '../consent/labels.ts'
import {
  type Labels,
  NORMAL,
  RESTRICTED,
  rankOfCoding,
  readSecurity,
  securityOf,
  sensitivityOf,
  toLabels,
} from '../consent/read-labels.ts'
import type { Coding, Resource } from '../fhir/resource.ts'
import { compileRules, type FindRules, type LabelRule, OWN_RULES } from './labels/rules.ts'
import { walkCodings } from './labels/walk.ts'

/** Extension of an automatic label: its `valueCode` names the rule. A label without it was set by hand. */
export const LABEL_RULE = 'https://musubi.example/fhir/StructureDefinition/label-rule'

export interface LabelContext {
  /** The version that stands. */
  readonly previous?: Resource
  /** Labels of what `inheritsFrom` names. */
  readonly inherited?: readonly Labels[]
  /** A human lowers: labels of `previous` are not put back. What rules find and what is inherited is set all the same. */
  readonly mayLower?: boolean
}

/** A difference between the labels of the version that stands (N for none) and the new one; `restored`: the new one lacked it. */
export interface LabelChange {
  readonly kind: 'added' | 'removed' | 'restored'
  /** Of confidentiality or sensitivity. */
  readonly code: string
  /** Id of the rule, or one of `OWN_RULES`. */
  readonly rule: string
}

export interface Labelled {
  /** The same object where no label was to be written. */
  readonly resource: Resource
  readonly labels: Labels
  readonly changes: readonly LabelChange[]
}

export type Label = (resource: Resource, context?: LabelContext) => Labelled

/** Returns the function that labels a valid resource; a resource without finding counts as N and is left as it is. Throws FhirError as `compileRules` does. */
export function createLabeller(rules: readonly LabelRule[], sensitivities: Sensitivities): Label {
  const find = compileRules(rules, sensitivities)
  return (resource, context = {}) => {
    const stated = securityOf(resource)
    const added = toAdded(find, sensitivities, resource, stated, context)
    const security = added.length === 0 ? stated : [...stated, ...added]
    const labels = toLabels(readSecurity(security, sensitivities))
    return {
      resource: added.length === 0 ? resource : { ...resource, meta: { ...resource.meta, security } },
      labels,
      changes: toChanges(sensitivities, labels, security, added, context),
    }
  }
}

// The codings that `stated` lacks: sensitivity codes first, then at most one confidentiality code.
function toAdded(
  find: FindRules,
  sensitivities: Sensitivities,
  resource: Resource,
  stated: readonly Coding[],
  { previous, inherited = [], mayLower = false }: LabelContext,
): readonly Coding[] {
  const { rank = NORMAL, sensitivity } = readSecurity(stated, sensitivities)
  const added = new Map<string, Coding>()
  let top: { readonly rank: number; readonly coding?: Coding } = { rank }
  const mark = (code: string, coding: () => Coding) => {
    if (!sensitivity.has(code) && !added.has(code)) added.set(code, coding())
  }
  const raise = (to: number, coding: () => Coding) => {
    if (to > top.rank) top = { rank: to, coding: coding() }
  }
  const inherit = (labels: Labels, rule: string) => {
    for (const code of labels.sensitivity) mark(code, () => toCoding(ACT_CODE, code, rule))
    raise(rankOf(labels.confidentiality)!, () =>
      toCoding(CONFIDENTIALITY_SYSTEM, labels.confidentiality, rule),
    )
  }
  if (previous && !mayLower) keep(sensitivities, previous, mark, raise)
  walkCodings(
    resource,
    (system, code) => {
      for (const { label, id } of find(system, code)) mark(label, () => toCoding(ACT_CODE, label, id))
    },
    (part) => {
      const security = securityOf(part)
      if (security.length > 0) inherit(toLabels(readSecurity(security, sensitivities)), OWN_RULES.part)
    },
  )
  for (const labels of inherited) inherit(labels, OWN_RULES.reference)
  if (sensitivity.size + added.size > 0)
    raise(RESTRICTED, () => toCoding(CONFIDENTIALITY_SYSTEM, 'R', OWN_RULES.sensitivity))
  // One coding may be both: v3-Confidentiality once had sensitivity codes.
  return [...new Set([...added.values(), ...(top.coding ? [top.coding] : [])])]
}

// LI3: what the version before had is there again, as it was written; one without a code was N.
function keep(
  sensitivities: Sensitivities,
  previous: Resource,
  mark: (code: string, coding: () => Coding) => void,
  raise: (rank: number, coding: () => Coding) => void,
): void {
  let isRanked = false
  for (const coding of securityOf(previous)) {
    const code = sensitivityOf(coding, sensitivities)
    if (code !== undefined) mark(code, () => coding)
    const rank = rankOfCoding(coding, sensitivities)
    if (rank === undefined) continue
    isRanked = true
    raise(rank, () => coding)
  }
  if (!isRanked) raise(NORMAL, () => toCoding(CONFIDENTIALITY_SYSTEM, 'N', OWN_RULES.previous))
}

// Against the version that stands: what an audit of labels wants to know (LI3).
function toChanges(
  sensitivities: Sensitivities,
  after: Labels,
  security: readonly Coding[],
  added: readonly Coding[],
  { previous }: LabelContext,
): readonly LabelChange[] {
  const standing = previous ? securityOf(previous) : []
  const before = toLabels(readSecurity(standing, sensitivities))
  const gained = after.sensitivity.filter((code) => !before.sensitivity.includes(code))
  const lost = before.sensitivity.filter((code) => !after.sensitivity.includes(code))
  const step = rankOf(after.confidentiality)! - rankOf(before.confidentiality)!
  if (step > 0) gained.push(after.confidentiality)
  if (step < 0) lost.push(before.confidentiality)
  const ruleOf = (code: string) => toRule(security.find((coding) => coding.code === code))
  const restored = added.filter(
    (coding) => standing.includes(coding) || toRule(coding) === OWN_RULES.previous,
  )
  return [
    ...gained.map((code): LabelChange => ({ kind: 'added', code, rule: ruleOf(code) })),
    ...lost.map((code): LabelChange => ({ kind: 'removed', code, rule: OWN_RULES.manual })),
    ...restored.map(({ code }): LabelChange => ({ kind: 'restored', code: code!, rule: OWN_RULES.previous })),
  ]
}

interface Marked extends Coding {
  readonly extension?: readonly { readonly url: string; readonly valueCode?: string }[]
}

function toCoding(system: string, code: string, rule: string): Marked {
  return { extension: [{ url: LABEL_RULE, valueCode: rule }], system, code }
}

function toRule(coding: Marked | undefined): string {
  return coding?.extension?.find(({ url }) => url === LABEL_RULE)?.valueCode ?? OWN_RULES.manual
}
