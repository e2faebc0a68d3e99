// Where the loss of a reference takes more with it than R4's cardinalities say. https://hl7.org/fhir/R4/references.html

export interface PruneRule {
  /** Children without which the element says nothing, or only things about what was removed: it goes with the last of them. */
  readonly with?: readonly string[]
  /** The same, with the first of them: without one of these the element would say something else. */
  readonly every?: readonly string[]
  /** Once anything in the element is removed, one of these must be left: invariants that ask for one of several. */
  readonly needs?: readonly string[]
  /** Go once anything in the element is removed: they retell it. */
  readonly retells?: readonly string[]
}

/** By path, or by type for all elements of it. */
const RULES: Readonly<Record<string, PruneRule>> = {
  'Appointment.participant': { with: ['actor'] },
  AppointmentResponse: { needs: ['participantType', 'actor'] },
  'AuditEvent.entity': { with: ['what'] },
  'Bundle.entry': { with: ['resource'] },
  'CarePlan.activity': { with: ['reference'] },
  'CareTeam.participant': { with: ['member'] },
  'Claim.related': { with: ['claim'] },
  'Claim.supportingInfo': { with: ['value'] },
  'ClinicalImpression.finding': { with: ['itemReference'], needs: ['itemReference', 'itemCodeableConcept'] },
  'Composition.section': { needs: ['entry', 'section'], retells: ['text'] },
  'Condition.evidence': { needs: ['code', 'detail'] },
  'Condition.stage': { needs: ['summary', 'assessment'] },
  Consent: { every: ['provision'] },
  'DocumentManifest.related': { with: ['ref'] },
  'Encounter.participant': { with: ['individual'] },
  'ExplanationOfBenefit.related': { with: ['claim'] },
  'ExplanationOfBenefit.supportingInfo': { with: ['value'] },
  // The parts of one are made to be read together.
  Extension: { every: ['extension'], needs: ['value', 'extension'] },
  Group: { retells: ['quantity'] },
  'Immunization.reaction': { with: ['detail'] },
  Linkage: { every: ['item'] },
  'MolecularSequence.referenceSeq': { with: ['referenceSeqPointer'] },
  'Parameters.parameter': { needs: ['value', 'resource', 'part'] },
  Provenance: { every: ['target'] },
  'RequestGroup.action': { with: ['resource'] },
}

/** A consent is never shown with weaker conditions: a permit may name less than it does, but not nothing, and a dissent no less. */
const PERMIT: PruneRule = { every: ['provision'], with: ['data', 'actor'] }
const DISSENT: PruneRule = { every: ['provision', 'data', 'actor'] }

const NOTHING: PruneRule = {}

/** Returns what holds for an element at `node`, by its path or type. */
export function ruleOf(node: string, object: Readonly<Record<string, unknown>>): PruneRule {
  if (node === 'Consent.provision') return object['type'] === 'permit' ? PERMIT : DISSENT
  return Object.hasOwn(RULES, node) ? RULES[node]! : NOTHING
}

/** False of what carries no content: an element of which nothing else is left is empty (ele-1). */
export function isContent(stem: string): boolean {
  return stem !== 'id'
}
