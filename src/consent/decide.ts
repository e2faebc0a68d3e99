// May this requester have this resource? Total, and independent of the order of consents (2.5 to 2.11). Rules: README.md
import { type AccessRequest, actingFor } from './access-request.ts'
import { findHardDeny, findStatutoryPermit } from './admin.ts'
import { decideBreakGlass } from './break-glass.ts'
import { decidePatient } from './decide-patient.ts'
import { type DecideContext, type Decision, deny, permit } from './decision.ts'
import type { Facets } from './facets.ts'
import { decideOwn } from './self.ts'

/** Terminology and conformance: public before anything else (C2). */
const PUBLIC: ReadonlySet<string> = new Set([
  'CapabilityStatement',
  'CodeSystem',
  'CompartmentDefinition',
  'ConceptMap',
  'GraphDefinition',
  'ImplementationGuide',
  'MessageDefinition',
  'NamingSystem',
  'OperationDefinition',
  'SearchParameter',
  'StructureDefinition',
  'StructureMap',
  'TerminologyCapabilities',
  'ValueSet',
])

/** Returns the decision for one resource; what decided is for audit, the person and administrators alone. */
export function decide(request: AccessRequest, facets: Facets, context: DecideContext): Decision {
  const asked = withPurpose(request, facets)
  const refused = refuse(asked, context)
  if (refused) return refused
  if (facets.patients.length === 0) return decideNobodys(asked, facets, context)
  // Q33
  if (facets.isUndelivered && !isFromOwn(asked, facets)) return deny('hard:undelivered')
  return decidePersonal(asked, facets, context)
}

// Self access implies PATRQT (2.1), for the other persons of the resource too (Q40).
function withPurpose(request: AccessRequest, { patients }: Facets): AccessRequest {
  const isSelf = request.self !== undefined && patients.includes(request.self)
  return isSelf && request.purpose === undefined ? { ...request, purpose: 'PATRQT' } : request
}

// C1, without looking at any data.
function refuse(
  { purpose, suspended, elevated }: AccessRequest,
  { vocabulary }: DecideContext,
): Decision | undefined {
  if (suspended) return deny('hard:client')
  if (purpose === undefined || !vocabulary.purposes.has(purpose)) return deny('purpose')
  if (purpose === 'BTG' && !elevated) return deny('btg-not-elevated')
  return undefined
}

function decideNobodys(request: AccessRequest, facets: Facets, context: DecideContext): Decision {
  if (PUBLIC.has(facets.type)) return permit('public')
  const hard = findHardDeny(request, facets, context)
  if (hard) return deny(`hard:${hard.id}`)
  const statutory = findStatutoryPermit(request, facets, context)
  return statutory ? permit(`statutory:${statutory.id}`) : deny('default')
}

function isFromOwn(request: AccessRequest, { source }: Facets): boolean {
  return source !== undefined && actingFor(request).includes(source)
}

function decidePersonal(request: AccessRequest, facets: Facets, context: DecideContext): Decision {
  const isSelf = request.self !== undefined && facets.patients.includes(request.self)
  if (!isSelf) {
    const hard = findHardDeny(request, facets, context)
    if (hard) return deny(`hard:${hard.id}`)
  }
  const own = decideOwn(request, facets, context)
  if (own && !own.decision.permit) return own.decision
  if (!own) {
    const statutory = findStatutoryPermit(request, facets, context)
    if (statutory) return permit(`statutory:${statutory.id}`)
    if (request.purpose === 'BTG') return decideBreakGlass(request, facets, context)
  }
  const others = facets.patients.filter((patient) => patient !== own?.patient)
  return decideAll(others, request, facets, context, own?.decision)
}

// C4: one strong deny denies; C6: every person must permit.
function decideAll(
  patients: readonly string[],
  request: AccessRequest,
  facets: Facets,
  context: DecideContext,
  own: Decision | undefined,
): Decision {
  const decisions = patients.map((patient) => decidePatient(patient, request, facets, context))
  const denied = decisions.filter(({ permit, reason }) => !permit && reason !== 'default')
  if (denied.length > 0)
    return deny(
      denied[0]!.reason,
      denied.flatMap(({ grounds }) => grounds),
    )
  const silent = decisions.find((decision) => !decision.permit)
  if (silent) return silent
  const all = own ? [own, ...decisions] : decisions
  return {
    permit: true,
    reason: all.map(({ reason }) => reason).join(','),
    grounds: all.flatMap(({ grounds }) => grounds),
  }
}
