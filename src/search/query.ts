// The question: one immutable tree says everything that selects resources. https://hl7.org/fhir/R4/search.html

/** A point on the one ordered axis: every number sorts before every string; strings by code point. */
export type Axis = number | string

/** One value of one search parameter of one resource, as the interval [lo, hi] on the axis. */
export interface IndexEntry {
  readonly param: string
  readonly lo: Axis
  readonly hi: Axis
}

/** A range on one end of an entry; a missing end is unbounded, `…Open` excludes the end itself. */
export interface Bounds {
  readonly min?: Axis
  readonly max?: Axis
  readonly minOpen?: boolean
  readonly maxOpen?: boolean
}

/** True of a resource with at least one entry of `param` for which every stated condition holds at once. */
export interface Match {
  readonly kind: 'match'
  readonly param: string
  readonly lo?: Bounds
  readonly hi?: Bounds
  /** `lo` is a string that holds this text anywhere (`:contains`). */
  readonly contains?: string
  /** `lo` is a string that ends with this text (`system|` on a token key). */
  readonly endsWith?: string
}

/** Resources of one type for which `where` holds. Policy is folded into every Selection of a Query. */
export interface Selection {
  readonly type: string
  readonly where: Expr
  /** The part of `where` that is the policy's: it must also hold for the version that stands now. */
  readonly policy?: Expr
}

/** True where reference parameter `param` points at a current resource that one of `to` selects. */
export interface Chain {
  readonly kind: 'chain'
  readonly param: string
  readonly to: readonly Selection[]
}

/** True where a current resource that `from` selects points here by its reference parameter `param` (`_has`). */
export interface Has {
  readonly kind: 'has'
  readonly from: Selection
  readonly param: string
}

export type Expr =
  | { readonly kind: 'all' }
  | { readonly kind: 'none' }
  | { readonly kind: 'and'; readonly of: readonly Expr[] }
  | { readonly kind: 'or'; readonly of: readonly Expr[] }
  | { readonly kind: 'not'; readonly of: Expr }
  | { readonly kind: 'compartment'; readonly name: 'Patient'; readonly id: string }
  /** True of resources of this type: for what is said of several types at once. */
  | { readonly kind: 'type'; readonly type: string }
  | Granted
  | Needs
  | Match
  | Chain
  | Has

/**
 * True of a resource if every person whose record it is in (`except` left out) lets `grantee` have it, by the grants that
 * the store keeps: a person without a grant that is valid at `at` (ms; without it when asked) is asked `fallback`. Of nobody's
 * record it is true.
 */
export interface Granted {
  readonly kind: 'granted'
  readonly grantee: string
  readonly at?: number
  readonly fallback: Expr
  /** `Patient/id` */
  readonly except?: string
}

/**
 * True where every resource without which this one cannot be shown (entries of `NEEDS_PARAM`) is a current one, of any
 * type, for which `where` holds.
 */
export interface Needs {
  readonly kind: 'needs'
  readonly where: Expr
}

export interface SortKey {
  readonly param: string
  readonly descending: boolean
}

/**
 * `_include`: from results of type `source.type` along `param` to what one of `targets` selects.
 * `_revinclude`: from results of a type in `targets` to what `source` selects and points at them by `param`.
 */
export interface Include {
  readonly kind: 'include' | 'revinclude'
  readonly iterate: boolean
  readonly source: Selection
  readonly param: string
  readonly targets: readonly Selection[]
}

export interface Query {
  readonly select: readonly Selection[]
  readonly sort: readonly SortKey[]
  /** Page size; 0 asks for the total alone. */
  readonly count: number
  readonly total: 'none' | 'accurate'
  readonly includes: readonly Include[]
}

export const ALL: Expr = { kind: 'all' }
export const NONE: Expr = { kind: 'none' }

/** The highest code point: `prefix + LAST` is above every string that begins with `prefix`. */
export const LAST = '\u{10FFFF}'

/** The index parameter of everybody whose record a resource is in: `Patient/id`. */
export const PATIENT_PARAM = '_patient'

/** The index parameter of what a resource cannot be shown without: `Type/id`. */
export const NEEDS_PARAM = '_needs'

/** As the type of a Selection: a resource of whatever type. Only facets, `_id` and `_ref` may be asked of it. */
export const ANY_TYPE = '*'

/** Separates the parts of a joined key (token `code␁system`, quantity, composite). No FHIR string may hold it. */
export const SEPARATOR = '\u0001'

/** Returns the conjunction, with `all` and `none` folded away. */
export function and(...of: readonly Expr[]): Expr {
  const flat = of
    .flatMap((expr) => (expr.kind === 'and' ? expr.of : [expr]))
    .filter((expr) => expr.kind !== 'all')
  if (flat.some((expr) => expr.kind === 'none')) return NONE
  if (flat.length === 0) return ALL
  return flat.length === 1 ? flat[0]! : { kind: 'and', of: flat }
}

/** Returns the disjunction, with `all` and `none` folded away. */
export function or(...of: readonly Expr[]): Expr {
  const flat = of
    .flatMap((expr) => (expr.kind === 'or' ? expr.of : [expr]))
    .filter((expr) => expr.kind !== 'none')
  if (flat.some((expr) => expr.kind === 'all')) return ALL
  if (flat.length === 0) return NONE
  return flat.length === 1 ? flat[0]! : { kind: 'or', of: flat }
}

/** Returns the negation; a double negation is undone. */
export function not(of: Expr): Expr {
  if (of.kind === 'all') return NONE
  if (of.kind === 'none') return ALL
  return of.kind === 'not' ? of.of : { kind: 'not', of }
}

/** True where an entry of `param` is exactly the point `value`. */
export function equals(param: string, value: Axis): Match {
  return { kind: 'match', param, lo: { min: value, max: value } }
}

/** True where an entry of `param` begins with `text`. */
export function startsWith(param: string, text: string): Match {
  return { kind: 'match', param, lo: { min: text, max: text + LAST, maxOpen: true } }
}

/** True where `param` has any entry at all. */
export function present(param: string): Match {
  return { kind: 'match', param }
}

/** Returns the value that a Match asks `lo` to be equal to, where that is all it asks. */
export function toPoint({ lo, hi, contains, endsWith }: Match): Axis | undefined {
  if (hi !== undefined || contains !== undefined || endsWith !== undefined || lo?.min === undefined)
    return undefined
  return lo.min === lo.max && !lo.minOpen && !lo.maxOpen ? lo.min : undefined
}

/** Orders two points as every store does: numbers first, then strings by code point (not by UTF-16 unit). */
export function compareAxis(a: Axis, b: Axis): number {
  if (typeof a === 'number') return typeof b === 'number' ? a - b : -1
  if (typeof b === 'number') return 1
  if (a === b) return 0
  for (let i = 0; i < a.length && i < b.length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return toCodePointOrder(x) - toCodePointOrder(y)
  }
  return a.length - b.length
}

// Surrogates (D800–DFFF) stand for code points above FFFF, so they sort after E000–FFFF.
function toCodePointOrder(unit: number): number {
  return unit >= 0xe000 ? unit - 0x2000 : unit >= 0xd800 ? unit + 0x2000 : unit
}
