// The facet conditions of a rule as an Expr: the twin of `match-facets.ts`, equal to it on every resource (PT11).
import { ALL, and, type Expr, equals, NONE, not, or, present } from '../search/query.ts'
import {
  AUTHOR_PARAM,
  CLASS_PARAM,
  CLINICAL_PARAM,
  CODING_PARAM,
  CONFIDENTIALITY_PARAM,
  HOLDS_PARAM,
  PRIMARY_PARAM,
  REF_PARAM,
  SENSITIVITY_PARAM,
  SOURCE_PARAM,
} from './facet-params.ts'
import { type FacetContext, GATHERING } from './match-facets.ts'
import type { ClassCode, DataReference, Labels, Rule } from './rule.ts'
import type { Span } from './span.ts'
import type { Vocabulary } from './vocabulary.ts'

/** What the compiler needs beside the matcher's context. */
export interface CompileContext extends FacetContext {
  readonly vocabulary: Pick<Vocabulary, 'actCodes' | 'sensitivities'>
}

/** Returns the Expr that holds for a resource iff class, code, labels, data period and data of the rule match it. */
export function compileFacets(rule: Rule, context: CompileContext): Expr {
  const permit = rule.effect === 'permit'
  const { classes, codes, labels, dataPeriod, data } = rule
  return and(
    anyOf(classes, (each) => (permit ? isOfClass(each) : holdsClass(each))),
    anyOf(codes, (code) => or(equals(PRIMARY_PARAM, code), permit ? NONE : equals(CODING_PARAM, code))),
    labels ? (permit ? opensLabels(labels, context) : coversLabels(labels, context)) : ALL,
    dataPeriod ? (permit ? isWithin(dataPeriod) : mayOverlap(dataPeriod)) : ALL,
    anyOf(data, (each) => (permit ? opensData(each) : coversData(each, context))),
  )
}

// A dimension that is not stated lets everything through.
function anyOf<T>(list: readonly T[] | undefined, compile: (each: T) => Expr): Expr {
  return list ? or(...list.map(compile)) : ALL
}

function isOfClass(each: ClassCode): Expr {
  if (each.kind === 'type') return { kind: 'type', type: each.type }
  return equals(CLASS_PARAM, each.url)
}

function holdsClass(each: ClassCode): Expr {
  return each.kind === 'type' ? or(isOfClass(each), equals(HOLDS_PARAM, each.type)) : isOfClass(each)
}

const labelled = present(CONFIDENTIALITY_PARAM)

function opensLabels({ confidentiality, sensitivity }: Labels, { vocabulary }: CompileContext): Expr {
  const others = vocabulary.sensitivities.codes.filter((code) => !sensitivity.includes(code))
  const atMost = confidentiality.length === 0 ? NONE : rank({ max: Math.max(...confidentiality) })
  // None other than those listed is there, so that any at all is one of them.
  return and(labelled, not(hasSensitivity(others)), or(hasSensitivity(sensitivity), atMost))
}

function coversLabels({ confidentiality, sensitivity }: Labels, { vocabulary }: CompileContext): Expr {
  const codes = sensitivity.flatMap((code) => vocabulary.actCodes.below(code))
  const atLeast = confidentiality.length === 0 ? NONE : rank({ min: Math.min(...confidentiality) })
  return or(not(labelled), atLeast, hasSensitivity(codes))
}

function rank(lo: { readonly min?: number; readonly max?: number }): Expr {
  return { kind: 'match', param: CONFIDENTIALITY_PARAM, lo }
}

/** Returns the Expr of any of these sensitivity codes. */
export function hasSensitivity(codes: readonly string[]): Expr {
  return or(...codes.map((code) => equals(SENSITIVITY_PARAM, code)))
}

function isWithin({ from, to }: Span): Expr {
  return { kind: 'match', param: CLINICAL_PARAM, lo: { min: from }, hi: { max: to } }
}

function mayOverlap({ from, to }: Span): Expr {
  const overlapping: Expr = {
    kind: 'match',
    param: CLINICAL_PARAM,
    lo: { max: to },
    hi: { min: from },
  }
  return or(not(present(CLINICAL_PARAM)), overlapping)
}

function opensData({ meaning, ref }: DataReference): Expr {
  switch (meaning) {
    case 'instance':
      return isInstance(ref)
    case 'related':
      return or(
        isInstance(ref),
        isReferredToBy(ref),
        GATHERING.has(typeOf(ref)) ? equals(REF_PARAM, ref) : NONE,
      )
    case 'dependents':
      return or(isInstance(ref), equals(REF_PARAM, ref))
    case 'authoredby':
      return isAuthoredBy(ref)
  }
}

function coversData({ meaning, ref }: DataReference, { organisations }: CompileContext): Expr {
  switch (meaning) {
    case 'instance':
      return isInstance(ref)
    case 'related':
    case 'dependents':
      return or(isInstance(ref), equals(REF_PARAM, ref), isReferredToBy(ref))
    case 'authoredby':
      return or(isAuthoredBy(ref), ...organisations.below(ref).map((each) => equals(SOURCE_PARAM, each)))
  }
}

function isInstance(ref: string): Expr {
  return and({ kind: 'type', type: typeOf(ref) }, equals('_id', ref.slice(ref.indexOf('/') + 1)))
}

function isReferredToBy(ref: string): Expr {
  const where = equals('_id', ref.slice(ref.indexOf('/') + 1))
  return { kind: 'has', from: { type: typeOf(ref), where }, param: REF_PARAM }
}

// M17: its own authors, or those that a Provenance of it names.
function isAuthoredBy(ref: string): Expr {
  const named: Expr = {
    kind: 'has',
    from: { type: 'Provenance', where: equals('agent', ref) },
    param: 'target',
  }
  return or(equals(AUTHOR_PARAM, ref), named)
}

function typeOf(ref: string): string {
  return ref.slice(0, ref.indexOf('/'))
}
