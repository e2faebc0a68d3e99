// What the person and those who act for them may have of the record, as an Expr: the twin of `self.ts`.
import { and, type Expr, equals, NONE, not, or, present } from '../search/query.ts'
import type { AccessRequest } from './access-request.ts'
import { hasSensitivity } from './compile-facets.ts'
import type { DecideContext } from './decision.ts'
import { CONFIDENTIALITY_PARAM, FLAG_PARAM, SENSITIVITY_PARAM, UNINFORMED } from './facet-params.ts'
import { boundsOf, delegationsOf } from './self.ts'
import type { Delegation, PatientState } from './state.ts'

/** P2: what the person has not been told of is not there for them. */
export const INFORMED: Expr = not(equals(FLAG_PARAM, UNINFORMED))

/** Returns the Expr of what the proxies' delegations in force open of the represented person's record. */
export function compileProxy(patient: string, request: AccessRequest, context: DecideContext): Expr {
  const state = context.state.of(patient)
  const open = delegationsOf(state, request).map((delegation) =>
    compileDelegation(delegation, state, request, context),
  )
  return and(INFORMED, or(...open))
}

function compileDelegation(
  delegation: Delegation,
  state: PatientState,
  { time }: AccessRequest,
  context: DecideContext,
): Expr {
  const bounds = boundsOf(delegation, state, time, context)
  if (bounds.kind === 'ended') return NONE
  const labelled = present(CONFIDENTIALITY_PARAM)
  return and(
    bounds.hidesSensitive ? and(labelled, not(present(SENSITIVITY_PARAM))) : { kind: 'all' },
    bounds.excluded.length > 0 ? and(labelled, not(hasSensitivity(bounds.excluded))) : { kind: 'all' },
  )
}
