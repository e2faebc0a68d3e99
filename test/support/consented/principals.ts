// Who looks at a consented world: one of every kind that consents tell apart.
import type { TokenGrant } from '../../../src/access/principal.ts'
import { PROJECT } from './consents.ts'

/** A requester: what its token says. */
export interface Viewer {
  readonly name: string
  readonly grant: TokenGrant
}

function viewer(name: string, scope: string, grant: Partial<TokenGrant>): Viewer {
  const standard = { client: 'test', purpose: 'TREAT', expiresAt: Number.MAX_SAFE_INTEGER }
  return { name, grant: { ...standard, subject: 'Client/test', scope, ...grant } }
}

const GRANULAR = [
  'system/Observation.cruds?category=lab',
  'system/Patient.rs?gender=male',
  'system/Condition.rs',
  'system/Encounter.rs',
  'system/DiagnosticReport.rs',
  'system/Organization.rs',
].join(' ')

export const VIEWERS: readonly Viewer[] = [
  viewer('hospital B', 'user/*.cruds', { subject: 'Practitioner/drB', organization: 'Organization/hospB' }),
  viewer('a system of hospital B', 'system/*.cruds', { organization: 'Organization/hospB' }),
  viewer('hospital A, the custodian', 'system/*.cruds', { organization: 'Organization/hospA' }),
  viewer('a practitioner who is named', 'user/*.cruds', {
    subject: 'Practitioner/drN',
    organization: 'Organization/pharm',
  }),
  viewer('a researcher of a project', 'system/*.rs', { organization: 'Organization/bio', purpose: PROJECT }),
  viewer('the person', 'patient/*.cruds', { subject: 'Patient/p0', patient: 'p0', purpose: 'PATRQT' }),
  viewer('a proxy', 'patient/*.cruds', { subject: 'RelatedPerson/rp1', patient: 'p1', purpose: 'FAMRQT' }),
  viewer('a ward of hospital B', 'system/*.cruds', { organization: 'Organization/wardB' }),
  viewer('an authority by law', 'system/*.rs', {
    organization: 'Organization/health',
    purpose: 'PUBHLTH',
    legalBasis: 'law',
  }),
  viewer('break-glass', 'user/*.rs', {
    subject: 'Practitioner/drB',
    organization: 'Organization/hospB',
    purpose: 'BTG',
    elevation: { reason: 'emergency', patient: 'Patient/p0' },
  }),
  viewer('hospital B with granular scopes', GRANULAR, { organization: 'Organization/hospB' }),
]
