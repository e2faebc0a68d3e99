// What one principal may see and do: the only maker of Plans and Changes. https://hl7.org/fhir/R4/security.html
import type { Definitions } from '../fhir/definitions.ts'
import { FhirError } from '../fhir/outcome.ts'
import { evaluate } from '../search/evaluate.ts'
import {
  and,
  type Expr,
  type IndexEntry,
  NONE,
  or,
  PATIENT_PARAM,
  type Query,
  type Selection,
} from '../search/query.ts'
import type { Access } from './access.ts'
import { toScopeFilter } from './filter.ts'
import { type Fold, foldQuery, foldSelections } from './fold.ts'
import { INTERACTIONS, type InteractionCode } from './interaction-code.ts'
import {
  Change,
  type Cursor,
  type DeleteChange,
  type HistoryPlan,
  type IndexChange,
  Plan,
  type PutChange,
  type ReadPlan,
  type ScanPlan,
  SEAL,
  type SearchPlan,
  type VisiblePlan,
} from './plan.ts'
import type { Principal } from './principal.ts'
import type { Right, Scope } from './scopes.ts'
import { createShownWhere } from './shown-where.ts'

/** Turns the parameters of a granular scope into an Expr on `type`; throws where the type has no such parameter. */
export type CompileParams = (type: string, params: Scope['params']) => Promise<Expr>

export interface PolicyContext {
  readonly definitions: Definitions
  readonly compileParams: CompileParams
}

/** One scope with its granular parameters compiled. */
interface Grant {
  readonly scope: Scope
  readonly where: Expr
}

/** Where a stored version came from, and in whose record it is. */
export interface Custody {
  readonly source?: string
  readonly patients?: readonly string[]
}

export type HistoryQuestion = Omit<HistoryPlan, 'kind' | 'select'> & { readonly types: readonly string[] }

/**
 * A principal's rights. Rights differ by what is done: with `patient/Observation.rs user/Observation.c` a search sees the
 * patient's observations and a create is open, so every filter is asked for with its right.
 */
export class Policy {
  readonly principal: Principal
  /** The scopes that decide, as granted: what an AuditEvent names. */
  readonly basis: readonly string[]
  /** What consents and the operator's policies let through. */
  readonly access: Access
  readonly #scopes: ScopePolicy
  readonly #filters = new Map<string, Expr>()
  readonly #fold: Fold

  constructor(seal: typeof SEAL, scopes: ScopePolicy, access: Access) {
    if (seal !== SEAL) throw new TypeError('a Policy is made by createPolicy')
    this.principal = scopes.principal
    this.basis = scopes.grants.map(({ scope }) => scope.text)
    this.access = access
    this.#scopes = scopes
    this.#fold = {
      filterFor: (type, right) => this.filterFor(type, right),
      shownWhere: createShownWhere(scopes.definitions, access),
    }
  }

  /** True where the interaction is allowed on some resource of the type (of any type, where none is given). */
  may(interaction: InteractionCode, type?: string): boolean {
    const right = INTERACTIONS[interaction]
    if (right === null) return true
    if (type !== undefined) return this.filterFor(type, right).kind !== 'none'
    return this.#scopes.definitions.resourceTypes.some((each) => this.filterFor(each, right).kind !== 'none')
  }

  /** Returns what may be reached of a type with a right, by scopes and by consents: `none` for nothing, `all` for everything. */
  filterFor(type: string, right: Right): Expr {
    const key = right + type
    const known = this.#filters.get(key)
    if (known) return known
    const scopes = this.#scopes.filterFor(type, right)
    const filter = scopes.kind === 'none' ? NONE : and(scopes, this.access.filterFor(type, right))
    this.#filters.set(key, filter)
    return filter
  }

  /**
   * True where scopes alone let a resource with these index entries be reached with the right: asked of the image after a
   * write. Consents are not asked of it, since the answer would tell what a person has refused.
   */
  permits(right: Right, type: string, entries: readonly IndexEntry[]): boolean {
    return evaluate(this.#scopes.filterFor(type, right), type, entries)
  }

  /** True where scopes let everything of the type be reached with the right. */
  permitsAll(right: Right, type: string): boolean {
    return this.#scopes.filterFor(type, right).kind === 'all'
  }

  /**
   * True where an update may bring forth a resource at an id the client chose: the right to update without bounds, which
   * holds that one as well in SMART, and an organisation that may choose ids. For everybody else hidden and absent are one (W1).
   */
  mayCreateAt(type: string): boolean {
    return this.access.choosesIds && this.permitsAll('u', type)
  }

  /** A read or vread of one resource. */
  readPlan(type: string, id: string, versionId?: string): Plan<ReadPlan> {
    return this.#one('r', type, id, versionId)
  }

  /** The target of a write, which must lie within the right to write it. */
  targetPlan(right: 'u' | 'd', type: string, id: string): Plan<ReadPlan> {
    const { select } = this.#one(right, type, id).data
    return new Plan(SEAL, { kind: 'read', select, id, whole: true })
  }

  #one(right: Right, type: string, id: string, versionId?: string): Plan<ReadPlan> {
    const filter = this.filterFor(type, right)
    return new Plan(SEAL, { kind: 'read', select: { type, where: filter, policy: filter }, id, versionId })
  }

  /** A search, also the one of a conditional interaction. Throws FhirError `forbidden` for a chain into a closed type. */
  searchPlan(query: Query, after?: Cursor): Plan<SearchPlan> {
    return new Plan(SEAL, {
      kind: 'search',
      query: foldQuery(query, this.#fold),
      after,
    })
  }

  /**
   * A search of what lies within this policy **and** within `filterFor`: how much of the principal's own view another one
   * has too. Made only by narrowing, so that whatever `filterFor` says, nothing is counted that the principal may not see
   * (P2: an item the person was not told of is in no number). Throws as `searchPlan` does.
   */
  narrowedPlan(query: Query, filterFor: Fold['filterFor']): Plan<SearchPlan> {
    const both: Fold = {
      ...this.#fold,
      filterFor: (type, right) => and(this.filterFor(type, right), filterFor(type, right)),
    }
    return new Plan(SEAL, { kind: 'search', query: foldQuery(query, both) })
  }

  /** A history of one resource (`id` with one type), of types, or of all types. */
  historyPlan({ types, ...question }: HistoryQuestion): Plan<HistoryPlan> {
    const right = question.id === undefined ? 's' : 'r'
    const select = types.map((type): Selection => ({ type, where: this.filterFor(type, right) }))
    return new Plan(SEAL, {
      kind: 'history',
      select: select.filter(({ where }) => where.kind !== 'none'),
      ...question,
    })
  }

  /** Every current resource that the selections and the policy both hold. */
  scanPlan(select: readonly Selection[]): Plan<ScanPlan> {
    return new Plan(SEAL, {
      kind: 'scan',
      select: foldSelections(select, this.#fold),
    })
  }

  /** Which of the resources referred to may be shown to be there. */
  visiblePlan(refs: readonly string[]): Plan<VisiblePlan> {
    return new Plan(SEAL, { kind: 'visible', refs, where: this.access.visible })
  }

  /** A create, update or patch. Throws FhirError `forbidden` where what would be stored lies outside the policy. */
  put(change: Omit<PutChange, 'kind'>, before?: Custody): Change<PutChange> {
    const right = change.method === 'POST' ? 'c' : 'u'
    if (!this.permits(right, change.type, change.entries)) throw refuse(right, change.type)
    if (this.access.admits?.(change.type, change.entries) === false) throw refuse('c', change.type)
    if (before && !this.#keepsPatients(before, change.entries)) throw refuse('u', change.type)
    return new Change(SEAL, { kind: 'put', ...change })
  }

  // Who corrects what another holds may not move it into another person's record.
  #keepsPatients({ source, patients = [] }: Custody, entries: readonly IndexEntry[]): boolean {
    if (source === this.access.source) return true
    const after = entries.flatMap(({ param, lo }) => (param === PATIENT_PARAM ? [lo] : []))
    return after.length === patients.length && after.every((patient) => patients.includes(String(patient)))
  }

  /** A delete of a target read through `targetPlan('d', …)`. Throws FhirError `forbidden` without the right. */
  remove(change: Omit<DeleteChange, 'kind'>): Change<DeleteChange> {
    if (!this.may('delete', change.type)) throw refuse('d', change.type)
    return new Change(SEAL, { kind: 'delete', ...change })
  }

  /** New index entries for what stands. Throws FhirError `forbidden` for those who may not update the whole type. */
  reindex(change: Omit<IndexChange, 'kind'>): Change<IndexChange> {
    if (!this.permitsAll('u', change.type)) throw refuse('u', change.type)
    return new Change(SEAL, { kind: 'index', ...change })
  }
}

const VERBS: Readonly<Record<Right, string>> = {
  c: 'create',
  r: 'read',
  u: 'update',
  d: 'delete',
  s: 'search',
}

function refuse(right: Right, type: string): FhirError {
  return new FhirError('forbidden', `The scopes granted do not allow to ${VERBS[right]} this ${type}`)
}

/** What scopes alone let through: the same as long as the token stands. */
interface ScopePolicy {
  readonly principal: Principal
  readonly definitions: Definitions
  readonly grants: readonly Grant[]
  filterFor(type: string, right: Right): Expr
}

const scopePolicies = new WeakMap<Principal, Promise<ScopePolicy>>()

/**
 * Returns the policy of a principal for one request: scopes narrow, `access` decides. A granular scope whose parameter the
 * type does not have is left out: refused rather than widened.
 */
export async function createPolicy(
  principal: Principal,
  context: PolicyContext,
  access: Access,
): Promise<Policy> {
  const known = scopePolicies.get(principal) ?? compileScopes(principal, context)
  scopePolicies.set(principal, known)
  return new Policy(SEAL, await known, access)
}

async function compileScopes(
  principal: Principal,
  { definitions, compileParams }: PolicyContext,
): Promise<ScopePolicy> {
  const grants = await compileGrants(principal.scopes, compileParams)
  const filters = new Map<string, Expr>()
  return {
    principal,
    definitions,
    grants,
    filterFor(type, right) {
      const known = filters.get(right + type)
      if (known) return known
      const filter = or(
        ...grants.map(({ scope, where }) =>
          and(toScopeFilter(definitions, principal, scope, type, right), where),
        ),
      )
      filters.set(right + type, filter)
      return filter
    },
  }
}

async function compileGrants(
  scopes: readonly Scope[],
  compileParams: CompileParams,
): Promise<readonly Grant[]> {
  const grants = await Promise.all(
    scopes.map(async (scope): Promise<Grant | undefined> => {
      const where = await compileScope(scope, compileParams)
      return where && { scope, where }
    }),
  )
  return grants.filter((grant) => grant !== undefined)
}

/** Returns the Expr of a scope's granular parameters, or undefined where its type (`*`: every type) does not have them. */
export async function compileScope(scope: Scope, compileParams: CompileParams): Promise<Expr | undefined> {
  if (scope.params.length === 0) return { kind: 'all' }
  try {
    return await compileParams(scope.type === '*' ? 'Resource' : scope.type, scope.params)
  } catch (error) {
    if (error instanceof FhirError) return undefined
    throw error
  }
}
